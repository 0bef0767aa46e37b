//! Evaluation as a scope.

use crate::nn::Module;
use crate::nn::mode::{Mode, modes};
use crate::random::Restored;
use crate::{NoGradGuard, no_grad_guard};

/// Puts the model into evaluation mode and stops recording until the guard is dropped.
///
/// Then each layer has the mode back that it had, recording goes on, and random draws go on where
/// they stood: whether a model was evaluated changes nothing in its training. This holds on every
/// way out of the scope: `?`, `break`, a panic.
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
    let modes: Vec<_> = modes(model).into_iter().map(|mode| (mode.is_training(), mode)).collect();
    model.eval();
    Evaluation { modes, _restored: Restored::here(), _no_grad: no_grad_guard() }
}

/// Keeps a model in evaluation mode; made by [`evaluation`].
#[derive(Debug)]
pub struct Evaluation {
    modes: Vec<(bool, Mode)>,
    _restored: Restored,
    _no_grad: NoGradGuard,
}

impl Drop for Evaluation {
    fn drop(&mut self) {
        // Backwards: a mode that two fields share must end as it began.
        for (training, mode) in self.modes.iter().rev() {
            mode.set_training(*training);
        }
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
}
