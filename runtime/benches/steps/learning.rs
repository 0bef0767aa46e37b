//! Whether a workload trains like in other libraries.

use std::ops::RangeInclusive;

use training_loop::Scalar;

use crate::options::Options;
use crate::w1;

/// The ranges of a workload's losses: those of PyTorch over eight seeds, widened by as much on either side, which our
/// seeds and the other libraries' stay within (`docs/performance/losses.jsonl`).
struct Expected {
    workload: &'static str,
    /// The loss of the first step, of an untrained model.
    first: RangeInclusive<Scalar>,
    /// The mean loss of steps 46 to 50.
    after: RangeInclusive<Scalar>,
}

/// After fifty steps W4 is in its steepest descent, and PyTorch's seeds range from 0.93 to 2.15: its bounds exclude a
/// network that stays at ln 10 = 2.303, or one that sees the answers.
///
/// The losses of W8 are those of `benches/peers/torch_steps.py`.
const EXPECTED: [Expected; 6] = [
    Expected { workload: "w2", first: 2.25..=2.35, after: 0.003..=0.015 },
    Expected { workload: "w3", first: 2.29..=2.32, after: 1.974..=2.043 },
    Expected { workload: "w4", first: 2.27..=2.335, after: 0.3..=2.25 },
    Expected { workload: "w5", first: 4.18..=4.52, after: 1.384..=1.918 },
    Expected { workload: "w6", first: 4.167..=4.2, after: 1.45..=1.576 },
    Expected { workload: "w8", first: 2.0..=2.605, after: 2.072..=2.177 },
];

/// Compares the first loss, and the mean of those of steps 46 to 50, with the expected ranges.
///
/// # Errors
/// If one of them is out of range.
pub(crate) fn check(options: &Options, first: Scalar, after: Scalar) -> Result<(), String> {
    let expected = EXPECTED.iter().find(|expected| expected.workload == options.workload);
    let (expected_first, expected_after) = if let Some(expected) = expected {
        (expected.first.clone(), expected.after.clone())
    } else if options.workload != "w1" {
        // No ranges are recorded for W7 and W9 to W12.
        return Ok(());
    } else {
        // The start of the line is determined by two draws, and the losses that follow can be computed.
        let losses = w1::exact_losses(options.seed);
        (about(losses[0]), about(losses[45..].iter().sum::<f64>() / 5.0))
    };
    for (what, loss, bounds) in
        [("of the first step", first, expected_first), ("after fifty steps", after, expected_after)]
    {
        if !bounds.contains(&loss) {
            return Err(format!("the loss {what} is {loss}, and must be in {bounds:?}"));
        }
    }
    Ok(())
}

fn about(loss: f64) -> RangeInclusive<Scalar> {
    (loss * (1.0 - 1e-4)) as Scalar..=(loss * (1.0 + 1e-4)) as Scalar
}
