//! Callbacks: the order of their calls, and the effects of their results.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use training_loop::prelude::*;

use crate::common::{Act, Recorder, bits, model, train, valid};

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = StepLr::new(5, 0.5),
    epochs = 2,
    accumulate = 4,
    clip_grad_norm = 1e6,
    validate(every = 1 epochs, first),
)]
fn accumulated(
    model: &mut Linear,
    train: &DataLoader<Tensor>,
    valid: &DataLoader<Tensor>,
    run: &RunOptions,
) -> Result<History>;

#[test]
fn callbacks_are_called_in_order() {
    let recorder = Recorder::new();
    let options = RunOptions::new().callback(Arc::clone(&recorder));
    let history = accumulated(&mut model(), &train(), &valid(), &options).unwrap();
    let recorder = recorder.lock().unwrap();
    assert_eq!(
        recorder.calls,
        [
            "begin 0 0",
            "epoch first",
            "step 1",
            "step 2",
            "epoch 0",
            "step 3",
            "step 4",
            "epoch 1",
            "end Completed"
        ]
    );
    let steps = &recorder.steps;
    assert_eq!(
        steps.iter().map(|step| (step.epoch, step.batch)).collect::<Vec<_>>(),
        [(0, 3), (0, 5), (1, 3), (1, 5)]
    );
    assert!(steps.iter().all(|step| step.learning_rate == 0.1 && step.grad_norm.is_some()));
    assert_eq!(steps[3].grad_norm, history.rows()[2].grad_norm);
    // The updates contain 16 and 6 of the 22 samples.
    let whole = (steps[0].loss * 16.0 + steps[1].loss * 6.0) / 22.0;
    assert!((whole - history.rows()[1].get("loss").unwrap()).abs() < 1e-9);
}

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 4,
    checkpoint(every = 1 epochs),
)]
fn saved(
    model: &mut Linear,
    train: &DataLoader<Tensor>,
    valid: &DataLoader<Tensor>,
    run: &RunOptions,
) -> Result<History>;

/// If a callback ends the run, fails or panics, the run can be resumed, and is then bitwise equal to an
/// uninterrupted one.
#[test]
fn a_run_that_a_callback_ended_can_be_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let mut whole = model();
    let options = RunOptions::new().dir(folder.path().join("whole"));
    saved(&mut whole, &train(), &valid(), &options).unwrap();
    let places = ["step 1", "step 8", "step 12", "step 24", "epoch 0", "epoch 2", "epoch 3"];
    for (number, at) in places.into_iter().enumerate() {
        for act in [Act::Break, Act::Fail, Act::Panic] {
            let dir = folder.path().join(format!("{number}-{act:?}"));
            let options = RunOptions::new().dir(&dir).resume_auto();
            let recorder = Recorder::acting(at, act);
            let acting = options.clone().callback(Arc::clone(&recorder));
            let mut first = model();
            let ended = catch_unwind(AssertUnwindSafe(|| saved(&mut first, &train(), &valid(), &acting)));
            match (act, ended) {
                (Act::Break, Ok(Ok(history))) => assert_eq!(history.stop_reason(), StopReason::Hook),
                (Act::Fail, Ok(Err(error))) => assert_eq!(error.to_string(), "the callback failed"),
                (Act::Panic, Err(_)) => {}
                (_, ended) => panic!("{at} {act:?}: {ended:?}"),
            }
            let calls = recorder.lock().unwrap_or_else(std::sync::PoisonError::into_inner).calls.clone();
            let is_told = calls.last().is_some_and(|call| call == "end Hook");
            assert_eq!(is_told, act == Act::Break, "{calls:?}");
            let mut second = model();
            let history = saved(&mut second, &train(), &valid(), &options).unwrap();
            assert_eq!(history.len(), 4, "{at} {act:?}");
            assert_eq!(bits(&second), bits(&whole), "{at} {act:?}");
        }
    }
}

#[test]
fn an_error_at_the_end_loses_no_history() {
    let recorder = Recorder::acting("end Completed", Act::Fail);
    let options = RunOptions::new().callback(Arc::clone(&recorder));
    let history = accumulated(&mut model(), &train(), &valid(), &options).unwrap();
    assert_eq!(history.stop_reason(), StopReason::Completed);
    let refused = RunOptions::new().callback(Recorder::acting("begin 0 0", Act::Fail));
    let error = accumulated(&mut model(), &train(), &valid(), &refused).unwrap_err();
    assert_eq!(error.to_string(), "the callback failed");
}

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), rate),
    epochs = 50,
    early_stop(patience = 2),
)]
fn stopped(
    model: &mut Linear,
    train: &DataLoader<Tensor>,
    valid: &DataLoader<Tensor>,
    rate: f32,
    run: &RunOptions,
) -> Result<History>;

#[test]
fn every_way_out_with_a_history_is_told() {
    // The loss does not improve at a rate of 0. At a huge rate, NaN or infinity occurs.
    for (rate, reason) in [(0.0, "end EarlyStop"), (1e30, "end NonFinite")] {
        let recorder = Recorder::new();
        let options = RunOptions::new().callback(Arc::clone(&recorder));
        let history = stopped(&mut model(), &train(), &valid(), rate, &options).unwrap();
        let calls = &recorder.lock().unwrap().calls;
        let epochs = calls.iter().filter(|call| call.starts_with("epoch")).count();
        assert_eq!(epochs, history.len());
        assert!(calls.last().unwrap().starts_with(reason), "{calls:?}");
        assert!(calls[calls.len() - 2].starts_with("epoch"), "{calls:?}");
    }
}

#[test]
fn copies_of_the_options_share_a_callback() {
    let recorder = Recorder::new();
    let options = RunOptions::new().callback(Arc::clone(&recorder));
    let copy = options.clone();
    for options in [&options, &copy] {
        accumulated(&mut model(), &train(), &valid(), options).unwrap();
    }
    assert_eq!(recorder.lock().unwrap().calls.iter().filter(|call| *call == "begin 0 0").count(), 2);
    // A panic disables the callback for its own run only.
    let recorder = Recorder::acting("epoch first", Act::Panic);
    let options = RunOptions::new().callback(Arc::clone(&recorder));
    let fit = || accumulated(&mut model(), &train(), &valid(), &options);
    assert!(catch_unwind(AssertUnwindSafe(fit)).is_err());
    recorder.lock().unwrap_or_else(std::sync::PoisonError::into_inner).act = None;
    assert_eq!(fit().unwrap().len(), 3);
}
