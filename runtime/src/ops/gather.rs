//! One entry of each row.

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::value::Value;
use crate::{Labels, Tensor};

impl Tensor {
    /// From each row the entry that its label names.
    ///
    /// # Shapes
    /// `x: [rows, classes]`, `rows` labels → `[rows]`
    ///
    /// # Formula
    /// `y[i] = x[i, t[i]]`; `dx` is `g[i]` there and 0 elsewhere.
    ///
    /// # Panics
    /// If `x` is no matrix, the lengths differ, or a label is not a column.
    #[track_caller]
    pub fn gather(&self, labels: &Labels) -> Self {
        let &[rows, classes] = self.shape() else {
            panic!("gather: the input must be a matrix [rows, classes], and its shape is {:?}", self.shape());
        };
        crate::loss::check_labels("gather", labels, self.shape(), None);
        let labels = labels.clone();
        let output = Value::build([rows], |to| {
            for (row, (to, label)) in to.iter_mut().zip(labels.iter()).enumerate() {
                *to = self.as_slice()[row * classes + label as usize];
            }
        });
        record(output, [self], move |gradient| {
            let mut dx = Value::filled([rows, classes], 0.0);
            let to = dx.make_mut();
            for (row, (g, label)) in gradient.as_slice().iter().zip(labels.iter()).enumerate() {
                to[row * classes + label as usize] = *g;
            }
            [dx]
        })
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[1, 1]], &[&[0, 2]]], |x| {
    let (rows, classes) = (x[0].shape()[0], x[0].shape()[1]);
    x[0].gather(&(0..rows).map(|row| (row * 3 % classes) as u32).collect())
})];
