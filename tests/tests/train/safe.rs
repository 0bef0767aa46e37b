//! No run is endless, and no value that is not finite is trained on or kept as the best.

use std::ops::ControlFlow;

use training_loop::prelude::*;

use crate::common::{Mlp, bits, blobs};

fn fresh() -> Mlp {
    seed(5);
    Mlp::new(4, 8, 3)
}

fn loader() -> DataLoader {
    DataLoader::new(blobs(29, 1), 6)
}

/// An update that the spec does not show.
fn step_it(optimizer: &mut impl Optimizer) {
    optimizer.step();
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    train_order = [forward, loss, zero_grad, backward, { step_it(&mut optimizer) }],
)]
fn steps_unseen(model: &mut Mlp, train: &DataLoader, max_steps: usize) -> Result<History>;

#[test]
fn an_update_that_nobody_counts_ends_the_run() {
    let error = steps_unseen(&mut fresh(), &loader(), 7).unwrap_err();
    assert!(matches!(error, Error::NoUpdate { epoch: 0 }), "{error}");
    assert!(error.to_string().contains("name `step` in `train_order`"), "{error}");
}

/// `√(x w)`, whose derivative at 0 is infinite, and NaN after multiplication by 0.
#[derive(Module)]
struct Root {
    weight: Parameter,
    other: Parameter,
}

impl Root {
    fn new() -> Self {
        let one = || Parameter::new(ndarray::arr1(&[1.0]));
        Self { weight: one(), other: one() }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        (x * self.weight.tensor()).sqrt() + self.other.tensor() * 0.1
    }
}

macro_rules! roots {
    ($($name:ident: $($clause:ident = $value:expr),*;)*) => {$(
        #[training_loop(
            loss = mse_loss,
            optimizer = Sgd::new(model.parameters(), 0.1).momentum(0.9),
            $($clause = $value,)*
            on(epoch_end = |_, state| best.push(state.is_best())),
        )]
        fn $name(model: &mut Root, train: &DataLoader<Tensor>, epochs: usize, best: &mut Vec<bool>) -> Result<History>;
    )*};
}

roots! {
    root: seed = 0;
    root_clipped: clip_grad_norm = 1.0;
    root_clamped: clip_grad_value = 1.0;
    root_accumulated: accumulate = 2;
}

#[test]
fn a_gradient_that_is_not_finite_reaches_no_parameter() {
    type Fit = fn(&mut Root, &DataLoader<Tensor>, usize, &mut Vec<bool>) -> Result<History>;
    let fits: [Fit; 4] = [root, root_clipped, root_clamped, root_accumulated];
    for (number, fit) in fits.into_iter().enumerate() {
        for batch_size in [1, 2, 4] {
            let data = TensorDataset::new(Tensor::zeros(&[4, 1]), Tensor::zeros(&[4, 1])).unwrap();
            let (mut model, mut best) = (Root::new(), Vec::new());
            let before = bits(&model);
            let history = fit(&mut model, &DataLoader::new(data, batch_size), 3, &mut best).unwrap();
            let batch = usize::from(number == 3 && batch_size < 4);
            assert_eq!(history.stop_reason(), StopReason::NonFinite { epoch: 0, batch }, "fit {number}");
            assert_eq!(bits(&model), before, "fit {number}, batches of {batch_size}");
            let text = history.explanation().expect("an explanation");
            for part in ["the gradient of `weight` is NaN", "learning rate 0.1", "all its values are finite"]
            {
                assert!(text.contains(part), "fit {number}: {text}");
            }
            assert_eq!(best.len(), 1);
        }
    }
}

#[training_loop(
    loss = |output, batch| cross_entropy(output, &batch.target),
    forward = |model, batch| model.forward(&batch.input) * *factor,
    optimizer = Sgd::new(model.parameters(), 0.1),
    on(validation_end = |_, state| { best.push(state.is_best()); *factor = 1.0; }),
)]
fn nan_at_first(
    model: &mut Mlp,
    train: &DataLoader,
    valid: &DataLoader,
    epochs: usize,
    factor: &mut f32,
    best: &mut Vec<bool>,
) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    train_order = [forward, loss, zero_grad, backward, { if state_of(model) { poison(model) } }, step],
)]
fn poisoned_by_a_block(model: &mut Mlp, train: &DataLoader, epochs: usize) -> Result<History>;

fn state_of(model: &Mlp) -> bool {
    model.is_training()
}

/// Sets a gradient to NaN.
fn poison(model: &Mlp) {
    (model.output.weight.tensor() * f32::NAN).sum().backward();
}

#[test]
fn a_gradient_that_a_block_spoils_is_found_too() {
    let mut model = fresh();
    let history = poisoned_by_a_block(&mut model, &loader(), 2).unwrap();
    assert!(history.explanation().is_some_and(|text| text.contains("`output.weight` is NaN")));
    assert_eq!(bits(&model), bits(&fresh()));
}

#[test]
fn the_first_row_is_not_the_best_if_it_is_nan() {
    let mut model = fresh();
    let (mut factor, mut best) = (1.0, Vec::new());
    let valid = DataLoader::new(blobs(9, 4), 4);
    let history = nan_at_first(&mut model, &loader(), &valid, 2, &mut factor, &mut best).unwrap();
    assert_eq!((best[0], history.best_epoch().is_some()), (true, true));
    let (mut factor, mut best) = (f32::NAN, Vec::new());
    let history = nan_at_first(&mut model, &loader(), &valid, 2, &mut factor, &mut best).unwrap();
    assert_eq!((best, history.best_epoch()), (vec![false], None));
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = 4,
    on(
        before_step = |_, _| *updates += 1,
        batch_end = |_, state| {
            *batches += 1;
            if state.batch == 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    ),
)]
fn breaks_in_a_window(
    model: &mut Mlp,
    train: &DataLoader,
    batches: &mut usize,
    updates: &mut usize,
) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), max_steps = 1)]
fn one_step(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[test]
fn a_break_in_a_window_ends_it_with_the_update_of_its_batches() {
    let (mut model, mut batches, mut updates) = (fresh(), 0, 0);
    let history = breaks_in_a_window(&mut model, &loader(), &mut batches, &mut updates).unwrap();
    assert_eq!((history.stop_reason(), batches, updates), (StopReason::Hook, 2, 1));
    let mut other = fresh();
    one_step(&mut other, &DataLoader::new(blobs(29, 1), 12)).unwrap();
    let far = bits(&model)
        .into_iter()
        .zip(bits(&other))
        .map(|(a, b)| (f32::from_bits(a) - f32::from_bits(b)).abs());
    assert!(far.fold(0.0, f32::max) < 1e-6);
}

#[training_loop(loss = |output, _| output.clone(), optimizer = Sgd::new(model.parameters(), 0.1))]
fn unreduced(model: &mut Mlp, train: &DataLoader, epochs: usize) -> Result<History>;

#[training_loop(
    training_step = swapped,
    optimizer = Sgd::new(model.parameters(), 0.1),
    train_metrics = [accuracy],
)]
fn loss_first(model: &mut Mlp, train: &DataLoader, epochs: usize) -> Result<History>;

fn swapped(model: &Mlp, batch: &Batch) -> (Tensor, Tensor) {
    let output = model.forward(&batch.input);
    (cross_entropy(&output, &batch.target), output)
}

#[test]
fn a_loss_that_is_no_single_number_is_told_at_its_clause() {
    type Fit = fn(&mut Mlp, &DataLoader, usize) -> Result<History>;
    let fits: [(Fit, &str); 2] = [(unreduced, "unreduced"), (loss_first, "loss_first")];
    for (fit, name) in fits {
        let place = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
        let seen = std::sync::Arc::clone(&place);
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            *seen.lock().unwrap() = format!("{:?} {panic}", panic.location());
        }));
        let result =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| fit(&mut fresh(), &loader(), 1)));
        std::panic::set_hook(hook);
        assert!(result.is_err(), "{name}");
        let said = place.lock().unwrap().clone();
        for part in ["safe.rs", "the loss has the shape [6, 3]", ".mean()", "`(output, loss)`"] {
            assert!(said.contains(part), "{name}: {said}");
        }
    }
}
