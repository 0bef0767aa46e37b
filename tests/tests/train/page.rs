//! The figures of this library in `docs/loops.md`.

use training_loop::CrossEntropy;
use training_loop::prelude::*;

const PAGE: &str = include_str!("../../../docs/loops.md");

/// Outputs `weight · x`; all inputs are 1.
#[derive(Module)]
struct Weight {
    weight: Parameter,
}

impl Weight {
    fn new() -> Self {
        Self { weight: Parameter::new(ndarray::arr1(&[0.0])) }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        x * self.weight.tensor()
    }
}

fn loader(targets: &[f32], batch_size: usize) -> DataLoader<Tensor> {
    let targets = Tensor::from(targets).reshape(&[targets.len(), 1]);
    DataLoader::new(TensorDataset::new(Tensor::ones(targets.shape()), targets).unwrap(), batch_size)
}

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), rate), epochs = 1)]
fn fit(model: &mut Weight, train: &DataLoader<Tensor>, rate: f32, accumulate: usize) -> Result<History>;

fn weight_after(targets: &[f32], batch_size: usize, accumulate: usize) -> f64 {
    let mut model = Weight::new();
    fit(&mut model, &loader(targets, batch_size), 0.1, accumulate).unwrap();
    f64::from(model.weight.to_array()[0])
}

fn loss_at_rate_zero(targets: &[f32], batch_size: usize) -> f64 {
    fit(&mut Weight::new(), &loader(targets, batch_size), 0.0, 1).unwrap().last("loss").unwrap()
}

/// Adds zeros to the logits.
#[derive(Module)]
struct Shift {
    shift: Parameter,
}

impl Shift {
    fn forward(&self, x: &Tensor) -> Tensor {
        x + self.shift.tensor()
    }
}

#[training_loop(
    loss = |output, batch| CrossEntropy::new().ignore(9).loss(output, &batch.target),
    optimizer = Sgd::new(model.parameters(), 0.0),
    epochs = 1,
)]
fn fit_ignoring(model: &mut Shift, train: &DataLoader) -> Result<History>;

fn loss_with_ignored(labels: &[u32]) -> f64 {
    let logits = Tensor::from(vec![[0.9, 0.1]; labels.len()]).ln();
    let train = DataLoader::new(TensorDataset::new(logits, Labels::from(labels.to_vec())).unwrap(), 2);
    let mut model = Shift { shift: Parameter::new(ndarray::arr1(&[0.0, 0.0])) };
    fit_ignoring(&mut model, &train).unwrap().last("loss").unwrap()
}

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = StepLr::new(1, 0.5),
    epochs = 1,
    accumulate = 4,
    on(before_step = |_, _| rates.push(f64::from(optimizer.learning_rate()))),
)]
fn fit_scheduled(model: &mut Weight, train: &DataLoader<Tensor>, rates: &mut Vec<f64>) -> Result<History>;

fn rates() -> Vec<f64> {
    let mut rates = Vec::new();
    fit_scheduled(&mut Weight::new(), &loader(&[1.0; 8], 1), &mut rates).unwrap();
    rates
}

/// Two parameters with the gradients -3 and -4.
#[derive(Module)]
struct Pair {
    first: Parameter,
    second: Parameter,
}

#[training_loop(
    training_step = |model, _| -(model.first.tensor() * 3.0 + model.second.tensor() * 4.0).sum(),
    optimizer = Sgd::new(model.parameters(), 1.0),
    max_steps = 1,
    clip_grad_norm = 1.0,
)]
fn fit_clipped(model: &mut Pair, train: &DataLoader<Tensor>) -> Result<History>;

fn clipped() -> Vec<f64> {
    let zero = || Parameter::new(ndarray::arr1(&[0.0]));
    let mut model = Pair { first: zero(), second: zero() };
    fit_clipped(&mut model, &loader(&[1.0], 1)).unwrap();
    [model.first, model.second].map(|weight| f64::from(weight.to_array()[0])).to_vec()
}

/// At most four decimals, without zeros at the end.
fn figures(values: &[f64]) -> String {
    let figure = |value: &f64| (value * 1e4).round() / 1e4;
    values.iter().map(|value| figure(value).to_string()).collect::<Vec<_>>().join(", ")
}

#[test]
fn the_figures_of_the_page_are_ours() {
    let targets = [1.0, 2.0, 3.0, 4.0, 10.0];
    let ours = [
        ("A", vec![weight_after(&targets, 2, 2)]),
        ("B", vec![weight_after(&targets[2..], 2, 2)]),
        ("C", rates()),
        ("D", vec![loss_at_rate_zero(&targets, 2)]),
        ("E", vec![loss_with_ignored(&[0, 1, 1, 9, 1])]),
        ("F", vec![loss_with_ignored(&[0, 1, 9, 9, 1])]),
        ("G", clipped()),
    ];
    for (run, values) in ours {
        let row = PAGE.lines().find(|line| line.starts_with(&format!("| {run} |"))).expect("a row");
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let ours = figures(&values);
        assert_eq!([cells[1], cells[5]], [&*ours, &*ours], "run {run}: the right figure, and ours");
    }
}
