//! Training mode and evaluation mode.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Module, Visitor};
use crate::Parameter;

/// The mode of a layer: training or evaluation. The methods `train` and `eval` of a module set all
/// its fields of this type. A clone refers to the same mode.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
/// use training_loop::nn::Mode;
///
/// #[derive(Module)]
/// struct Noise {
///     mode: Mode,
/// }
///
/// let noise = Noise { mode: Mode::default() };
/// assert!(noise.mode.is_training());
/// noise.eval();
/// assert!(!noise.mode.is_training());
/// ```
#[derive(Clone)]
pub struct Mode(Arc<Flags>);

/// The state shared by all clones of a mode.
struct Flags {
    /// The mode set by the last `train` or `eval`.
    training: AtomicBool,
    /// Whether the layer is frozen. A frozen layer is always in evaluation mode.
    frozen: AtomicBool,
}

thread_local! {
    /// For each mode with open evaluation scopes on this thread, the number of these scopes. The
    /// key is the address of the mode. The scopes keep the mode alive.
    static COVERED: RefCell<BTreeMap<*const Flags, usize>> = const { RefCell::new(BTreeMap::new()) };
}

impl Mode {
    /// Whether the layer is in training mode, the default.
    ///
    /// Returns false while the layer is frozen ([`Module::freeze`]), or while this thread has an
    /// [`evaluation`](crate::evaluation) scope for the layer.
    pub fn is_training(&self) -> bool {
        self.0.training.load(Ordering::Relaxed)
            && !self.0.frozen.load(Ordering::Relaxed)
            && !self.is_covered()
    }

    /// Sets training mode or evaluation mode.
    ///
    /// If the layer is frozen or in an evaluation scope, it stays in evaluation mode. The new mode
    /// applies once the layer is unfrozen and the scope has ended.
    pub fn set_training(&self, training: bool) {
        self.0.training.store(training, Ordering::Relaxed);
    }

    fn is_covered(&self) -> bool {
        // While the thread is ending, its scopes are over.
        COVERED.try_with(|covered| covered.borrow().contains_key(&Arc::as_ptr(&self.0))).unwrap_or(false)
    }

    /// Starts an evaluation scope on this thread. The caller must keep a clone of the mode until
    /// the scope ends.
    pub(crate) fn cover(&self) {
        let _ = COVERED.try_with(|covered| {
            *covered.borrow_mut().entry(Arc::as_ptr(&self.0)).or_default() += 1;
        });
    }

    /// Ends a scope that [`cover`](Self::cover) started on this thread.
    pub(crate) fn uncover(&self) {
        let _ = COVERED.try_with(|covered| {
            let mut covered = covered.borrow_mut();
            let key = Arc::as_ptr(&self.0);
            if let Some(scopes) = covered.get_mut(&key) {
                *scopes -= 1;
                if *scopes == 0 {
                    covered.remove(&key);
                }
            }
        });
    }
}

impl Default for Mode {
    fn default() -> Self {
        Self(Arc::new(Flags { training: AtomicBool::new(true), frozen: AtomicBool::new(false) }))
    }
}

impl fmt::Debug for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_training() { "training" } else { "evaluation" })
    }
}

/// A visitor that sets every mode to training (`true`) or evaluation (`false`).
pub(super) struct Set(pub(super) bool);

impl Visitor for Set {
    fn mode(&mut self, mode: &Mode) {
        mode.set_training(self.0);
    }
}

/// A visitor that freezes (`true`) or unfreezes (`false`) every parameter and mode.
pub(super) struct Freeze(pub(super) bool);

impl Visitor for Freeze {
    fn parameter(&mut self, _: &str, parameter: &Parameter) {
        parameter.set_requires_grad(!self.0);
        if self.0 {
            parameter.remove_grad();
        }
    }

    fn mode(&mut self, mode: &Mode) {
        mode.0.frozen.store(self.0, Ordering::Relaxed);
    }
}

/// The modes of all layers of a module. A mode that several layers share appears once per layer.
pub(crate) fn modes<M: Module + ?Sized>(module: &M) -> Vec<Mode> {
    struct Modes(Vec<Mode>);
    impl Visitor for Modes {
        fn mode(&mut self, mode: &Mode) {
            self.0.push(mode.clone());
        }
    }
    let mut modes = Modes(Vec::new());
    module.visit(&mut modes);
    modes.0
}

impl Mode {
    /// Whether the last `train` or `eval` set training mode, and whether the layer is frozen.
    pub(crate) fn flags(&self) -> [bool; 2] {
        [self.0.training.load(Ordering::Relaxed), self.0.frozen.load(Ordering::Relaxed)]
    }

    /// Restores the [`flags`](Self::flags).
    pub(crate) fn set_flags(&self, [training, frozen]: [bool; 2]) {
        self.0.training.store(training, Ordering::Relaxed);
        self.0.frozen.store(frozen, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use crate::nn::{
        Activation, BatchNorm1d, Conv1d, Dropout, LayerNorm, Linear, Lstm, Module, MultiheadAttention,
        Visitor,
    };
    use crate::private::field;
    use crate::{Adam, AdamW, Attention, Optimizer, Parameter, Sgd, Tensor, evaluation, seed_scope};

    struct Net(Linear, BatchNorm1d, Dropout, Linear);

    impl Net {
        fn new() -> Self {
            let _seeded = seed_scope(3);
            Self(Linear::new(3, 4), BatchNorm1d::new(4), Dropout::new(0.5), Linear::new(4, 2))
        }

        fn forward(&self, x: &Tensor) -> Tensor {
            self.3.forward(&self.2.forward(&self.1.forward(&self.0.forward(x))))
        }
    }

    impl Module for Net {
        fn visit(&self, visitor: &mut dyn Visitor) {
            field(visitor, "0", &self.0);
            field(visitor, "1", &self.1);
            field(visitor, "2", &self.2);
            field(visitor, "3", &self.3);
        }
    }

    fn x() -> Tensor {
        Tensor::from(ndarray::arr2(&[[1.0, -2.0, 0.5], [0.0, 3.0, 1.0], [2.0, 1.0, -1.0]]))
    }

    #[test]
    fn a_frozen_part_keeps_its_mode_whatever_the_whole_is_told() {
        let net = Net::new();
        net.1.freeze();
        net.2.freeze();
        net.train();
        assert!(net.is_training() && net.0.is_training());
        assert!(!net.1.is_training() && !net.2.is_training());
        net.1.train();
        assert!(!net.1.is_training());
        net.freeze();
        assert!(!net.is_training());
        net.eval();
        net.unfreeze();
        assert!(!net.is_training(), "the last call was `eval`");
        net.freeze();
        net.train();
        net.unfreeze();
        assert!(net.1.is_training(), "the last call was `train`");
    }

    #[test]
    fn evaluation_and_freezing_do_not_undo_each_other() {
        let net = Net::new();
        {
            let _evaluation = evaluation(&net);
            net.1.freeze();
            net.2.freeze();
            net.2.unfreeze();
            assert!(!net.2.is_training());
        }
        assert!(net.0.is_training() && !net.1.is_training() && net.2.is_training());
        assert!(!net.1.weight.requires_grad() && net.0.weight.requires_grad());
    }

    #[test]
    fn freezing_forgets_gradients_and_graphs_write_no_more() {
        let net = Net::new();
        net.forward(&x()).sum().backward();
        let late = net.forward(&x()).sum();
        net.0.freeze();
        assert!(net.0.weight.grad().is_none() && net.3.weight.grad().is_some());
        late.backward();
        assert!(net.0.weight.grad().is_none(), "a graph from before does not write either");
        net.0.unfreeze();
        net.forward(&x()).sum().backward();
        assert!(net.0.weight.grad().is_some());
    }

    /// Neither momentum from before the freeze nor weight decay may change frozen parameters.
    #[test]
    fn no_optimizer_moves_what_is_frozen() {
        type Build = fn(Vec<Parameter>) -> Box<dyn Optimizer>;
        let optimizers: [Build; 3] = [
            |all| Box::new(Sgd::new(all, 0.1).momentum(0.9).weight_decay(0.1)),
            |all| Box::new(Adam::new(all, 0.1).weight_decay(0.1)),
            |all| Box::new(AdamW::new(all, 0.1).weight_decay(0.1)),
        ];
        for build in optimizers {
            let net = Net::new();
            let mut optimizer = build(net.parameters());
            let mut update = || {
                optimizer.zero_grad();
                (net.forward(&x()) * net.forward(&x())).sum().backward();
                optimizer.clip_grad_norm(1.0);
                optimizer.step();
            };
            update();
            net.0.freeze();
            net.3.weight.set_requires_grad(false);
            let state = net.state_dict();
            let is_kept = |name: &str| net.state_dict().get(name) == state.get(name);
            update();
            for name in ["0.weight", "0.bias", "3.weight"] {
                assert!(is_kept(name), "{name}");
            }
            assert!(!is_kept("3.bias") && !is_kept("1.weight"));
            net.unfreeze();
            let before = net.0.weight.value();
            update();
            assert_ne!(net.0.weight.value(), before);
        }
    }

    #[test]
    fn a_gradient_left_on_a_parameter_that_was_turned_off_counts_nowhere() {
        let [on, off] = [1.0, 2.0].map(|value| Parameter::new(ndarray::arr1(&[value])));
        let mut optimizer = Sgd::new(vec![on.clone(), off.clone()], 1.0);
        (on.tensor() * 3.0 + off.tensor() * 4.0).sum().backward();
        off.set_requires_grad(false);
        assert_eq!(optimizer.clip_grad_norm(10.0), 3.0);
        optimizer.clip_grad_value(1.0);
        optimizer.step();
        assert_eq!((on.value()[0], off.value()[0], off.grad().unwrap()[0]), (0.0, 2.0, 4.0));
    }

    #[test]
    fn states_go_into_and_out_of_a_frozen_part() {
        let (net, other) = (Net::new(), Net::new());
        let _ = net.forward(&x());
        other.freeze();
        other.load_state_dict(&net.state_dict()).unwrap();
        assert_eq!(other.state_dict(), net.state_dict());
        assert!(other.parameters().iter().all(|parameter| !parameter.requires_grad()));
    }

    /// The gradient at the input of a layer is the same whether the layer is frozen or not.
    #[test]
    fn gradients_pass_through_a_frozen_part() {
        fn in_front<M: Module>(layer: &M, shape: &[usize], forward: impl Fn(&M, &Tensor) -> Tensor) {
            layer.eval();
            let gradient = || {
                let count = shape.iter().product::<usize>();
                let numbers =
                    ndarray::Array::from_iter((0..count).map(|n| ((n * 7) % 5) as crate::Scalar - 1.5));
                let leaf = Parameter::new(numbers.into_shape_with_order(shape).unwrap());
                let output = forward(layer, &leaf.tensor());
                (&output * &output).sum().backward();
                leaf.grad().unwrap()
            };
            let trained = gradient();
            layer.freeze();
            assert_eq!(gradient(), trained);
            assert!(trained.iter().any(|&g| g != 0.0));
        }
        in_front(&Linear::new(3, 4).activation(Activation::Relu), &[5, 3], |m, x| m.forward(x));
        in_front(&Conv1d::new(2, 3, 2), &[2, 2, 6], |m, x| m.forward(x));
        in_front(&LayerNorm::new(4), &[3, 4], |m, x| m.forward(x).slice(1, 0..=1));
        in_front(&BatchNorm1d::new(4), &[3, 4], |m, x| m.forward(x));
        in_front(&Lstm::new(3, 2).layers(2), &[2, 4, 3], |m, x| m.forward(x, None).0);
        in_front(&MultiheadAttention::new(4, 2), &[2, 3, 4], |m, x| {
            m.forward(x, x, x, &Attention::default())
        });
    }
}
