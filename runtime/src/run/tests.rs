//! What a run keeps and says.

use std::ops::ControlFlow;

use super::*;
use crate::Error;

fn run(epochs: usize, max_steps: Option<usize>) -> Run {
    Run::with_progress(Some(epochs), max_steps, Progress::off())
}

fn epoch(run: &mut Run, number: usize, losses: &[(Scalar, usize)]) {
    run.begin_epoch(number, losses.len());
    for &(loss, samples) in losses {
        assert!(!run.diverged(&Tensor::from(loss), samples));
        run.end_step(0.5, Some(2.0));
    }
}

#[test]
fn the_epoch_loss_weighs_each_batch_by_its_samples() {
    let mut run = run(1, None);
    epoch(&mut run, 0, &[(1.0, 4), (2.0, 4), (6.0, 2)]);
    run.begin_validation();
    run.add_valid_loss(&Tensor::from(3.0), 1);
    run.add_valid_loss(&Tensor::from(1.0), 3);
    run.end_validation();
    run.end_epoch();
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
        run.end_epoch();
        epoch(&mut run, 1, &[(1.0, 4)]);
        assert!(!run.is_over());
        assert!(run.diverged(&Tensor::from(bad), 4));
        assert!(run.is_over() && run.is_last());
        run.end_epoch();
        let history = run.finish();
        assert_eq!(history.stop_reason(), StopReason::NonFinite { epoch: 1, batch: 1 });
        assert!(!history.rows()[1].get("loss").unwrap().is_finite());
        assert_eq!(history.best_epoch(), Some(0));
    }
    let mut epoch = Epoch::new(1, 9, None);
    epoch.learning_rate = Some(0.5);
    epoch.grad_norm = Some(7.0);
    epoch.batch = 3;
    let text = epoch.diverged();
    assert!(text.contains("NaN at batch 3 of epoch 2"), "{text}");
    assert!(text.contains("learning rate 0.5 and gradient norm 7.0000"), "{text}");
}

#[test]
fn an_epoch_before_the_first_validation_is_not_the_best() {
    let mut run = run(2, None).validated();
    epoch(&mut run, 0, &[(1.0, 4)]);
    assert!(!run.state().is_best());
    run.end_epoch();
    epoch(&mut run, 1, &[(2.0, 4)]);
    run.begin_validation();
    run.add_valid_loss(&Tensor::from(3.0), 1);
    run.end_validation();
    assert!(run.state().is_best());
    run.end_epoch();
    assert_eq!(run.finish().best_epoch(), Some(1));
}

#[test]
fn max_steps_counts_updates() {
    let mut run = run(5, Some(3));
    epoch(&mut run, 0, &[(1.0, 1), (1.0, 1)]);
    assert!(!run.is_over() && !run.is_last());
    run.end_epoch();
    epoch(&mut run, 1, &[(1.0, 1)]);
    assert!(run.is_over());
    run.end_epoch();
    assert_eq!(run.finish().stop_reason(), StopReason::MaxSteps);
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
        run.add_valid_loss(&Tensor::from(loss), 1);
        run.end_validation();
        let state = run.state();
        assert_eq!((state.epoch, state.batch, state.step), (number, 0, number + 1));
        assert_eq!(state.row.get("valid_loss").map(f64::to_bits), Some(f64::from(loss).to_bits()));
        best.push(state.is_best());
        assert_eq!(run.is_last(), number == 3);
        run.end_epoch();
    }
    assert_eq!(best, [true, false, true, false]);
    assert_eq!(run.finish().best_epoch(), Some(2));
}

#[test]
fn a_second_validation_in_an_epoch_replaces_the_first() {
    let mut run = run(1, None);
    let validate = |run: &mut Run, loss: Scalar| {
        run.begin_validation();
        run.add_valid_loss(&Tensor::from(loss), 1);
        run.end_validation();
        run.state().is_best()
    };
    run.begin_first();
    assert!(validate(&mut run, 5.0));
    run.end_epoch();
    epoch(&mut run, 0, &[(1.0, 1)]);
    assert!(validate(&mut run, 1.0));
    assert!(!validate(&mut run, 2.0));
    run.end_epoch();
    let history = run.finish();
    assert_eq!(history.get("valid_loss"), [Some(5.0), Some(2.0)]);
    assert_eq!(history.get("loss"), [None, Some(1.0)]);
    assert!(history.rows()[0].before_training && !history.rows()[1].before_training);
}
