//! The cost of seeing a run: a loop by hand, the loop of a spec, and the same with log files, event file, progress and a
//! checkpoint per epoch, all on workload W2 of `steps`.
//!
//! `cargo bench -p training-loop --bench seeing -- ROUNDS EPOCHS BATCHES` prints the median seconds of each, and its
//! excess over the loop by hand in percent. The kinds take turns, and a different one is first in each round.

use std::path::Path;
use std::time::Instant;

use training_loop::prelude::*;

#[derive(Module)]
struct Perceptron {
    first: Linear,
    second: Linear,
    output: Linear,
}

impl Perceptron {
    fn new() -> Self {
        seed(1);
        Self {
            first: Linear::new(784, 256).activation(Activation::Relu),
            second: Linear::new(256, 128).activation(Activation::Relu),
            output: Linear::new(128, 10),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        self.output.forward(&self.second.forward(&self.first.forward(x)))
    }
}

fn by_hand(model: &Perceptron, train: &DataLoader, epochs: usize) -> f64 {
    let mut optimizer = Adam::new(model.parameters(), 1e-3);
    let mut mean = 0.0;
    for epoch in 0..epochs {
        let mut sum = 0.0;
        for batch in train.epoch(epoch) {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            sum += f64::from(loss.item());
        }
        mean = sum / train.batches() as f64;
        eprintln!("epoch {}  loss {mean:.4}", epoch + 1);
    }
    mean
}

#[training_loop(loss = cross_entropy, optimizer = Adam::new(model.parameters(), 1e-3), epochs = epochs)]
fn by_spec(model: &Perceptron, train: &DataLoader, epochs: usize) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Adam::new(model.parameters(), 1e-3), epochs = epochs)]
fn watched(model: &Perceptron, train: &DataLoader, epochs: usize, run: &RunOptions) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Adam::new(model.parameters(), 1e-3),
    epochs = epochs,
    checkpoint(every = 1 epochs),
)]
fn saved(model: &Perceptron, train: &DataLoader, epochs: usize, run: &RunOptions) -> Result<History>;

/// The kinds of loops.
const KINDS: [&str; 4] = ["by hand", "spec", "spec with logs", "spec with logs and checkpoints"];

/// Trains with a kind of loop, and returns the seconds.
fn train(kind: usize, data: &DataLoader, epochs: usize, dir: &Path) -> Result<f64> {
    let model = Perceptron::new();
    let options = RunOptions::new().dir(dir.join("run")).log_every(10).tensorboard();
    let began = Instant::now();
    match kind {
        0 => drop(by_hand(&model, data, epochs)),
        1 => drop(by_spec(&model, data, epochs)?),
        2 => drop(watched(&model, data, epochs, &options)?),
        _ => drop(saved(&model, data, epochs, &options)?),
    }
    let seconds = began.elapsed().as_secs_f64();
    let _ = std::fs::remove_dir_all(dir.join("run"));
    Ok(seconds)
}

fn main() -> Result<()> {
    let numbers = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let numbers: Vec<usize> = numbers.collect();
    let number = |at: usize, usual: usize| numbers.get(at).copied().unwrap_or(usual).max(1);
    let (rounds, epochs, batches) = (number(0, 9), number(1, 3), number(2, 938));
    training_loop::set_num_threads(1);
    let rows = batches * 64;
    let pixel = |row: usize, column: usize| ((row * 31 + column * 17) % 97) as Scalar / 97.0;
    let inputs = ndarray::Array2::from_shape_fn((rows, 784), |(row, column)| pixel(row, column));
    let targets: Labels = (0..rows).map(|row| (row % 10) as u32).collect();
    let data = DataLoader::new(TensorDataset::new(inputs, targets)?, 64).shuffle(0);
    let dir = tempfile::tempdir()?;
    let mut seconds = KINDS.map(|_| Vec::new());
    for round in 0..rounds {
        for turn in 0..KINDS.len() {
            let kind = (round + turn) % KINDS.len();
            seconds[kind].push(train(kind, &data, epochs, dir.path())?);
        }
    }
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let medians: Vec<f64> = seconds.iter_mut().map(median).collect();
    println!("{rounds} rounds of {epochs} epochs of {batches} batches");
    for (kind, median) in KINDS.iter().zip(&medians) {
        println!("{kind}: {median:.3} s, {:+.1} %", 100.0 * (median / medians[0] - 1.0));
    }
    Ok(())
}
