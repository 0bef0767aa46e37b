//! Whether a workload learns as the other libraries do.

use std::ops::RangeInclusive;

use training_loop::Scalar;

/// Where the losses of a workload may be.
///
/// The bounds are those of the other libraries' draws, and as much again on either side.
struct Expected {
    workload: &'static str,
    /// The loss of the first step.
    first: RangeInclusive<Scalar>,
    /// The mean loss of steps 46 to 50.
    after: RangeInclusive<Scalar>,
}

const EXPECTED: [Expected; 6] = [
    Expected { workload: "w1", first: 0.0..=12.0, after: 0.0..=6.0 },
    Expected { workload: "w2", first: 2.25..=2.36, after: 0.0..=0.02 },
    Expected { workload: "w3", first: 2.25..=2.36, after: 1.95..=2.05 },
    Expected { workload: "w4", first: 2.25..=2.36, after: 0.8..=2.1 },
    Expected { workload: "w5", first: 4.2..=4.5, after: 1.45..=1.95 },
    Expected { workload: "w6", first: 4.1..=4.3, after: 1.4..=1.6 },
];

/// Compares the first loss, and the mean of those of steps 46 to 50, with what others reach.
///
/// # Errors
/// When one of them is out of its bounds.
pub(crate) fn check(workload: &str, first: Scalar, after: Scalar) -> Result<(), String> {
    let expected = EXPECTED.iter().find(|expected| expected.workload == workload);
    let expected = expected.expect("every workload has its bounds");
    for (what, loss, bounds) in
        [("of the first step", first, &expected.first), ("after fifty steps", after, &expected.after)]
    {
        if !bounds.contains(&loss) {
            return Err(format!("the loss {what} is {loss}, and must be in {bounds:?}"));
        }
    }
    Ok(())
}
