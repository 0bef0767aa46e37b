//! Checks the order of the steps of a running loop, for cases that the static checker cannot see.
//!
//! Debug builds follow the checker's state machine for the gradient of each parameter, and report the
//! checker's lints on standard error, once per source location. `TRAINING_LOOP_WATCH=warn` enables these
//! checks in release builds too, `panic` stops at the first finding, and `off` disables the checks.

use std::collections::BTreeSet;
use std::fmt;
use std::panic::Location;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::Parameter;
use crate::gradient_stage::{GradientStage as Stage, Place};
use crate::stderr::write_line;

/// The environment variable that selects the mode: `warn`, `panic` or `off`.
const VARIABLE: &str = "TRAINING_LOOP_WATCH";

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Off,
    Warn,
    Panic,
}

fn mode() -> Mode {
    static MODE: OnceLock<Mode> = OnceLock::new();
    *MODE.get_or_init(|| match std::env::var(VARIABLE).as_deref() {
        Ok("off") => Mode::Off,
        Ok("panic") => Mode::Panic,
        Ok(_) => Mode::Warn,
        Err(_) if cfg!(any(debug_assertions, test)) => Mode::Warn,
        Err(_) => Mode::Off,
    })
}

/// A fault in the order of the steps of a running loop.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    lint: &'static str,
    place: Place,
    message: String,
    help: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lint, place, message, help } = self;
        write!(f, "{message}\n  --> {place}\n   = help: {help}\n   = note: `{lint}`; ")?;
        write!(f, "`{VARIABLE}=off` silences this, `panic` stops here")
    }
}

/// Called before an optimizer's `step`. Checks that the gradients are ready for the step, and
/// reports a finding if they are not.
#[track_caller]
pub(crate) fn before_step(parameters: &[Parameter]) {
    if mode() != Mode::Off
        && let Some(finding) = check_step(parameters, Location::caller())
    {
        report(&finding);
    }
}

/// Called before `clip_grad_norm` or `clip_grad_value`. Checks that the gradients are ready for
/// clipping, and reports a finding if they are not.
#[track_caller]
pub(crate) fn before_clip(parameters: &[Parameter]) {
    if mode() != Mode::Off
        && let Some(finding) = check_clip(parameters, Location::caller())
    {
        report(&finding);
    }
}

/// The stages that occur among the gradients of an optimizer's parameters.
#[derive(Default)]
struct Gradients {
    filled: bool,
    used: bool,
    stale: Option<Place>,
    discarded: Option<Place>,
}

impl Gradients {
    /// The stages of the gradients of all parameters that are not frozen; `None` if all are frozen.
    /// The gradient of a parameter that the loss does not depend on stays empty, which is correct.
    fn of(parameters: &[Parameter]) -> Option<Self> {
        let mut trained = parameters.iter().filter(|parameter| parameter.requires_grad()).peekable();
        trained.peek()?;
        let mut gradients = Self::default();
        for parameter in trained {
            match parameter.lock().stage {
                Stage::Empty => {}
                Stage::Filled => gradients.filled = true,
                Stage::Used => gradients.used = true,
                Stage::Stale(place) => gradients.stale = gradients.stale.or(Some(place)),
                Stage::Discarded(place) => gradients.discarded = gradients.discarded.or(Some(place)),
            }
        }
        Some(gradients)
    }
}

fn check_step(parameters: &[Parameter], place: Place) -> Option<Finding> {
    let gradients = Gradients::of(parameters)?;
    let (lint, message, help) = if let Some(backward) = gradients.stale {
        (
            "missing_zero_grad",
            format!(
                "`backward` on line {} added to gradients that an earlier `step` had already used",
                line(backward)
            ),
            "call `zero_grad` once per update, before `backward` or after `step`",
        )
    } else if gradients.filled {
        return None;
    } else if let Some(zero) = gradients.discarded {
        (
            "gradients_discarded",
            format!("`zero_grad` on line {} discarded the gradients that this `step` should use", line(zero)),
            "call `zero_grad` before `backward` or after `step`, not between them",
        )
    } else if gradients.used {
        (
            "step_repeated",
            "`step` uses gradients that a `step` has already used".to_owned(),
            "call `step` once for each `backward` or group of them",
        )
    } else {
        (
            "step_before_backward",
            "`step` before any `backward`: there are no gradients yet".to_owned(),
            "call `backward` on the loss before `step`; if it ran, the loss does not depend on these parameters",
        )
    };
    Some(Finding { lint, place, message, help })
}

fn check_clip(parameters: &[Parameter], place: Place) -> Option<Finding> {
    let gradients = Gradients::of(parameters)?;
    if gradients.filled || gradients.stale.is_some() {
        return None;
    }
    let help = "clip between `backward` and `step`";
    let (lint, message) = if gradients.used {
        ("clip_after_step", "clips gradients that a `step` has already used")
    } else {
        ("clip_before_backward", "clips before `backward`: there are no gradients yet")
    };
    Some(Finding { lint, place, message: message.to_owned(), help })
}

fn line(place: Place) -> String {
    format!("{} of {}", place.line(), place.file())
}

#[track_caller]
fn report(finding: &Finding) {
    static SEEN: Mutex<BTreeSet<(&str, &str, u32, u32)>> = Mutex::new(BTreeSet::new());
    #[cfg(test)]
    {
        tests::FOUND.with_borrow_mut(|found| found.push(finding.lint));
        tests::LAST.replace(Some(finding.place));
    }
    assert!(mode() != Mode::Panic, "{finding}");
    let &Finding { lint, place, .. } = finding;
    let key = (lint, place.file(), place.line(), place.column());
    if SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(key) {
        write_line(&format!("warning: {finding}"));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::{Optimizer, Sgd, Tensor};

    thread_local! {
        /// The location of this thread's last finding.
        pub(super) static LAST: RefCell<Option<Place>> = const { RefCell::new(None) };
        /// The lints of all findings of this thread, including findings that were reported before.
        pub(super) static FOUND: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
    }

    struct Loop {
        weight: Parameter,
        optimizer: Sgd,
    }

    impl Loop {
        fn new() -> Self {
            let weight = Parameter::new(ndarray::arr1(&[1.0, 2.0]));
            let unused = Parameter::new(ndarray::arr1(&[1.0]));
            Self { optimizer: Sgd::new(vec![weight.clone(), unused], 0.1), weight }
        }

        fn run(&mut self, order: &str) {
            for stage in order.split_whitespace() {
                match stage {
                    "backward" => (self.weight.tensor() * 2.0).sum().backward(),
                    "step" => self.optimizer.step(),
                    "zero" => self.optimizer.zero_grad(),
                    "clip" => drop(self.optimizer.clip_grad_norm(1.0)),
                    "clamp" => self.optimizer.clip_grad_value(1.0),
                    other => panic!("{other}"),
                }
            }
        }
    }

    /// The lints that the watch finds in an order of stages.
    fn lints(order: &str) -> Vec<&'static str> {
        FOUND.take();
        Loop::new().run(order);
        FOUND.take()
    }

    #[test]
    fn wrong_orders_get_the_checkers_lints() {
        assert_eq!(lints("step"), ["step_before_backward"]);
        assert_eq!(lints("zero step backward"), ["step_before_backward"]);
        assert_eq!(lints("backward step backward step"), ["missing_zero_grad"]);
        assert_eq!(lints("backward step backward backward step zero"), ["missing_zero_grad"]);
        assert_eq!(lints("backward zero step"), ["gradients_discarded"]);
        assert_eq!(lints("backward zero zero step"), ["gradients_discarded"]);
        assert_eq!(lints("backward step step"), ["step_repeated"]);
        assert_eq!(lints("zero clip backward step"), ["clip_before_backward"]);
        assert_eq!(lints("backward zero clamp"), ["clip_before_backward"]);
        assert_eq!(lints("backward step clip"), ["clip_after_step"]);
        assert_eq!(lints("backward step clamp zero"), ["clip_after_step"]);
        assert_eq!(lints("step backward step backward step"), ["step_before_backward", "missing_zero_grad"]);
    }

    #[test]
    fn right_orders_are_silent() {
        for order in [
            "zero backward step zero backward step",
            "backward step zero backward step zero",
            "backward zero backward step",
            "zero backward backward backward clip step zero backward step",
            "backward step zero zero backward clamp clip step",
            "backward backward",
            "backward step backward zero backward step",
            "zero zero backward step zero",
        ] {
            assert_eq!(lints(order), [""; 0], "{order}");
        }
    }

    #[test]
    fn what_is_frozen_is_left_out() {
        FOUND.take();
        let mut all = Loop::new();
        all.run("backward step");
        for parameter in all.optimizer.parameters() {
            parameter.set_requires_grad(false);
        }
        all.run("clip step step zero step");
        all.weight.set_requires_grad(true);
        all.run("backward step");
        assert_eq!(FOUND.take(), [""; 0]);
        all.run("step");
        assert_eq!(FOUND.take(), ["step_repeated"]);
    }

    #[test]
    fn two_networks_in_turn_are_silent() {
        FOUND.take();
        let (mut generator, mut discriminator) = (Loop::new(), Loop::new());
        for _ in 0..3 {
            discriminator.run("zero backward step");
            generator.run("zero");
            // The generator's loss also fills the discriminator's gradients, which are zeroed before use.
            (generator.weight.tensor() * discriminator.weight.tensor()).sum().backward();
            generator.run("step");
        }
        assert_eq!(FOUND.take(), [""; 0]);
    }

    #[test]
    fn a_parameter_of_two_optimizers_may_step_in_both() {
        FOUND.take();
        let shared = Parameter::new(ndarray::arr1(&[1.0]));
        let own = Parameter::new(ndarray::arr1(&[1.0]));
        let mut first = Sgd::new(vec![shared.clone()], 0.1);
        let mut second = Sgd::new(vec![shared.clone(), own.clone()], 0.1);
        (shared.tensor() * own.tensor()).sum().backward();
        first.step();
        second.step();
        assert_eq!(FOUND.take(), [""; 0]);
    }

    #[test]
    fn a_finding_stands_at_the_callers_line() {
        let Loop { weight, mut optimizer } = Loop::new();
        let twice = || (weight.tensor() * Tensor::from(2.0)).sum();
        twice().backward();
        optimizer.step();
        let backward = line!() + 1;
        twice().backward();
        let finding = check_step(optimizer.parameters(), Location::caller()).unwrap();
        assert_eq!(finding.lint, "missing_zero_grad");
        assert!(finding.message.contains(&format!("`backward` on line {backward} of ")), "{finding}");
        let text = finding.to_string();
        assert!(
            text.contains("\n  --> ")
                && text.contains("watch.rs:")
                && text.contains("= help: call `zero_grad`")
        );
    }

    #[test]
    fn each_optimizer_tells_the_callers_line() {
        use crate::{Adam, AdamW};

        let weight = Parameter::new(ndarray::arr1(&[1.0]));
        let optimizers: [Box<dyn Optimizer>; 3] = [
            Box::new(Sgd::new(vec![weight.clone()], 0.1)),
            Box::new(Adam::new(vec![weight.clone()], 0.1)),
            Box::new(AdamW::new(vec![weight.clone()], 0.1)),
        ];
        for mut optimizer in optimizers {
            LAST.take();
            weight.zero_grad();
            (weight.tensor() * 2.0).sum().backward();
            Optimizer::step(&mut optimizer);
            optimizer.step();
            let place = LAST.take().expect("the second step uses what the first has used");
            assert_eq!((place.file(), place.line()), (file!(), line!() - 2));
        }
    }
}
