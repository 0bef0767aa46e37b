//! What a spec can know about a schedule of the runtime by the name of its type.

use syn::Ident;

/// Whether a schedule begins with a warmup of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warmup {
    /// Never: its first learning rate is the optimizer's.
    Never,
    /// Always.
    Always,
    /// Only the run knows.
    Unknown,
}

/// A schedule of the runtime.
#[derive(Debug)]
pub struct KnownSchedule {
    name: &'static str,
    /// The index of the constructor's argument that is the number of updates after which the schedule has ended.
    pub length: Option<usize>,
    pub warmup: Warmup,
    /// Whether the schedule depends on a measurement of the validation data.
    pub monitors: bool,
}

/// A schedule that is a function of the update.
const fn by_update(name: &'static str, length: Option<usize>, warmup: Warmup) -> KnownSchedule {
    KnownSchedule { name, length, warmup, monitors: false }
}

const SCHEDULES: [KnownSchedule; 16] = [
    by_update("StepLr", None, Warmup::Never),
    by_update("MultiStepLr", None, Warmup::Never),
    by_update("ExponentialLr", None, Warmup::Never),
    by_update("CosineLr", Some(0), Warmup::Never),
    by_update("PolynomialLr", Some(0), Warmup::Never),
    by_update("CosineRestartsLr", None, Warmup::Never),
    by_update("InverseSqrtLr", None, Warmup::Never),
    by_update("OneCycleLr", Some(1), Warmup::Always),
    by_update("CyclicLr", None, Warmup::Always),
    by_update("LinearLr", Some(2), Warmup::Unknown),
    by_update("ConstantLr", None, Warmup::Unknown),
    by_update("LambdaLr", None, Warmup::Unknown),
    by_update("SequentialLr", None, Warmup::Unknown),
    by_update("ChainedLr", None, Warmup::Unknown),
    by_update("WarmupStableDecayLr", None, Warmup::Unknown),
    KnownSchedule { name: "PlateauLr", length: None, warmup: Warmup::Never, monitors: true },
];

/// The schedule of the runtime with this name.
pub fn known_schedule(name: &Ident) -> Option<&'static KnownSchedule> {
    SCHEDULES.iter().find(|schedule| name == schedule.name)
}
