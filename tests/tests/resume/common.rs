//! The model and the data of these tests.

use std::path::{Path, PathBuf};

use training_loop::prelude::*;

/// A model whose training depends on everything that a checkpoint has to restore: dropout, running
/// statistics and the values.
#[derive(Module)]
pub(crate) struct Net {
    pub(crate) hidden: Linear,
    norm: BatchNorm1d,
    dropout: Dropout,
    output: Linear,
}

impl Net {
    pub(crate) fn new() -> Self {
        Self {
            hidden: Linear::new(4, 6),
            norm: BatchNorm1d::new(6),
            dropout: Dropout::new(0.3),
            output: Linear::new(6, 3),
        }
    }

    /// The same initial values for every whole run.
    pub(crate) fn fresh() -> Self {
        seed(99);
        Self::new()
    }

    /// Other initial values and another random stream, which a resumed run must not use.
    pub(crate) fn other() -> Self {
        seed(12_345);
        let _ = Tensor::rand(&[3]);
        Self::new()
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Tensor {
        let x = self.norm.forward(&self.hidden.forward(x)).relu();
        self.output.forward(&self.dropout.forward(&x))
    }

    /// All values as bits.
    pub(crate) fn bits(&self) -> Vec<u32> {
        let state = self.state_dict();
        state.iter().flat_map(|(_, value)| value.iter().map(|x| x.to_bits()).collect::<Vec<_>>()).collect()
    }
}

/// A small problem with three classes that overlap slightly.
pub(crate) fn blobs(rows: usize, numbers: u64) -> TensorDataset {
    let _seeded = seed_scope(numbers);
    let labels: Vec<usize> = (0..rows).map(|row| row % 3).collect();
    let mut x = Tensor::rand(&[rows, 4]).to_array();
    for (row, label) in labels.iter().enumerate() {
        x[[row, *label]] += 0.7;
    }
    TensorDataset::new(Tensor::from(x), Labels::from(labels)).expect("finite numbers, one label a row")
}

pub(crate) fn train_loader() -> DataLoader {
    DataLoader::new(blobs(44, 1), 8).shuffle(7)
}

pub(crate) fn valid_loader() -> DataLoader {
    DataLoader::new(blobs(20, 2), 8)
}

/// The rows of a history without the times, with all numbers as bits.
pub(crate) fn rows(history: &History) -> Vec<String> {
    let row = |row: &training_loop::run::Row| {
        let values: Vec<_> = row.measurements.iter().map(|(name, x)| (name, x.to_bits())).collect();
        let rate = row.learning_rate.map(f32::to_bits);
        let norm = row.grad_norm.map(f64::to_bits);
        let matrices = [row.confusion("confusion"), row.confusion("valid_confusion")];
        format!("{} {} {rate:?} {norm:?} {values:?} {matrices:?}", row.epoch, row.before_training)
    };
    history.rows().iter().map(row).chain([format!("best {:?}", history.best_epoch())]).collect()
}

/// The checkpoints of a run, oldest first.
pub(crate) fn checkpoints(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir.join("checkpoints")).expect("the folder of the checkpoints");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with("step-"));
    paths.sort();
    paths
}
