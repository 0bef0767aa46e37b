//! Losses: a number that says how far an output is from its target.

use crate::Labels;
use crate::gradcheck::Case;

/// Declares the losses; each must bring `CASES`.
macro_rules! losses {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*

        /// Every loss's gradient-check cases.
        #[cfg_attr(not(all(test, feature = "f64")), allow(dead_code))]
        pub(crate) static CASES: &[(&str, &[Case])] = &[$((stringify!($name), $name::CASES)),*];
    };
}

losses! {
    cross_entropy,
    mse,
}

pub use cross_entropy::{ClassTarget, CrossEntropy, cross_entropy};
pub use mse::mse_loss;

/// Output and target of a loss have one shape: broadcasting here hides mistakes.
#[track_caller]
fn same_shape(loss: &str, output: &[usize], target: &[usize]) {
    assert!(
        output == target,
        "{loss}: the output has the shape {output:?} and the target {target:?}; they must be equal, `reshape` \
         one of them"
    );
}

/// There is one label for each row, and each is a class of the output or the one left out.
#[track_caller]
pub(crate) fn check_labels(loss: &str, labels: &Labels, output: &[usize], ignore: Option<u32>) {
    let (rows, classes) = (output[0], output[1]);
    assert!(
        labels.len() == rows,
        "{loss}: there are {} labels, and the output {output:?} has {rows} rows",
        labels.len()
    );
    for (row, label) in labels.iter().enumerate() {
        assert!(
            (label as usize) < classes || ignore == Some(label),
            "{loss}: the label of row {row} is {label}, and the output {output:?} has {classes} classes, which \
             count from 0; correct the labels, or give the last layer {} outputs",
            u64::from(label) + 1
        );
    }
}
