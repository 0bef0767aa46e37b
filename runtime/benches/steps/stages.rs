//! Optional timing of the stages of a step.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The stages, in order of execution.
#[derive(Clone, Copy)]
pub(crate) enum Stage {
    Batch,
    Forward,
    Loss,
    ZeroGrad,
    Backward,
    Check,
    Step,
    Item,
    Drop,
}

pub(crate) const NAMES: [&str; 9] =
    ["batch", "forward", "loss", "zero_grad", "backward", "check", "step", "item", "drop"];

thread_local! {
    static IS_ON: Cell<bool> = const { Cell::new(false) };
    static SPENT: Cell<[Duration; NAMES.len()]> = const { Cell::new([Duration::ZERO; NAMES.len()]) };
}

/// Enables timing on this thread.
pub(crate) fn start() {
    IS_ON.set(true);
}

/// Runs a stage; its time is added to the result of [`take`] if [`start`] was called, and is not measured otherwise.
pub(crate) fn time<T>(stage: Stage, run: impl FnOnce() -> T) -> T {
    if !IS_ON.get() {
        return run();
    }
    let before = Instant::now();
    let result = run();
    let mut spent = SPENT.get();
    spent[stage as usize] += before.elapsed();
    SPENT.set(spent);
    result
}

/// The time spent in each stage since the last call.
pub(crate) fn take() -> [Duration; NAMES.len()] {
    SPENT.replace([Duration::ZERO; NAMES.len()])
}
