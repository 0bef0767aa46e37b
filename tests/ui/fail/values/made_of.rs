//! What tensors, labels, data sets, parameters and buffers are not made of.

use training_loop::prelude::*;

fn labels(numbers: Vec<f32>) {
    let _ = Labels::from(vec!["bitter", "sour"]); //~ error
    let _ = numbers.into_iter().collect::<Labels>(); //~ error
    let _ = Labels::from(vec![vec![0, 1]]); //~ error
}

fn tensors(numbers: Vec<f64>, rows: Vec<Vec<f64>>) {
    let _ = Tensor::from([0.5_f64; 4]); //~ error
    let _ = numbers.iter().copied().collect::<Tensor>(); //~ error
    let _ = Tensor::try_from(rows); //~ error
    let _ = Parameter::new(numbers); //~ error
}

fn data(x: Tensor) {
    let _ = TensorDataset::new(x, vec!["bitter", "sour"]); //~ error
}

fn main() {}
