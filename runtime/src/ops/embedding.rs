//! Embedding lookup.

use crate::autograd::record;
use crate::gradcheck::Case;
use crate::kernel::lookup::{sum_rows, take_rows};
use crate::shape::Shape;
use crate::parameter::InLayer;
use crate::value::Value;
use crate::{Labels, Tensor};

/// The row of `weight` for each id.
///
/// # Shapes
/// `ids: [..]`, `weight: [rows, width]` → `[.., width]`
///
/// # Formula
/// `y[i] = weight[ids[i]]`; `dweight[r]` is the sum of `g[i]` over all `i` with `ids[i] = r`, in the order of the ids.
/// The row `padding` gets no gradient.
///
/// # Panics
/// If an id or `padding` is not below the number of rows, or if `weight` is not a matrix.
///
/// # Source
/// PyTorch's `F.embedding` with its `padding_idx`.
///
/// # Example
/// ```
/// use training_loop::{Labels, Tensor, embedding};
///
/// let weight = Tensor::from([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]);
/// let ids = Labels::from([[2, 0], [1, 1]]);
/// let y = embedding(&ids, &weight, None);
/// assert_eq!(y.shape(), [2, 2, 2]);
/// assert_eq!(y.as_slice(), [4.0, 5.0, 0.0, 1.0, 2.0, 3.0, 2.0, 3.0]);
/// ```
#[track_caller]
pub fn embedding(ids: &Labels, weight: &Tensor, padding: Option<usize>) -> Tensor {
    let op = InLayer::of("embedding", weight);
    let &[rows, width] = weight.shape() else {
        panic!("{op}: the weight must be a matrix [rows, width], and its shape is {:?}", weight.shape());
    };
    check(op, ids, rows);
    assert!(
        padding.is_none_or(|padding| padding < rows),
        "{op}: the padding {} is not below the {rows} rows of the weight {:?}",
        padding.unwrap_or(0),
        weight.shape()
    );
    let shape = Shape::new(&[ids.shape(), &[width]].concat());
    let output = Value::build(shape, |y| take_rows(weight.as_slice(), width, ids.as_slice(), y));
    let ids = ids.clone();
    record(output, [weight], move |gradient| {
        [Value::build([rows, width], |sums| {
            // An id has 32 bits, so a padding row with a larger index matches no id.
            let skip = padding.and_then(|padding| u32::try_from(padding).ok());
            sum_rows(gradient.as_slice(), width, ids.as_slice(), skip, sums);
        })]
    })
}

#[track_caller]
fn check(op: InLayer<'_>, ids: &Labels, rows: usize) {
    if let Some((place, id)) = ids.iter().enumerate().find(|(_, id)| *id as usize >= rows) {
        panic!(
            "{op}: the id {id} at place {place} of the ids {:?} is not below the {rows} rows of the weight; ids \
             count from 0: correct them, or give the layer {} rows",
            ids.shape(),
            u64::from(id) + 1
        );
    }
}

pub(crate) const CASES: &[Case] = &[
    Case::new(&[&[&[5, 3]], &[&[4, 1]], &[&[4, 70]], &[&[4, 0]]], |x| {
        embedding(&Labels::from(ndarray::arr2(&[[3_u32, 0, 3], [1, 3, 0]])), &x[0], None)
    }),
    Case::new(&[&[&[0, 3]], &[&[2, 3]]], |x| embedding(&Labels::from(Vec::<u32>::new()), &x[0], None)),
];

#[cfg(test)]
mod tests {
    use super::embedding;
    use crate::{Labels, Tensor};

    #[test]
    #[should_panic(expected = "the id 7 at place 4 of the ids [2, 3] is not below the 5 rows of the weight")]
    fn an_id_out_of_range_is_named() {
        let ids = Labels::from(ndarray::arr2(&[[0_u32, 1, 2], [3, 7, 4]]));
        let _ = embedding(&ids, &Tensor::zeros(&[5, 2]), None);
    }

    #[test]
    #[should_panic(expected = "the padding 5 is not below the 5 rows")]
    fn a_padding_out_of_range_is_named() {
        let _ = embedding(&Labels::from(vec![0_u32]), &Tensor::zeros(&[5, 2]), Some(5));
    }
}
