//! Unit tests of the run state and its reports.

use std::ops::ControlFlow;

use super::*;
use crate::nn::{Linear, Module as _};
use crate::{Error, Parameter, Sgd};

fn run(epochs: usize, max_steps: Option<usize>) -> Run {
    Run::with_progress(Some(epochs), max_steps, Progress::off())
}

/// A mean loss over this number of samples.
fn mean(loss: Scalar, samples: usize) -> Tensor {
    Tensor::from(loss).with_reduction(crate::reduction::Reduction::Mean(samples as f64))
}

/// Adds a batch, and returns whether the batch ends the run.
fn diverged(run: &mut Run, loss: Scalar, samples: usize) -> bool {
    run.add_batch(&mean(loss, samples), samples).unwrap();
    run.diverged(&Linear::new(1, 1))
}

fn epoch(run: &mut Run, number: usize, losses: &[(Scalar, usize)]) {
    run.begin_epoch(number, losses.len());
    for &(loss, samples) in losses {
        assert!(!diverged(run, loss, samples));
        run.end_step(0.5, Some(2.0));
    }
}

#[test]
fn the_epoch_loss_weighs_each_batch_by_its_samples() {
    let mut run = run(1, None);
    epoch(&mut run, 0, &[(1.0, 4), (2.0, 4), (6.0, 2)]);
    run.begin_validation();
    run.add_valid_loss(&mean(3.0, 1), 1);
    run.add_valid_loss(&mean(1.0, 3), 3);
    run.end_validation();
    run.end_epoch().unwrap();
    let history = run.finish();
    assert_eq!(history.get("loss"), [Some(2.4)]);
    assert_eq!(history.get("valid_loss"), [Some(1.5)]);
    assert_eq!(history.rows()[0].grad_norm, Some(2.0));
    assert_eq!(history.rows()[0].learning_rate, Some(0.5));
    assert_eq!(history.stop_reason(), StopReason::Completed);
}

#[test]
fn a_loss_that_is_not_finite_ends_the_run_and_stays_in_the_log() {
    for bad in [Scalar::NAN, Scalar::INFINITY] {
        let mut run = run(2, None);
        epoch(&mut run, 0, &[(1.0, 4)]);
        run.end_epoch().unwrap();
        epoch(&mut run, 1, &[(1.0, 4)]);
        assert!(!run.is_over());
        assert!(diverged(&mut run, bad, 4));
        assert!(run.is_over() && run.is_last());
        run.end_epoch().unwrap();
        let history = run.finish();
        assert_eq!(history.stop_reason(), StopReason::NonFinite { epoch: 1, batch: 1 });
        assert!(!history.rows()[1].get("loss").unwrap().is_finite());
        assert_eq!(history.best_epoch(), Some(0));
    }
    let mut epoch = Epoch::new(1, 9, None);
    epoch.learning_rate = Some(0.5);
    epoch.grad_norm = Some(7.0);
    epoch.batch = 3;
    let text = diverged::by_loss(&epoch, None, &Linear::new(1, 1));
    assert!(text.contains("NaN at batch 3 of epoch 2"), "{text}");
    assert!(text.contains("learning rate 0.5 and gradient norm 7.0000"), "{text}");
    assert!(text.contains("all its values are finite"), "{text}");
}

#[test]
fn an_epoch_before_the_first_validation_is_not_the_best() {
    let mut run = run(2, None).validated(true);
    epoch(&mut run, 0, &[(1.0, 4)]);
    assert!(!run.state().is_best());
    run.end_epoch().unwrap();
    epoch(&mut run, 1, &[(2.0, 4)]);
    run.begin_validation();
    run.add_valid_loss(&mean(3.0, 1), 1);
    run.end_validation();
    assert!(run.state().is_best());
    run.end_epoch().unwrap();
    assert_eq!(run.finish().best_epoch(), Some(1));
}

#[test]
fn max_steps_counts_updates() {
    let mut run = run(5, Some(3));
    epoch(&mut run, 0, &[(1.0, 1), (1.0, 1)]);
    assert!(!run.is_over() && !run.is_last());
    run.end_epoch().unwrap();
    epoch(&mut run, 1, &[(1.0, 1)]);
    assert!(run.is_over());
    run.end_epoch().unwrap();
    assert_eq!(run.finish().stop_reason(), StopReason::MaxSteps);
}

#[test]
fn a_run_ends_with_the_update_after_which_its_time_is_over() {
    let mut run = run(5, Some(7)).max_time(Duration::from_secs(3600));
    epoch(&mut run, 0, &[(1.0, 1), (1.0, 1)]);
    run.end_epoch().unwrap();
    assert!(!run.is_over());
    run.max_time = Some(TimeLimit::new(Duration::ZERO));
    run.begin_epoch(1, 2);
    run.add_batch(&mean(1.0, 1), 1).unwrap();
    assert!(!run.is_over(), "a batch that makes no update ends nothing");
    run.end_step(0.1, None);
    assert!(run.is_over() && run.is_last() && run.is_due(100), "the last validation comes");
    run.end_epoch().unwrap();
    let history = run.finish();
    assert_eq!((history.stop_reason(), history.len()), (StopReason::MaxTime, 2));
    assert!(history.to_string().ends_with("`max_time` is reached"));
}

#[test]
fn time_that_a_validation_took_counts() {
    for (validates, validated, over) in [(true, true, true), (true, false, false), (false, false, true)] {
        let mut run = run(2, None).validated(validates);
        epoch(&mut run, 0, &[(1.0, 1)]);
        if validated {
            run.begin_validation();
            run.end_validation();
        }
        let mut run = run.max_time(Duration::ZERO);
        run.end_epoch().unwrap();
        assert_eq!(run.is_over(), over, "an update that is not validated yet is not the last");
    }
}

#[test]
fn time_ends_no_run_before_its_first_update_nor_after_its_last() {
    let mut run = run(1, None).max_time(Duration::ZERO);
    run.begin_first();
    run.end_epoch().unwrap();
    assert!(!run.is_over());
    epoch(&mut run, 0, &[(1.0, 1)]);
    run.end_epoch().unwrap();
    assert_eq!(run.finish().stop_reason(), StopReason::Completed);
}

#[test]
fn hooks_go_on_stop_and_fail() {
    let mut run = run(1, None);
    run.hook(()).unwrap();
    run.hook(Ok::<(), Error>(())).unwrap();
    run.hook(ControlFlow::<()>::Continue(())).unwrap();
    assert!(!run.is_over());
    assert!(run.hook(Err::<(), _>(Error::other("disk full"))).is_err());
    run.hook(Ok::<_, Error>(ControlFlow::Break(()))).unwrap();
    assert!(run.is_over());
    assert_eq!(run.finish().stop_reason(), StopReason::Hook);
}

#[test]
fn a_hook_knows_whether_this_validation_is_the_best_so_far() {
    let mut run = run(4, None);
    let mut best = Vec::new();
    for (number, loss) in [3.0, Scalar::NAN, 2.0, 2.0].into_iter().enumerate() {
        epoch(&mut run, number, &[(1.0, 1)]);
        assert!(number == 0 || !run.state().is_best());
        run.begin_validation();
        run.add_valid_loss(&mean(loss, 1), 1);
        run.end_validation();
        let state = run.state();
        assert_eq!((state.epoch, state.batch, state.step), (number, 0, number + 1));
        assert_eq!(state.row.get("valid_loss").map(f64::to_bits), Some(f64::from(loss).to_bits()));
        best.push(state.is_best());
        assert_eq!(run.is_last(), number == 3);
        run.end_epoch().unwrap();
    }
    assert_eq!(best, [true, false, true, false]);
    assert_eq!(run.finish().best_epoch(), Some(2));
}

#[test]
fn a_second_validation_in_an_epoch_replaces_the_first() {
    let mut run = run(1, None);
    let validate = |run: &mut Run, loss: Scalar| {
        run.begin_validation();
        run.add_valid_loss(&mean(loss, 1), 1);
        run.end_validation();
        run.state().is_best()
    };
    run.begin_first();
    assert!(validate(&mut run, 5.0));
    run.end_epoch().unwrap();
    epoch(&mut run, 0, &[(1.0, 1)]);
    assert!(validate(&mut run, 1.0));
    assert!(!validate(&mut run, 2.0));
    run.end_epoch().unwrap();
    let history = run.finish();
    assert_eq!(history.get("valid_loss"), [Some(5.0), Some(2.0)]);
    assert_eq!(history.get("loss"), [None, Some(1.0)]);
    assert!(history.rows()[0].before_training && !history.rows()[1].before_training);
}

#[test]
fn nan_is_never_the_best() {
    let mut run = run(3, None);
    let mut best = Vec::new();
    for (number, loss) in [Scalar::NAN, 2.0, Scalar::NAN].into_iter().enumerate() {
        epoch(&mut run, number, &[(1.0, 1)]);
        run.begin_validation();
        run.add_valid_loss(&mean(loss, 1), 1);
        run.end_validation();
        best.push(run.state().is_best());
        run.end_epoch().unwrap();
    }
    assert_eq!(best, [false, true, false]);
    assert_eq!(run.finish().best_epoch(), Some(1));
}

#[test]
fn a_batch_without_weight_ends_nothing_and_counts_nothing() {
    let mut run = run(1, None);
    run.begin_epoch(0, 2);
    let ignored = mean(Scalar::NAN, 0);
    run.add_batch(&ignored, 4).unwrap();
    assert!(!run.diverged(&Linear::new(1, 1)) && run.batch_weight() == 0.0);
    run.add_batch(&mean(3.0, 2), 4).unwrap();
    assert_eq!(run.batch_weight(), 1.0);
    run.end_step(0.1, None);
    run.end_epoch().unwrap();
    assert_eq!(run.finish().get("loss"), [Some(3.0)]);
}

#[test]
fn an_epoch_without_an_update_is_an_error() {
    let mut run = run(2, Some(7));
    epoch(&mut run, 0, &[(1.0, 1)]);
    run.end_epoch().unwrap();
    run.begin_epoch(1, 1);
    run.add_batch(&mean(1.0, 1), 1).unwrap();
    let error = run.end_epoch().unwrap_err().to_string();
    assert!(error.contains("epoch 2 made no update") && error.contains("name `step`"), "{error}");
}

#[test]
fn validation_is_due_once_for_each_update() {
    let mut run = run(2, None);
    run.begin_epoch(0, 4);
    assert!(!run.is_due(1), "nothing was updated yet");
    for expected in [false, true, false] {
        run.add_batch(&mean(1.0, 1), 1).unwrap();
        run.end_step(0.1, None);
        assert_eq!(run.is_due(2), expected);
    }
    run.end_step(0.1, None);
    assert!(run.is_due(2));
    run.begin_validation();
    assert!(!run.is_due(2), "a batch without weight follows");
}

#[test]
fn a_window_of_losses_that_do_not_tell_is_refused() {
    let mut run = run(1, None);
    run.begin_epoch(0, 1);
    run.add_batch(&Tensor::from(1.0), 4).unwrap();
    run.begin_window(8);
    let error = run.add_batch(&Tensor::from(1.0), 4).unwrap_err().to_string();
    assert!(error.contains("`loss_weight` is missing") && error.contains("|batch|"), "{error}");
    assert!(
        run.add_batch(&(Tensor::ones(&[3]).sum() * 0.5), 4)
            .unwrap_err()
            .to_string()
            .contains("before `.sum()`")
    );
    run.add_weighted_batch(&Tensor::from(1.0), 2.0).unwrap();
    assert!(run.add_weighted_batch(&Tensor::from(1.0), -1.0).is_err());
}

#[test]
fn a_bad_gradient_is_named_before_it_does_harm() {
    let layer = Linear::new(2, 1);
    (layer.bias.as_ref().unwrap().tensor() * Scalar::INFINITY).sum().backward();
    let optimizer = Sgd::new(layer.parameters(), 0.25);
    let mut run = run(1, None);
    run.begin_epoch(0, 1);
    run.add_batch(&mean(1.0, 1), 1).unwrap();
    assert!(!run.exploded(&layer, &optimizer, Some(3.0)));
    assert!(run.exploded(&layer, &optimizer, None));
    let history = run.finish();
    assert_eq!(history.stop_reason(), StopReason::NonFinite { epoch: 0, batch: 0 });
    let text = history.explanation().unwrap();
    for part in
        ["gradient of `bias` is inf", "batch 1 of epoch 1", "learning rate 0.25", "all its values are finite"]
    {
        assert!(text.contains(part), "{text}");
    }
    layer.weight.set(ndarray::arr2(&[[Scalar::NAN, 1.0]]));
    let text = diverged::by_loss(&Epoch::new(0, 1, None), Some("critic"), &layer);
    assert!(text.contains("but its `weight` holds NaN already"), "{text}");
    assert!(text.contains("the loss of phase `critic` is NaN"), "{text}");
    let other = Sgd::new(vec![Parameter::new(ndarray::arr1(&[1.0]))], 0.1);
    assert!(
        diverged::by_gradient(&Epoch::new(0, 1, None), 0, &layer, &other)
            .contains("parameter 0 of the optimizer")
    );
}

#[test]
#[should_panic(expected = "the loss has the shape [2], but must be a single number")]
fn a_loss_that_was_not_reduced_is_refused() {
    let _ = run(1, None).add_batch(&Tensor::ones(&[2]), 2);
}

#[test]
fn two_measurements_of_one_name_are_two_columns() {
    let mut run = run(1, None);
    epoch(&mut run, 0, &[(1.0, 1)]);
    run.measure(&crate::metric::accuracy());
    run.measure(&crate::metric::accuracy());
    run.end_epoch().unwrap();
    assert_eq!(run.finish().names(), ["loss", "accuracy", "accuracy_2"]);
}

#[test]
fn an_anomaly_before_a_finite_update_explains_no_later_failure() {
    let _anomaly = crate::detect_anomaly();
    let weight = Parameter::new(ndarray::arr1(&[0.0, 1.0]));
    let mut run = run(1, None);
    run.begin_epoch(0, 2);
    // `select` masks the infinite derivative of the root at 0.
    let masked = crate::select(&crate::Tensor::from([0.0, 1.0]), &weight.tensor().sqrt(), &weight.tensor());
    masked.sum().backward();
    run.end_step(0.5, None);
    assert!(diverged(&mut run, Scalar::NAN, 1));
    assert!(!run.finish().explanation().unwrap().contains("sqrt"));
}

#[test]
fn a_phase_with_too_long_an_interval_is_reported() {
    let mut run = run(3, None);
    run.begin_epoch(0, 4);
    run.begin_batch();
    assert_eq!(run.idle_phase(12), None);
    let warning = run.idle_phase(13).unwrap();
    assert!(
        warning.contains("`every = 13`") && warning.contains("12 batches (4 in each of 3 epochs)"),
        "{warning}"
    );
    assert!(!run.is_phase_due(13) && run.is_phase_due(1));
    let mut endless = Run::with_progress(None, Some(5), Progress::off());
    endless.begin_epoch(0, 4);
    assert_eq!(endless.idle_phase(1000), None);
}
