//! Scoped evaluation mode.

use crate::nn::Module;
use crate::nn::mode::{Mode, modes};
use crate::random::Restored;
use crate::{NoGradGuard, no_grad_guard};

/// Puts the model into evaluation mode and stops gradient recording on this thread, until the guard
/// is dropped.
///
/// When the guard is dropped, each layer returns to its previous mode, recording resumes, and the random
/// generator is restored. An evaluation therefore does not affect the training of the model, even if `?`,
/// `break` or a panic leaves the scope.
///
/// A guard does not change the stored mode of a layer. Guards may be nested and dropped in any
/// order, even if they are for one model, for parts of it, or for models that share layers. A layer
/// stays in evaluation mode until the last guard that covers the layer is dropped. `train()` and
/// `eval()` inside the scope set the mode that applies after the scope. Layers that are added to
/// the model later are not covered.
///
/// # Threads
/// The scope applies only to the current thread. Threads that evaluate the same `Arc<Model>` do not
/// affect each other or a thread that trains the model. An evaluation during training uses the
/// current values of the parameters. A thread that is spawned inside the scope needs its own guard,
/// as with [`no_grad`](crate::no_grad). A program that never trains may call `model.eval()` once
/// instead, and compute each request under `no_grad`.
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
///
/// // Each request brings its own guard.
/// let answer = |x: &Tensor| {
///     let _evaluation = evaluation(&model);
///     model.forward(x).sum().item()
/// };
/// std::thread::scope(|threads| {
///     for _ in 0..4 {
///         threads.spawn(|| assert_eq!(answer(&Tensor::ones(&[4])), 4.0));
///     }
/// });
/// ```
#[must_use = "evaluation ends when the guard is dropped: `let _evaluation = evaluation(&model);`"]
pub fn evaluation<M: Module + ?Sized>(model: &M) -> Evaluation {
    let modes = modes(model);
    modes.iter().for_each(Mode::cover);
    Evaluation { modes, _restored: Restored::here(), _no_grad: no_grad_guard() }
}

/// An evaluation scope over a model on this thread; made by [`evaluation`].
#[derive(Debug)]
pub struct Evaluation {
    /// The modes that the scope covers. The scope keeps them alive, because the thread counts the scopes of a
    /// mode by the address of the mode.
    modes: Vec<Mode>,
    _restored: Restored,
    _no_grad: NoGradGuard,
}

impl Drop for Evaluation {
    fn drop(&mut self) {
        self.modes.iter().for_each(Mode::uncover);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;
    use crate::nn::{BatchNorm1d, Dropout, Linear};
    use crate::private::field;
    use crate::{Array, Optimizer as _, Parameter, Sgd, StateDict, Tensor, seed_scope};

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
    fn a_break_ends_it_too() {
        let net = Net(Linear::new(1, 1), Dropout::new(0.5));
        for _epoch in 0..2 {
            let mut batches = 0;
            for _batch in 0..3 {
                let _evaluation = evaluation(&net);
                assert!(!net.is_training());
                batches += 1;
                if batches == 2 {
                    break;
                }
            }
            assert!(net.0.is_training() && net.1.is_training());
        }
        let rounds = 'validation: {
            let _evaluation = evaluation(&net);
            for round in 0.. {
                if round == 1 {
                    break 'validation round;
                }
            }
            0
        };
        assert!(net.is_training() && net.0.weight.tensor().requires_grad(), "after {rounds}");
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
    fn guards_are_counted_and_end_in_any_order() {
        let net = Net(Linear::new(1, 1), Dropout::new(0.5));
        let modes = || (net.0.is_training(), net.1.is_training());
        let [first, second] = [evaluation(&net), evaluation(&net)];
        let part = evaluation(&net.1);
        drop(first);
        assert_eq!(modes(), (false, false));
        drop(second);
        assert_eq!(modes(), (true, false), "the guard on the part goes on");
        let whole = evaluation(&net);
        drop(part);
        assert_eq!(modes(), (false, false));
        drop(whole);
        assert_eq!(modes(), (true, true));
    }

    #[test]
    fn a_layer_that_is_visited_twice_is_counted_twice() {
        struct Shared(Arc<Dropout>, Arc<Dropout>);
        impl Module for Shared {
            fn visit(&self, visitor: &mut dyn crate::nn::Visitor) {
                self.0.visit(visitor);
                self.1.visit(visitor);
            }
        }
        let layer = Arc::new(Dropout::new(0.5));
        let shared = Shared(Arc::clone(&layer), layer);
        let alone = evaluation(&shared.0);
        drop(evaluation(&shared));
        assert!(!shared.is_training(), "the outer guard goes on");
        drop(alone);
        assert!(shared.is_training());
    }

    #[test]
    fn modes_set_inside_hold_afterwards() {
        let net = Net(Linear::new(1, 1), Dropout::new(0.5));
        net.1.eval();
        {
            let _evaluation = evaluation(&net);
            net.0.eval();
            net.1.train();
            assert!(!net.is_training());
        }
        assert!(!net.0.is_training() && net.1.is_training());
    }

    #[test]
    fn other_threads_are_not_covered() {
        let net = Net(Linear::new(1, 1), Dropout::new(0.5));
        let _evaluation = evaluation(&net);
        std::thread::scope(|threads| {
            threads.spawn(|| {
                assert!(net.is_training());
                let _evaluation = evaluation(&net);
                assert!(!net.is_training());
            });
        });
        assert!(!net.is_training());
    }

    #[test]
    fn a_guard_may_outlive_its_thread_and_its_model() {
        thread_local! {
            static KEPT: RefCell<Vec<Evaluation>> = const { RefCell::new(Vec::new()) };
        }
        let end = std::thread::spawn(|| {
            // `KEPT` is created before the counts of scopes, so it is dropped after them.
            KEPT.with_borrow_mut(Vec::clear);
            let model = Dropout::new(0.5);
            let kept = evaluation(&model);
            KEPT.with_borrow_mut(|all| all.push(kept));
        });
        assert!(end.join().is_ok());
    }

    /// A model with every kind of layer that depends on the mode.
    struct Noisy(Linear, BatchNorm1d, Dropout, Linear);

    impl Module for Noisy {
        fn visit(&self, visitor: &mut dyn crate::nn::Visitor) {
            field(visitor, "0", &self.0);
            field(visitor, "1", &self.1);
            field(visitor, "2", &self.2);
            field(visitor, "3", &self.3);
        }
    }

    impl Noisy {
        fn new() -> Self {
            let _seeded = seed_scope(5);
            Self(Linear::new(4, 16), BatchNorm1d::new(16), Dropout::new(0.5), Linear::new(16, 3))
        }

        fn forward(&self, x: &Tensor) -> Tensor {
            self.3.forward(&self.2.forward(&self.1.forward(&self.0.forward(x)).relu()))
        }

        fn train_on(&self, inputs: &[Tensor], updates: usize) -> StateDict {
            let _seeded = seed_scope(6);
            let mut optimizer = Sgd::new(self.parameters(), 1e-3).momentum(0.9);
            for update in 0..updates {
                assert!(self.is_training());
                optimizer.zero_grad();
                let output = self.forward(&inputs[update % inputs.len()]);
                (&output * &output).mean().backward();
                optimizer.step();
            }
            self.state_dict()
        }

        fn answer(&self, x: &Tensor) -> Array {
            let _evaluation = evaluation(self);
            self.forward(x).to_array()
        }
    }

    fn inputs() -> Vec<Tensor> {
        let number =
            |n: usize, i: usize, j: usize| ((n * 31 + i * 7 + j * 3) % 11) as crate::Scalar / 5.0 - 1.0;
        (0..7)
            .map(|n| Tensor::from(ndarray::Array2::from_shape_fn((6, 4), |(i, j)| number(n, i, j))))
            .collect()
    }

    /// Six threads evaluate one model that is in training mode. The seventh trains its own model, and the
    /// eighth applies the dropout layer of the shared model.
    #[test]
    fn requests_on_many_threads_under_stress() {
        let inputs = inputs();
        let served = Arc::new(Noisy::new());
        served.train_on(&inputs, 20);
        let expected = inputs.iter().map(|x| served.answer(x)).collect::<Vec<_>>();
        let undisturbed = Noisy::new().train_on(&inputs, 3000);
        std::thread::scope(|threads| {
            for first in 0..6 {
                let (served, inputs, expected) = (Arc::clone(&served), &inputs, &expected);
                threads.spawn(move || {
                    for request in first..first + 10_000 {
                        let number = request % inputs.len();
                        assert_eq!(served.answer(&inputs[number]), expected[number], "request {request}");
                        assert!(served.is_training());
                    }
                });
            }
            threads.spawn(|| assert!(Noisy::new().train_on(&inputs, 3000) == undisturbed));
            threads.spawn(|| {
                let ones = Tensor::ones(&[64]);
                let _seeded = seed_scope(1);
                let draw = |by: &dyn Fn() -> Tensor| {
                    let _seeded = seed_scope(2);
                    by().to_array()
                };
                for _ in 0..10_000 {
                    assert_eq!(draw(&|| served.2.forward(&ones)), draw(&|| ones.dropout(0.5)));
                }
            });
        });
        assert!(served.is_training());
    }

    /// Seven threads evaluate a model while the eighth trains it.
    #[test]
    fn training_among_requests_under_stress() {
        let inputs = inputs();
        let undisturbed = Noisy::new().train_on(&inputs, 3000);
        let (model, over, requests) = (Noisy::new(), AtomicBool::new(false), AtomicUsize::new(0));
        let ones = Tensor::ones(&[64]);
        std::thread::scope(|threads| {
            for first in 0..7 {
                let (model, over, requests, inputs, ones) = (&model, &over, &requests, &inputs, &ones);
                threads.spawn(move || {
                    let mut request = first;
                    while !over.load(Ordering::Relaxed) {
                        let _ = model.answer(&inputs[request % inputs.len()]);
                        let _evaluation = evaluation(model);
                        assert!(!model.is_training());
                        assert_eq!(model.2.forward(ones).sum().item(), 64.0);
                        request += 1;
                        requests.fetch_add(2, Ordering::Relaxed);
                    }
                });
            }
            let trained = model.train_on(&inputs, 3000);
            over.store(true, Ordering::Relaxed);
            assert!(trained == undisturbed);
        });
        println!("{} requests beside 3000 updates", requests.into_inner());
        assert!(model.is_training());
    }
}
