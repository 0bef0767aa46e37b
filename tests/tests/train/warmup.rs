//! The learning rate of every update of a warmup, and the reports of `anomaly`.

use training_loop::prelude::*;

use crate::common::{Mlp, bits, blobs};

fn fresh() -> Mlp {
    seed(5);
    Mlp::new(4, 8, 3)
}

/// Four batches: 6, 6, 6 and 2 samples.
fn loader() -> DataLoader {
    DataLoader::new(blobs(20, 1), 6)
}

macro_rules! warm {
    ($($name:ident($($parameter:ident: $ty:ty),*) { $($clauses:tt)* })*) => {$(
        #[training_loop(
            loss = cross_entropy,
            optimizer = Sgd::new(model.parameters(), 0.5),
            on(batch_end = |_, state| rates.push(state.learning_rate)),
            $($clauses)*
        )]
        fn $name(
            model: &mut Mlp, train: &DataLoader, rates: &mut Vec<Option<f32>>, $($parameter: $ty),*
        ) -> Result<History>;
    )*};
}

warm! {
    constant() { epochs = 3, warmup = 5 steps }
    cosine_schedule() { epochs = 3, scheduler = CosineLr::new(12), warmup = 1 epochs }
    per_epoch() { epochs = 3, scheduler = StepLr::new(1, 0.5).per_epoch(), warmup = 50 percent }
    windows(n: usize) { epochs = 4, accumulate = 3, scheduler = CosineLr::new(8), warmup = n epochs }
    scheduled(scheduler: OneCycleLr, n: usize) { epochs = 3, warmup = n steps }
}

/// The learning rates that the hook reads, one per batch.
fn rates(fit: impl FnOnce(&mut Mlp, &DataLoader, &mut Vec<Option<f32>>) -> Result<History>) -> Vec<f64> {
    let mut rates = Vec::new();
    fit(&mut fresh(), &loader(), &mut rates).unwrap();
    rates.into_iter().map(|rate| f64::from(rate.unwrap_or_default())).collect()
}

fn assert_close(found: &[f64], expected: impl Fn(usize) -> f64) {
    for (update, found) in found.iter().enumerate() {
        let expected = expected(update);
        assert!((found - expected).abs() < 1e-6, "update {update}: {found} is not {expected}");
    }
}

#[test]
fn every_update_has_the_rate_of_the_closed_form() {
    let share = |update: usize, length: f64| ((update + 1) as f64 / length).min(1.0);
    let cosine = |t: usize, all: f64| 0.25 * (1.0 + (std::f64::consts::PI * t as f64 / all).cos());
    let found = rates(constant);
    assert_eq!(found.len(), 12);
    assert_close(&found, |t| 0.5 * share(t, 5.0));
    assert_close(&rates(cosine_schedule), |t| cosine(t, 12.0) * share(t, 4.0));
    assert_close(&rates(per_epoch), |t| [0.5, 0.25, 0.125][t / 4] * share(t, 6.0));
    // Two updates an epoch: after the third batch, and after the last one. The hook runs before the update.
    let found = rates(|model, train, rates| windows(model, train, rates, 2));
    let updates: Vec<f64> = found.chunks(4).flat_map(|epoch| [epoch[3]]).collect();
    assert_close(&updates, |epoch| cosine(2 * epoch, 8.0) * share(2 * epoch, 4.0));
}

#[test]
fn what_only_the_run_knows_is_checked_before_the_first_batch() {
    let (mut model, data) = (fresh(), loader());
    let before = bits(&model);
    let mut error =
        |fit: &mut dyn FnMut(&mut Mlp) -> Result<History>| fit(&mut model).unwrap_err().to_string();
    assert_eq!(
        error(&mut |model| windows(model, &data, &mut Vec::new(), 5)),
        "`warmup` is 10 of 8 updates: must not be longer than the run; write a shorter warmup, as \
         `warmup = 10 percent`, or remove it"
    );
    assert!(
        error(&mut |model| windows(model, &data, &mut Vec::new(), 0))
            .starts_with("`warmup` is 0: must be at least 1")
    );
    assert_eq!(
        error(&mut |model| scheduled(model, &data, &mut Vec::new(), OneCycleLr::new(0.1, 12), 3)),
        "`warmup` is 3: the schedule has a warmup of its own; remove `warmup`; `.pct_start(0.3)` of a `OneCycleLr` is \
         its length"
    );
    assert_eq!(bits(&model), before);
}

/// `√(x w)`, whose derivative at 0 is infinite.
#[derive(Module)]
struct Root {
    weight: Parameter,
    head: Linear,
}

impl Root {
    fn new(weight: f32) -> Self {
        Self { weight: Parameter::new(ndarray::arr1(&[weight])), head: Linear::new(1, 1) }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        self.head.forward(&(x * self.weight.tensor()).sqrt())
    }
}

macro_rules! watched {
    ($($name:ident: $word:ident;)*) => {$(
        #[training_loop(
            loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2, anomaly = $word,
        )]
        fn $name(model: &mut Root, train: &DataLoader<Tensor>) -> Result<History>;
    )*};
}

watched! {
    off: off;
    usual: loss;
    full: full;
}

#[test]
fn full_names_the_first_operation_and_off_ends_nothing() {
    let data = |x: f32| {
        let data = TensorDataset::new(Tensor::full(&[4, 1], x), Tensor::zeros(&[4, 1])).unwrap();
        DataLoader::new(data, 2)
    };
    let explained = |fit: fn(&mut Root, &DataLoader<Tensor>) -> Result<History>, weight: f32, x: f32| {
        let history = fit(&mut Root::new(weight), &data(x)).unwrap();
        (history.stop_reason(), history.explanation().unwrap_or_default().to_owned())
    };
    let bad = StopReason::NonFinite { epoch: 0, batch: 0 };
    let (reason, text) = explained(full, -1.0, 1.0);
    assert_eq!(reason, bad);
    assert!(text.contains("the first output that is not finite comes from `sqrt` after `weight`"), "{text}");
    let (reason, text) = explained(full, 1.0, 0.0);
    assert_eq!(reason, bad);
    assert!(text.contains("the first gradient that is not finite comes from `sqrt`"), "{text}");
    let (reason, text) = explained(usual, -1.0, 1.0);
    assert_eq!(reason, bad);
    assert!(!text.contains("sqrt"), "{text}");
    let (reason, text) = explained(off, -1.0, 1.0);
    assert_eq!((reason, &*text), (StopReason::Completed, ""));
    let fine = full(&mut Root::new(1.0), &data(1.0)).unwrap();
    assert_eq!((fine.stop_reason(), fine.explanation()), (StopReason::Completed, None));
}
