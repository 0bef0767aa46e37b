//! Orthogonal matrices.

use crate::random::{Purpose, draw};
use crate::value::Value;
use crate::{Parameter, Scalar};

/// Draws a matrix with orthogonal rows or columns, whichever are fewer, of the length `gain`. A deep network or a
/// recurrent layer then keeps the lengths of its gradients.
///
/// # Shapes
/// `parameter: [out, in, ..]`: the axes after the first are the columns.
///
/// # Formula
/// The factor `Q` of the decomposition `QR` of a matrix of normal numbers, where the diagonal of `R` is positive, times
/// `gain`.
///
/// # Panics
/// If there are fewer than two axes.
///
/// # Source
/// Saxe et al. 2014; PyTorch's `orthogonal_`.
///
/// # Example
/// ```
/// use training_loop::nn::init;
/// use training_loop::prelude::*;
///
/// let layer = Linear::new(8, 4);
/// init::orthogonal(&layer.weight, 1.0);
/// let weight = layer.weight.tensor();
/// let products = weight.matmul(&weight.transpose(0, 1));
/// assert!((products - Tensor::eye(4)).abs().max().item() < 1e-5);
/// ```
#[track_caller]
pub fn orthogonal(parameter: &Parameter, gain: f64) {
    let &[outputs, ref rest @ ..] = parameter.shape() else {
        panic!("orthogonal: a number has no rows and columns");
    };
    assert!(!rest.is_empty(), "orthogonal: a parameter of shape {:?} has no columns", parameter.shape());
    let inputs: usize = rest.iter().product();
    let (count, length) = (outputs.min(inputs), outputs.max(inputs));
    let mut drawn = vec![0.0; count * length];
    draw(Purpose::Initial).fill_normal(&mut drawn, 0.0, 1.0);
    let mut vectors: Vec<Vec<f64>> = drawn
        .chunks_exact(length.max(1))
        .map(|vector| vector.iter().map(|x| f64::from(*x)).collect())
        .collect();
    for done in 0..vectors.len() {
        let (before, rest) = vectors.split_at_mut(done);
        let vector = rest[0].as_mut_slice();
        // The second pass removes what rounding left of the first.
        for _ in 0..2 {
            for other in before.iter() {
                let part = dot(vector, other);
                vector.iter_mut().zip(other).for_each(|(x, other)| *x -= part * other);
            }
        }
        let size = dot(vector, vector).sqrt();
        for x in vector {
            *x /= size;
        }
    }
    parameter.replace(Value::build(parameter.shape(), |to| {
        for (place, to) in to.iter_mut().enumerate() {
            let (row, column) = (place / inputs, place % inputs);
            let (vector, at) = if outputs <= inputs { (row, column) } else { (column, row) };
            *to = (gain * vectors[vector][at]) as Scalar;
        }
    }));
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tensor;

    #[test]
    fn the_fewer_of_rows_and_columns_are_orthogonal() {
        for shape in [&[5, 5][..], &[3, 7], &[40, 9], &[4, 2, 3, 3], &[1, 1], &[0, 3]] {
            let parameter = Parameter::filled(shape, 0.0);
            orthogonal(&parameter, 2.0);
            let (rows, columns) = (shape[0], shape[1..].iter().product::<usize>());
            let matrix = parameter.tensor().reshape(&[rows, columns]);
            let matrix = if rows <= columns { matrix } else { matrix.transpose(0, 1) };
            let products = matrix.matmul(&matrix.transpose(0, 1));
            let apart = products - Tensor::eye(rows.min(columns)) * 4.0;
            assert!(apart.as_slice().iter().all(|x| x.abs() < 1e-5), "{shape:?}: {apart}");
        }
    }

    #[test]
    fn signs_are_drawn_too() {
        let parameter = Parameter::filled(&[64, 64], 0.0);
        orthogonal(&parameter, 1.0);
        let trace = (parameter.tensor() * Tensor::eye(64)).sum().item();
        assert!(trace.abs() < 8.0, "{trace}");
    }

    #[test]
    #[should_panic(expected = "orthogonal: a parameter of shape [3] has no columns")]
    fn a_vector_is_no_matrix() {
        orthogonal(&Parameter::filled(&[3], 0.0), 1.0);
    }
}
