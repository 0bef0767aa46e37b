//! Models and data that several of these tests use.

use std::path::PathBuf;

use ndarray::{Array1, Array2, Axis};
use training_loop::prelude::*;

#[derive(Module)]
pub(crate) struct Mlp {
    pub(crate) hidden: Linear,
    pub(crate) second: Linear,
    pub(crate) output: Linear,
}

impl Mlp {
    pub(crate) fn new(inputs: usize, width: usize, outputs: usize) -> Self {
        Self {
            hidden: Linear::new(inputs, width),
            second: Linear::new(width, width),
            output: Linear::new(width, outputs),
        }
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Tensor {
        let x = self.hidden.forward(x).relu();
        self.output.forward(&self.second.forward(&x).relu())
    }
}

/// A file of `tests/data`.
pub(crate) fn data(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "data", name].iter().collect()
}

/// Every value of a module's state, as bits.
pub(crate) fn bits(model: &impl Module) -> Vec<u32> {
    let state = model.state_dict();
    state.iter().flat_map(|(_, value)| value.iter().map(|x| x.to_bits()).collect::<Vec<_>>()).collect()
}

/// Numbers in [-1, 1), from a linear congruential generator.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    pub(crate) fn table(&mut self, rows: usize, columns: usize) -> Array2<f32> {
        Array2::from_shape_simple_fn((rows, columns), || self.next())
    }
}

/// Each column scaled to mean 0 and variance 1.
pub(crate) fn standardised(x: &Array2<f32>) -> Array2<f32> {
    let mean = x.mean_axis(Axis(0)).expect("rows");
    let deviation: Array1<f32> = x.std_axis(Axis(0), 0.0);
    (x - &mean) / &deviation
}

/// A small problem with three classes that overlap slightly.
pub(crate) fn blobs(rows: usize, seed: u64) -> TensorDataset {
    let mut numbers = Numbers(seed);
    let labels: Vec<usize> = (0..rows).map(|row| row % 3).collect();
    let mut x = numbers.table(rows, 4);
    for (mut row, label) in x.rows_mut().into_iter().zip(&labels) {
        row[*label] += 1.2;
    }
    TensorDataset::new(Tensor::from(x), Labels::from(labels)).expect("finite numbers, one label a row")
}

/// A file of `tests/golden`.
pub(crate) fn golden(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "golden", name].iter().collect()
}
