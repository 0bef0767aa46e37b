//! The behaviour of the generated loop: the same bits as its hand-written twin, and the effects of the spec's
//! clauses.
//!
//! `TWIN=overwrite cargo test -p training-loop-tests --test twin` writes the twin again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::{env, fs};

use proc_macro2::TokenStream;
use quote::ToTokens;
use training_loop::prelude::*;

/// A network that draws random numbers during training.
#[derive(Module)]
pub struct Mlp {
    hidden: Linear,
    dropout: Dropout,
    output: Linear,
}

impl Mlp {
    fn new(dropout: Scalar) -> Self {
        seed(1);
        Self { hidden: Linear::new(4, 8), dropout: Dropout::new(dropout), output: Linear::new(8, 3) }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        self.output.forward(&self.dropout.forward(&self.hidden.forward(x).relu()))
    }

    /// All weights, as bits.
    fn bits(&self) -> Vec<u32> {
        self.weights().into_iter().map(f32::to_bits).collect()
    }

    /// All weights.
    fn weights(&self) -> Vec<f32> {
        self.parameters().iter().flat_map(|parameter| parameter.to_array().into_iter()).collect()
    }
}

/// The loop that the macro generates.
mod generated {
    use super::{Mlp, *};

    include!("twin/spec.rs");
}

/// The same loop as a file: the printed expansion.
#[expect(clippy::pedantic, reason = "the printer's style")]
#[expect(unreachable_pub, reason = "as above")]
mod written {
    use super::{Mlp, *};

    include!("twin/written.rs");
}

/// Training rows. The label is the index of the largest of three elements.
fn rows(count: usize) -> TensorDataset {
    let entry = |row: usize, column: usize| ((row * 31 + column * 17 + row * row * 7) % 23) as f32 / 23.0;
    let inputs = ndarray::Array2::from_shape_fn((count, 4), |(row, column)| entry(row, column));
    let largest = |row: usize| (0..3).max_by(|a, b| entry(row, *a).total_cmp(&entry(row, *b))).unwrap_or(0);
    let targets: Vec<usize> = (0..count).map(largest).collect();
    TensorDataset::new(Tensor::from(inputs), Labels::from(targets)).expect("rows")
}

/// A loader of some rows.
fn loader(count: usize, batch_size: usize) -> DataLoader {
    DataLoader::new(rows(count), batch_size).shuffle(5)
}

/// The measurements of a history, as bits.
fn measurements(history: &History) -> Vec<(usize, String, u64)> {
    let rows = history.rows().iter();
    rows.flat_map(|row| {
        row.measurements.iter().map(|(name, value)| (row.epoch, name.clone(), value.to_bits()))
    })
    .collect()
}

#[test]
fn the_twin_is_fresh() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/twin");
    let spec = fs::read_to_string(format!("{folder}/spec.rs")).expect("the spec");
    let item: syn::ForeignItemFn = syn::parse_str(&spec).expect("a function");
    let attribute = item.attrs.iter().position(|attribute| attribute.path().is_ident("training_loop"));
    let mut item = item.clone();
    let attribute = item.attrs.remove(attribute.expect("the attribute"));
    let args: TokenStream = attribute.parse_args().expect("arguments");
    let expanded = training_loop_analysis::expand(args, item.to_token_stream());
    let expanded = prettyplease::unparse(&syn::parse2(expanded).expect("a file"));
    let path = format!("{folder}/written.rs");
    if env::var("TWIN").is_ok_and(|wish| wish == "overwrite") {
        fs::write(&path, &expanded).expect("writes the twin");
    }
    assert_eq!(fs::read_to_string(&path).expect("the twin"), expanded, "TWIN=overwrite writes it again");
}

#[test]
fn the_twin_gives_the_same_bits() {
    let (train, valid) = (loader(23, 4), loader(10, 4));
    let (mut ours, mut theirs) = (Mlp::new(0.3), Mlp::new(0.3));
    let (mut our_epochs, mut their_epochs) = (Vec::new(), Vec::new());
    let before = ours.bits();
    let history = generated::fit(&mut ours, &train, &valid, 5, &mut our_epochs).expect("trains");
    let twin = written::fit(&mut theirs, &train, &valid, 5, &mut their_epochs).expect("trains");
    assert_ne!(before, ours.bits());
    assert_eq!(ours.bits(), theirs.bits());
    assert_eq!(measurements(&history), measurements(&twin));
    assert_eq!(our_epochs, their_epochs);
    assert_eq!(our_epochs, (0..5).map(|epoch| (epoch, true)).collect::<Vec<_>>());
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.2).momentum(0.9),
    epochs = 3,
    accumulate = windows,
)]
fn accumulated(model: &Mlp, train: &DataLoader, windows: usize) -> Result<History>;

#[test]
fn accumulation_equals_one_larger_batch() {
    // 23 rows: windows of 3 batches of 4 end unevenly in both ways, 12 and 11 rows of 4, 4, 4 and 4, 4, 3.
    for (rows, batch, windows) in [(23, 4, 3), (25, 4, 3), (7, 2, 5), (23, 5, 2)] {
        let (ours, theirs) = (Mlp::new(0.0), Mlp::new(0.0));
        accumulated(&ours, &loader(rows, batch), windows).expect("trains");
        accumulated(&theirs, &loader(rows, batch * windows), 1).expect("trains");
        for (a, b) in ours.weights().iter().zip(theirs.weights()) {
            assert!((a - b).abs() <= 1e-6, "{rows} rows, batches of {batch} times {windows}: {a} and {b}");
        }
    }
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = CosineLr::new(8),
    epochs = 4,
    accumulate = 3,
    train_order = [zero_grad, forward, loss, backward, { rates.push(optimizer.learning_rate()); }, step, schedule],
)]
fn scheduled(model: &Mlp, train: &DataLoader, rates: &mut Vec<Scalar>) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = StepLr::new(2, 0.5).per_epoch(),
    epochs = 4,
    on(before_step = |_, _| rates.push(optimizer.learning_rate())),
)]
fn scheduled_by_epoch(model: &Mlp, train: &DataLoader, rates: &mut Vec<Scalar>) -> Result<History>;

#[test]
fn the_learning_rate_of_an_update_is_that_of_its_number() {
    let mut rates = Vec::new();
    scheduled(&Mlp::new(0.0), &loader(23, 4), &mut rates).expect("trains");
    assert_eq!(rates.len(), 8, "two windows in each of four epochs");
    for (update, rate) in rates.iter().enumerate() {
        let expected = 0.05 * (1.0 + (std::f64::consts::PI * update as f64 / 8.0).cos());
        assert!((f64::from(*rate) - expected).abs() < 1e-7, "update {update}: {rate}, not {expected}");
    }

    let mut rates = Vec::new();
    scheduled_by_epoch(&Mlp::new(0.0), &loader(8, 4), &mut rates).expect("trains");
    assert_eq!(rates, [0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05]);
}

#[training_loop(loss = cross_entropy, optimizer = Adam::new(model.parameters(), 0.01), epochs = 4)]
fn unvalidated(model: &Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Adam::new(model.parameters(), 0.01),
    epochs = 4,
    metrics = [accuracy],
    validate(every = 1 epochs, first),
)]
fn validated(model: &Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Adam::new(model.parameters(), 0.01),
    epochs = 4,
    validate(every = 2 steps),
)]
fn validated_by_steps(model: &Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[test]
fn validation_never_changes_the_training_bits() {
    let (train, valid) = (loader(23, 4), loader(10, 4));
    let without = Mlp::new(0.5);
    unvalidated(&without, &train).expect("trains");
    let by_epochs = Mlp::new(0.5);
    validated(&by_epochs, &train, &valid).expect("trains");
    let by_steps = Mlp::new(0.5);
    validated_by_steps(&by_steps, &train, &valid).expect("trains");
    assert_eq!(without.bits(), by_epochs.bits());
    assert_eq!(without.bits(), by_steps.bits());
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    max_steps = 7,
    validate(every = 100 epochs),
    on(validation_end = |_, state| validations.push(state.step)),
)]
fn stopped(
    model: &Mlp,
    train: &DataLoader,
    valid: &DataLoader,
    validations: &mut Vec<usize>,
) -> Result<History>;

#[test]
fn max_steps_stops_in_mid_epoch_and_validates() {
    let mut validations = Vec::new();
    let history = stopped(&Mlp::new(0.0), &loader(20, 4), &loader(10, 4), &mut validations).expect("trains");
    assert_eq!(history.stop_reason(), StopReason::MaxSteps);
    assert_eq!(validations, [7]);
    assert!(history.last("valid_loss").is_some());
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 1,
    eval_order = [
        forward,
        {
            assert!(!model.is_training());
            fail(output.shape()[0])?;
        },
        loss,
    ],
)]
fn fails(
    model: &Mlp,
    train: &DataLoader,
    valid: &DataLoader,
    fail: impl Fn(usize) -> Result<(), Box<dyn std::error::Error>>,
) -> Result<History, Box<dyn std::error::Error>>;

#[test]
fn training_mode_comes_back_on_every_way_out() {
    let (train, valid) = (loader(8, 4), loader(4, 4));
    let model = Mlp::new(0.1);
    let error = fails(&model, &train, &valid, |_| Err("no".into())).expect_err("fails");
    assert_eq!(error.to_string(), "no");
    assert!(model.is_training());
    let panics =
        catch_unwind(AssertUnwindSafe(|| fails(&model, &train, &valid, |rows| panic!("{rows} rows"))));
    assert!(panics.is_err());
    assert!(model.is_training());
    let loss = cross_entropy(&model.forward(&rows(4).inputs().clone()), &Labels::from(vec![0_usize; 4]));
    assert!(loss.requires_grad(), "recording comes back too");
}

#[training_loop(
    loss = |output, batch| &cross_entropy(output, &batch.target) * Scalar::NAN,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
)]
fn diverges(model: &Mlp, train: &DataLoader) -> Result<History>;

#[test]
fn a_loss_that_is_not_finite_changes_no_weight() {
    let model = Mlp::new(0.0);
    let before = model.bits();
    let history = diverges(&model, &loader(8, 4)).expect("ends");
    assert_eq!(history.stop_reason(), StopReason::NonFinite { epoch: 0, batch: 0 });
    assert_eq!(model.bits(), before);
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), rate),
    epochs = epochs,
    max_steps = 1 + steps,
    accumulate = windows,
    clip_grad_norm = norm,
)]
fn ruled(
    model: &Mlp,
    train: &DataLoader,
    epochs: usize,
    steps: usize,
    windows: usize,
    norm: Scalar,
    rate: Scalar,
) -> Result<History>;

#[test]
fn the_rules_of_literals_hold_for_every_value() {
    let (model, train) = (Mlp::new(0.0), loader(8, 4));
    let said = |epochs, windows, norm, rate| match ruled(&model, &train, epochs, 0, windows, norm, rate) {
        Ok(_) => "fine".to_owned(),
        Err(error) => error.to_string(),
    };
    assert_eq!(said(1, 1, 1.0, 0.1), "fine");
    assert!(said(0, 1, 1.0, 0.1).starts_with("`epochs` is 0: must be at least 1"));
    assert!(said(1, 0, 1.0, 0.1).starts_with("`accumulate` is 0: must be at least 1"));
    for norm in [0.0, -1.0, Scalar::NAN, Scalar::INFINITY] {
        assert!(said(1, 1, norm, 0.1).contains("must be finite and above 0"), "{norm}");
    }
    assert!(said(1, 1, 1.0, -0.1).contains("`learning_rate` of `Sgd` is -0.1"), "{}", said(1, 1, 1.0, -0.1));
}
