//! Training mode and evaluation mode.
//!
//! A mode is what three parties want: the flag that `train` and `eval` set, whether the layer is frozen, and
//! how many evaluation scopes of the running thread cover it. Scopes of other threads do not count.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Module, Visitor};
use crate::Parameter;

/// A layer's mode. A field of this type makes a module of your own follow `train` and `eval`; a
/// clone is the same mode.
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

struct Flags {
    training: AtomicBool,
    frozen: AtomicBool,
}

thread_local! {
    /// How many evaluation scopes of this thread cover a mode, by its address.
    static SCOPES: RefCell<BTreeMap<usize, usize>> = const { RefCell::new(BTreeMap::new()) };
}

impl Mode {
    /// Whether the layer is in training mode for this thread, as a new one is: `train` was called last, the layer is
    /// not frozen, and no [`evaluation`](crate::evaluation) of this thread covers it.
    pub fn is_training(&self) -> bool {
        self.0.training.load(Ordering::Relaxed) && !self.is_frozen() && !self.is_in_evaluation()
    }

    /// Puts the layer into training mode or evaluation mode. In a frozen layer and inside of an evaluation scope
    /// this takes effect afterwards.
    pub fn set_training(&self, training: bool) {
        self.0.training.store(training, Ordering::Relaxed);
    }

    /// Whether the layer is held in evaluation mode, by [`Module::freeze`](crate::Module::freeze).
    pub fn is_frozen(&self) -> bool {
        self.0.frozen.load(Ordering::Relaxed)
    }

    /// Holds the layer in evaluation mode, or ends that.
    pub(super) fn set_frozen(&self, frozen: bool) {
        self.0.frozen.store(frozen, Ordering::Relaxed);
    }

    /// Begins an evaluation scope of this thread; a clone must be kept until it is left.
    pub(crate) fn enter_evaluation(&self) {
        SCOPES.with_borrow_mut(|scopes| *scopes.entry(self.address()).or_insert(0) += 1);
    }

    /// Ends an evaluation scope of this thread.
    pub(crate) fn leave_evaluation(&self) {
        // A guard may be dropped after the thread's own data.
        let _ = SCOPES.try_with(|scopes| {
            let mut scopes = scopes.borrow_mut();
            match scopes.get_mut(&self.address()) {
                Some(count) if *count > 1 => *count -= 1,
                _ => {
                    scopes.remove(&self.address());
                }
            }
        });
    }

    fn is_in_evaluation(&self) -> bool {
        let covers = |scopes: &RefCell<BTreeMap<usize, usize>>| scopes.borrow().contains_key(&self.address());
        SCOPES.try_with(covers).unwrap_or(false)
    }

    fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
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

/// Sets every mode.
pub(super) struct Set(pub(super) bool);

impl Visitor for Set {
    fn mode(&mut self, mode: &Mode) {
        mode.set_training(self.0);
    }
}

/// Holds every layer in evaluation mode, or ends that.
pub(super) struct Freeze(pub(super) bool);

impl Visitor for Freeze {
    fn mode(&mut self, mode: &Mode) {
        mode.set_frozen(self.0);
    }

    fn parameter(&mut self, _: &str, parameter: &Parameter) {
        parameter.set_requires_grad(!self.0);
        parameter.forget_grad();
    }
}

/// All modes of a module.
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
