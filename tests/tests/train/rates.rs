//! Learning rates of the loop: schedules that depend on a measurement, and parameter groups.

use training_loop::prelude::*;

use crate::common::{Mlp, bits, blobs};

thread_local! {
    static SCRIPT: std::cell::RefCell<Vec<f64>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// A metric that returns the numbers of a script.
struct Scripted;

impl Metric for Scripted {
    fn name(&self) -> String {
        "score".to_owned()
    }

    fn update(&mut self, _: &Tensor, _: &Labels) {}

    fn compute(&self) -> f64 {
        SCRIPT.with_borrow_mut(|script| script.remove(0))
    }

    fn reset(&mut self) {}
}

fn score() -> Scripted {
    Scripted
}

fn fresh() -> Mlp {
    seed(5);
    Mlp::new(4, 8, 3)
}

fn loader() -> DataLoader {
    DataLoader::new(blobs(20, 1), 6)
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = PlateauLr::new().monitor("valid_score").max().factor(0.5).patience(1),
    epochs = 8,
    metrics = [score],
)]
fn by_score(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = PlateauLr::new().monitor("valid_scroe"),
    epochs = 8,
)]
fn misspelt(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 8,
)]
fn of_any_kind(
    model: &mut Mlp,
    train: &DataLoader,
    valid: Option<&DataLoader>,
    scheduler: Option<Box<dyn Schedule>>,
) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 8,
)]
fn without_validation(model: &mut Mlp, train: &DataLoader, scheduler: Box<dyn Schedule>) -> Result<History>;

fn rates(history: &History) -> Vec<f32> {
    history.rows().iter().map(|row| row.learning_rate.unwrap()).collect()
}

#[test]
fn a_measurement_that_does_not_improve_lowers_the_rate() {
    SCRIPT.set(vec![1.0, 2.0, 2.0, 2.0, 3.0, 3.0, f64::NAN, 3.0]);
    let history = by_score(&mut fresh(), &loader(), &loader()).unwrap();
    assert_eq!(rates(&history), [0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025]);
}

#[test]
fn a_measurement_that_does_not_exist_is_an_error() {
    let error = misspelt(&mut fresh(), &loader(), &loader()).unwrap_err().to_string();
    assert!(
        error.contains("`valid_scroe` is not measured by this loop") && error.contains("`valid_loss`"),
        "{error}"
    );
}

#[test]
fn a_schedule_of_an_unknown_type_is_asked() {
    let model = fresh();
    let before = bits(&model);
    let needs_validation = |result: Result<History>| {
        let error = result.unwrap_err().to_string();
        assert!(error.contains("`scheduler` is a schedule that depends on a measurement"), "{error}");
        assert!(error.contains("add a parameter `valid: &DataLoader`"), "{error}");
    };
    let mut model = model;
    // The loss never improves by more than 100, so each value after the first reduces the rate.
    let plateau = || PlateauLr::new().patience(0).factor(0.5).threshold(100.0).absolute();
    needs_validation(of_any_kind(&mut model, &loader(), None, Some(Box::new(plateau()))));
    needs_validation(without_validation(&mut model, &loader(), Box::new(plateau())));
    assert_eq!(bits(&model), before);
    let (train, valid) = (loader(), loader());
    let history = of_any_kind(&mut model, &train, Some(&valid), Some(Box::new(plateau()))).unwrap();
    assert_eq!(rates(&history)[..4], [0.1, 0.1, 0.05, 0.025]);
    let history =
        of_any_kind(&mut model, &train, None, Some(Box::new(StepLr::new(1, 0.5).per_epoch()))).unwrap();
    assert_eq!(rates(&history)[..3], [0.1, 0.05, 0.025]);
    let history = of_any_kind(&mut model, &train, Some(&valid), None).unwrap();
    assert_eq!(rates(&history), [0.1; 8]);
}

/// The first layer is in a group with the learning rate 0, and the second one in a group with a low learning
/// rate.
#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 0.02)
        .weight_decay(0.1)
        .no_decay_for_vectors()
        .group(model.hidden.parameters(), |group| group.learning_rate(0.0))
        .group(model.second.parameters(), |group| group.learning_rate(1e-6)),
    scheduler = LinearLr::new(1.0, 0.0, 40),
    epochs = 8,
    warmup = 3 steps,
    clip_grad_norm = 1.0,
)]
fn in_groups(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[test]
fn groups_keep_their_share_of_the_rate() {
    let mut model = fresh();
    let largest_change = |before: &ndarray::ArrayD<f32>, after: &ndarray::ArrayD<f32>| {
        before.iter().zip(after).map(|(before, after)| (before - after).abs()).fold(0.0, f32::max)
    };
    let values = |model: &Mlp| {
        [&model.hidden, &model.second, &model.output].map(|layer| layer.parameters()[0].value())
    };
    let before = values(&model);
    let history = in_groups(&mut model, &loader()).unwrap();
    assert_eq!(history.stop_reason(), StopReason::Completed);
    let after = values(&model);
    let changes: Vec<f32> = before.iter().zip(&after).map(|(a, b)| largest_change(a, b)).collect();
    assert_eq!(changes[0], 0.0);
    assert!(changes[1] > 0.0 && changes[1] < 5e-5 && changes[2] > 0.02, "{changes:?}");
}
