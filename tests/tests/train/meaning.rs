//! The effects of the clauses: accumulation, schedules, epoch losses, clipping, the end of a run.

use std::ops::ControlFlow;
use std::time::Duration;

use training_loop::prelude::*;

use crate::common::{Mlp, bits, blobs};

fn fresh() -> Mlp {
    seed(5);
    Mlp::new(4, 8, 3)
}

/// The largest difference between two models' parameters.
fn distance(a: &Mlp, b: &Mlp) -> f32 {
    let numbers = |model: &Mlp| bits(model).into_iter().map(f32::from_bits).collect::<Vec<_>>();
    numbers(a).iter().zip(numbers(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1).momentum(0.9),
    epochs = 3,
    accumulate = k,
)]
fn accumulated(model: &mut Mlp, train: &DataLoader, k: usize) -> Result<History>;

#[test]
fn accumulating_equals_a_larger_batch() {
    // 29 samples: divisible neither by the batch sizes nor by the windows.
    for (batch, k) in [(4, 3), (3, 2), (5, 4), (7, 10), (29, 2)] {
        let loader = |size| DataLoader::new(blobs(29, 1), size).shuffle(2);
        let (mut small, mut large) = (fresh(), fresh());
        let one = accumulated(&mut small, &loader(batch), k).unwrap();
        let other = accumulated(&mut large, &loader(batch * k), 1).unwrap();
        let far = distance(&small, &large);
        assert!(far < 1e-6, "batch {batch}, accumulate {k}: {far}");
        let loss = |history: &History| history.last("loss").unwrap();
        assert!((loss(&one) - loss(&other)).abs() < 1e-6);
        assert!(distance(&small, &fresh()) > 0.01, "nothing was trained");
    }
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = StepLr::new(2, 0.5),
    epochs = 4,
    accumulate = 2,
    on(before_step = |_, _| rates.push(optimizer.learning_rate())),
)]
fn rates_by_update(model: &mut Mlp, train: &DataLoader, rates: &mut Vec<f32>) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = CosineLr::new(4).per_epoch(),
    epochs = 4,
    accumulate = 2,
    on(before_step = |_, _| rates.push(optimizer.learning_rate())),
)]
fn rates_by_epoch(model: &mut Mlp, train: &DataLoader, rates: &mut Vec<f32>) -> Result<History>;

#[test]
fn each_update_has_the_rate_of_its_closed_form() {
    // 5 batches are 3 windows, so 12 updates in 4 epochs.
    let train = DataLoader::new(blobs(29, 1), 6);
    let mut rates = Vec::new();
    rates_by_update(&mut fresh(), &train, &mut rates).unwrap();
    let expected: Vec<f32> = (0..12).map(|update| 0.1 * 0.5_f32.powi(update / 2)).collect();
    assert_eq!(rates, expected);

    let mut rates = Vec::new();
    rates_by_epoch(&mut fresh(), &train, &mut rates).unwrap();
    for (update, rate) in rates.iter().enumerate() {
        let turn = std::f64::consts::PI * (update / 3) as f64 / 4.0;
        let expected = 0.1 * (1.0 + turn.cos()) / 2.0;
        assert!((f64::from(*rate) - expected).abs() < 1e-8, "update {update}: {rate} is not {expected}");
    }
    assert_eq!(rates.len(), 12);
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.0),
    epochs = 1,
    metrics = [accuracy],
    train_metrics = [accuracy],
)]
fn standing_still(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[test]
fn an_epochs_loss_is_the_loss_of_its_data() {
    let data = blobs(29, 1);
    let mut model = fresh();
    let (whole, right) = {
        let _evaluation = evaluation(&model);
        let output = model.forward(data.inputs());
        let mut accuracy = accuracy();
        accuracy.update(&output, data.targets());
        (f64::from(cross_entropy(&output, data.targets()).item()), accuracy.compute())
    };
    for size in [1, 4, 7, 28, 29, 40] {
        let loader = || DataLoader::new(blobs(29, 1), size);
        let history = standing_still(&mut model, &loader(), &loader()).unwrap();
        let last = |name: &str| history.last(name).unwrap();
        assert!((last("loss") - whole).abs() < 1e-6, "batch {size}: {} is not {whole}", last("loss"));
        assert!((last("valid_loss") - whole).abs() < 1e-6, "batch {size}");
        assert_eq!((last("accuracy"), last("valid_accuracy")), (right, right), "batch {size}");
    }
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 1.0),
    max_steps = 1,
    clip_grad_norm = limit,
)]
fn one_clipped_step(model: &mut Mlp, train: &DataLoader, limit: f32) -> Result<History>;

#[test]
fn clipping_limits_the_global_norm_and_logs_the_norm_before() {
    let train = DataLoader::new(blobs(29, 1), 29);
    let (mut free, mut clipped) = (fresh(), fresh());
    let before = one_clipped_step(&mut free, &train, 1e9).unwrap().rows()[0].grad_norm.unwrap();
    // A step with learning rate 1 changes the weights by the gradient itself.
    let moved = |model: &Mlp| {
        let start = bits(&fresh()).into_iter().map(f32::from_bits);
        let squares =
            bits(model).into_iter().map(f32::from_bits).zip(start).map(|(a, b)| f64::from(a - b).powi(2));
        squares.sum::<f64>().sqrt()
    };
    assert!((moved(&free) - before).abs() < 1e-5 * before, "{} {before}", moved(&free));
    let logged = one_clipped_step(&mut clipped, &train, 0.01).unwrap().rows()[0].grad_norm.unwrap();
    assert_eq!(logged, before);
    assert!((moved(&clipped) - 0.01).abs() < 1e-5, "{}", moved(&clipped));
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 10,
    max_steps = 7,
)]
fn at_most_seven(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[test]
fn max_steps_ends_the_run() {
    let history = at_most_seven(&mut fresh(), &DataLoader::new(blobs(29, 1), 6)).unwrap();
    assert_eq!(history.stop_reason(), StopReason::MaxSteps);
    assert_eq!(history.len(), 2);
}

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), max_time = 1e-9 seconds)]
fn at_once(model: &mut Mlp, train: &DataLoader, valid: &DataLoader, accumulate: usize) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2, max_time = (hours) hours)]
fn for_hours(model: &mut Mlp, train: &DataLoader, hours: f32) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn for_a_duration(model: &mut Mlp, train: &DataLoader, max_time: Duration) -> Result<History>;

#[test]
fn max_time_ends_the_run_after_a_whole_update_and_its_validation() {
    let loader = |batch_size| DataLoader::new(blobs(29, 1), batch_size);
    let mut model = fresh();
    let history = at_once(&mut model, &loader(6), &loader(29), 2).unwrap();
    assert_eq!((history.stop_reason(), history.len()), (StopReason::MaxTime, 1));
    assert!(history.last("valid_loss").is_some_and(f64::is_finite));
    // The update of one window equals that of one batch of twelve.
    let mut twin = fresh();
    one_step(&mut twin, &loader(12)).unwrap();
    assert!(distance(&model, &twin) < 1e-6 && distance(&model, &fresh()) > 1e-3);
}

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), max_steps = 1)]
fn one_step(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[test]
fn a_time_that_is_long_enough_ends_nothing() {
    let train = DataLoader::new(blobs(29, 1), 6);
    for history in [for_hours(&mut fresh(), &train, 1.0), for_a_duration(&mut fresh(), &train, Duration::MAX)]
    {
        let history = history.unwrap();
        assert_eq!((history.stop_reason(), history.len()), (StopReason::Completed, 2));
    }
}

#[test]
fn a_time_out_of_range_is_refused_before_the_first_batch() {
    let (train, mut model) = (DataLoader::new(blobs(29, 1), 6), fresh());
    let zero = for_a_duration(&mut model, &train, Duration::ZERO).unwrap_err().to_string();
    let rule =
        "must be finite and above 0; write how long the run may take, `max_time = 10 minutes`, or remove it";
    assert_eq!(zero, format!("`max_time` is 0: {rule}"));
    for bad in [-1.0, 0.0, f32::NAN, f32::INFINITY] {
        let error = for_hours(&mut model, &train, bad).unwrap_err().to_string();
        assert_eq!(error, format!("`max_time` is {bad}: {rule}"));
    }
    assert_eq!(bits(&model), bits(&fresh()));
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 10,
    on(epoch_end = |_, state| if state.epoch == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }),
)]
fn until_a_hook_says_so(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[test]
fn a_hook_ends_the_run() {
    let history = until_a_hook_says_so(&mut fresh(), &DataLoader::new(blobs(29, 1), 6)).unwrap();
    assert_eq!(history.stop_reason(), StopReason::Hook);
    assert_eq!(history.len(), 4);
}

#[training_loop(
    loss = |output: &Tensor, batch: &Batch| cross_entropy(output, &batch.target) * *factor,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    on(batch_end = |_, state| if state.epoch == 1 && state.batch == 2 { *factor = f32::NAN }),
)]
fn until_nan(model: &mut Mlp, train: &DataLoader, factor: &mut f32) -> Result<History>;

#[test]
fn a_loss_that_is_no_number_stops_before_it_is_learnt() {
    let mut model = fresh();
    let history = until_nan(&mut model, &DataLoader::new(blobs(29, 1), 6), &mut 1.0).unwrap();
    assert_eq!(history.stop_reason(), StopReason::NonFinite { epoch: 1, batch: 3 });
    assert!(bits(&model).into_iter().all(|x| f32::from_bits(x).is_finite()));
}
