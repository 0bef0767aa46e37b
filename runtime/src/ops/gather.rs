//! Selection of one element per row.

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::value::Value;
use crate::{Labels, Tensor};

impl Tensor {
    /// For each row, the element whose index is the row's label.
    ///
    /// # Shapes
    /// `x: [.., classes]`, labels `[..]` → `[..]`
    ///
    /// # Formula
    /// With the labels `t`: `y[i] = x[i, t[i]]`; `dx[i, t[i]] = g[i]`, and `dx` is 0 elsewhere.
    ///
    /// # Panics
    /// If the shapes do not fit, or a label is not below the number of classes.
    #[track_caller]
    pub fn gather(&self, labels: &Labels) -> Self {
        let classes = crate::loss::check_labels("gather", labels, self.shape(), None);
        let (labels, shape) = (labels.clone(), self.value().shape().clone());
        let output = Value::build(labels.shape(), |to| {
            for (row, (to, label)) in to.iter_mut().zip(labels.iter()).enumerate() {
                *to = self.as_slice()[row * classes + label as usize];
            }
        });
        record(output, [self], move |gradient| {
            let mut dx = Value::filled(shape.clone(), 0.0);
            let to = dx.make_mut();
            for (row, (g, label)) in gradient.as_slice().iter().zip(labels.iter()).enumerate() {
                to[row * classes + label as usize] = *g;
            }
            [dx]
        })
    }
}

pub(crate) const CASES: &[Case] = &[Case::new(&[&[&[3, 4]], &[&[1, 1]], &[&[0, 2]], &[&[2, 3, 2]], &[&[4]]], |x| {
    let (classes, rows) = x[0].shape().split_last().expect("classes");
    let labels = (0..rows.iter().product()).map(|row: usize| (row * 3 % classes) as u32);
    x[0].gather(&labels.collect::<Labels>().reshape(rows))
})];
