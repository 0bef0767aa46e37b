//! Training mode and evaluation mode.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Module, Visitor};

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
pub struct Mode(Arc<AtomicBool>);

impl Mode {
    /// Whether the layer is in training mode, as a new one is.
    pub fn is_training(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Puts the layer into training mode or evaluation mode.
    pub fn set_training(&self, training: bool) {
        self.0.store(training, Ordering::Relaxed);
    }
}

impl Default for Mode {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
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
