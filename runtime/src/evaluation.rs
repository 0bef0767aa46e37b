//! Evaluation as a scope.

use crate::nn::Module;
use crate::nn::mode::{Mode, modes};
use crate::random::Restored;
use crate::{NoGradGuard, no_grad_guard};

/// Evaluates a model until the guard is dropped: its layers are in evaluation mode and nothing is recorded.
///
/// Afterwards each layer is in the mode that it had, recording goes on, and random draws go on where they
/// were: whether a model was evaluated changes nothing in its training. This holds on every way out of the
/// scope: `?`, `break`, a panic.
///
/// The scope is that of the running thread, and scopes are counted: threads that answer requests with one model, each
/// in a scope of its own, do not disturb each other, nor a thread that trains it. A thread that is started
/// inside of a scope is outside of it, as it is outside of [`no_grad`](crate::no_grad): make a scope there
/// too, or call `model.eval()` once. `model.train()` inside of a scope takes effect after it.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// let model = Dropout::new(0.5);
/// {
///     let _evaluation = evaluation(&model);
///     assert!(!model.is_training());
///     assert_eq!(model.forward(&Tensor::ones(&[4])).sum().item(), 4.0);
/// }
/// assert!(model.is_training());
/// ```
#[must_use = "evaluation ends when the guard is dropped: `let _evaluation = evaluation(&model);`"]
pub fn evaluation<M: Module + ?Sized>(model: &M) -> Evaluation {
    let modes = modes(model);
    modes.iter().for_each(Mode::enter_evaluation);
    Evaluation { modes, _restored: Restored::here(), _no_grad: no_grad_guard() }
}

/// Keeps a model in evaluation; made by [`evaluation`].
#[derive(Debug)]
pub struct Evaluation {
    modes: Vec<Mode>,
    _restored: Restored,
    _no_grad: NoGradGuard,
}

impl Drop for Evaluation {
    fn drop(&mut self) {
        self.modes.iter().for_each(Mode::leave_evaluation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Dropout, Linear};
    use crate::{Parameter, Tensor};

    struct Net(Linear, Dropout);

    impl Module for Net {
        fn visit(&self, visitor: &mut dyn crate::nn::Visitor) {
            self.0.visit(visitor);
            self.1.visit(visitor);
        }
    }

    #[test]
    fn every_layer_gets_its_own_mode_back() {
        let net = Net(Linear::new(1, 1), Dropout::new(0.5));
        net.1.eval();
        {
            let _evaluation = evaluation(&net);
            assert!(!net.is_training());
        }
        assert!(net.0.is_training() && !net.1.is_training());
    }

    #[test]
    fn a_panic_ends_it_too() {
        let net = Net(Linear::new(1, 1), Dropout::new(0.5));
        let weight = Parameter::new(ndarray::arr1(&[1.0]));
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _evaluation = evaluation(&net);
            assert!(!weight.tensor().requires_grad());
            std::panic::resume_unwind(Box::new("on purpose"));
        }));
        assert!(result.is_err() && net.is_training());
        assert!(weight.tensor().requires_grad());
    }

    #[test]
    fn two_evaluations_in_a_row_give_the_same() {
        let net = Net(Linear::new(3, 2), Dropout::new(0.5));
        let output = || {
            let _evaluation = evaluation(&net);
            net.1.forward(&net.0.forward(&Tensor::ones(&[4, 3]))).to_array()
        };
        assert_eq!(output(), output());
    }

    #[test]
    fn scopes_nest_and_end_in_any_order() {
        let net = Net(Linear::new(1, 1), Dropout::new(0.5));
        let whole = evaluation(&net);
        let (part, again) = (evaluation(&net.1), evaluation(&net));
        drop(whole);
        assert!(!net.is_training());
        drop(again);
        assert!(net.0.is_training() && !net.1.is_training());
        net.eval();
        drop(part);
        assert!(!net.is_training(), "what `eval` said inside holds afterwards");
        net.train();
        let _both = (evaluation(&net.1), evaluation(&net.1));
        assert!(!net.1.is_training());
    }

    #[test]
    fn other_threads_are_outside() {
        let net = Net(Linear::new(1, 1), Dropout::new(0.5));
        let _evaluation = evaluation(&net);
        let there = std::thread::scope(|scope| scope.spawn(|| net.is_training()).join().unwrap());
        assert!(there && !net.is_training());
    }

    #[test]
    fn a_frozen_part_stays_as_it_is() {
        let net = Net(Linear::new(1, 1), Dropout::new(0.5));
        (net.0.weight.tensor() * 2.0).sum().backward();
        net.0.freeze();
        net.1.freeze();
        assert!(net.0.weight.grad().is_none() && !net.0.weight.requires_grad());
        net.train();
        assert!(!net.is_training());
        drop(evaluation(&net));
        net.eval();
        net.1.unfreeze();
        assert!(!net.1.is_training(), "`eval` was called last");
        net.train();
        assert!(net.1.is_training() && !net.0.is_training());
    }
}
