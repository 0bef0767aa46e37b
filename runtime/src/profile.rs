//! Profiling: the time that a run spends in each of its stages.
//!
//! A thread has at most one running clock, which is always in exactly one stage. The ordinary calls of a loop
//! switch the stage. Without a running clock, a switch only reads one thread-local value.

use std::cell::RefCell;
use std::fmt;
use std::time::{Duration, Instant};

/// A part of a training loop whose time a [`Profile`] measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Reading a training batch, and shuffling the data.
    Data,
    /// The forward pass and the loss of a training batch.
    Forward,
    /// `backward`.
    Backward,
    /// `zero_grad`, clipping, `step`, and the average of `ema`.
    Optimizer,
    /// A validation, including its data.
    Validation,
    /// Reading and writing checkpoints.
    Checkpoint,
    /// Callbacks, and hooks that use `state`. Other hooks belong to `Rest`.
    Callbacks,
    /// Everything else, such as training metrics, schedules and printing.
    Rest,
}

impl Stage {
    /// All stages, in the order of a table.
    pub const ALL: [Self; 8] = [
        Self::Data,
        Self::Forward,
        Self::Backward,
        Self::Optimizer,
        Self::Validation,
        Self::Checkpoint,
        Self::Callbacks,
        Self::Rest,
    ];

    /// The name of the stage in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Forward => "forward and loss",
            Self::Backward => "backward",
            Self::Optimizer => "optimizer",
            Self::Validation => "validation",
            Self::Checkpoint => "checkpoint",
            Self::Callbacks => "hooks and callbacks",
            Self::Rest => "rest",
        }
    }

    /// Whether nested stages count as this stage. For example, a forward pass inside a validation counts as
    /// validation.
    fn is_whole(self) -> bool {
        matches!(self, Self::Validation | Self::Checkpoint | Self::Callbacks)
    }
}

/// The time that a run spent in each stage. `Display` writes a table.
///
/// Each moment of the run belongs to exactly one stage, so the times of the stages add up to the total. The
/// times are measured on the thread that runs the loop. A resumed run is measured from its resume.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
/// use training_loop::run::Stage;
///
/// #[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
/// fn fit(model: &mut Linear, train: &DataLoader<Tensor>, run: &RunOptions) -> Result<History>;
///
/// # fn main() -> Result<()> {
/// let loader = DataLoader::new(TensorDataset::new(Tensor::ones(&[8, 1]), Tensor::ones(&[8, 1]))?, 4);
/// let history = fit(&mut Linear::new(1, 1), &loader, &RunOptions::new().profile())?;
/// let profile = history.profile().expect("the options ask for a profile");
/// assert!(profile.seconds(Stage::Backward) > 0.0);
/// println!("{profile}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    spent: [Duration; Stage::ALL.len()],
}

impl Profile {
    /// The seconds that the run spent in a stage.
    pub fn seconds(&self, stage: Stage) -> f64 {
        self.spent[stage as usize].as_secs_f64()
    }

    /// The seconds of all stages together.
    pub fn total(&self) -> f64 {
        self.spent.iter().sum::<Duration>().as_secs_f64()
    }

    /// The share of a stage in the total, from 0 to 1.
    pub fn share(&self, stage: Stage) -> f64 {
        let total = self.total();
        if total > 0.0 { self.seconds(stage) / total } else { 0.0 }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<20}{:>10}{:>8}", "stage", "seconds", "share")?;
        for stage in Stage::ALL {
            let (seconds, share) = (self.seconds(stage), 100.0 * self.share(stage));
            writeln!(f, "{:<20}{seconds:>10.3}{share:>7.1}%", stage.name())?;
        }
        write!(f, "{:<20}{:>10.3}{:>7.1}%", "total", self.total(), 100.0)
    }
}

/// A running clock.
struct Clock {
    id: u64,
    stage: Stage,
    /// The start of the current stage.
    since: Instant,
    profile: Profile,
}

impl Clock {
    /// Ends the current stage and begins another one. Returns the stage that ended.
    fn switch(&mut self, stage: Stage) -> Stage {
        let now = Instant::now();
        self.profile.spent[self.stage as usize] += now.duration_since(self.since);
        self.since = now;
        std::mem::replace(&mut self.stage, stage)
    }
}

thread_local! {
    /// The running clock of the thread.
    static CLOCK: RefCell<Option<Clock>> = const { RefCell::new(None) };
}

/// Calls `with` with the running clock. Returns `None` without a clock, and while the thread ends.
fn with_clock<T>(with: impl FnOnce(&mut Clock) -> T) -> Option<T> {
    CLOCK.try_with(|clock| clock.borrow_mut().as_mut().map(with)).ok()?
}

/// Begins a stage unconditionally. The methods of [`Run`](crate::run::Run) call it, because they know their
/// position in the loop.
pub(crate) fn begin(stage: Stage) {
    with_clock(|clock| clock.switch(stage));
}

/// Begins a stage, unless nested stages count as the current stage.
pub(crate) fn begin_inside(stage: Stage) {
    with_clock(|clock| {
        if !clock.stage.is_whole() {
            clock.switch(stage);
        }
    });
}

/// Begins a stage as [`begin_inside`] does. The guard restores the previous stage.
pub(crate) fn scope(stage: Stage) -> Scope {
    let before =
        with_clock(|clock| (!clock.stage.is_whole()).then(|| (clock.id, clock.switch(stage)))).flatten();
    Scope { before }
}

/// The guard of [`scope`].
#[must_use]
pub(crate) struct Scope {
    /// The id of the clock and the previous stage, if the scope has switched the stage.
    before: Option<(u64, Stage)>,
}

impl Drop for Scope {
    fn drop(&mut self) {
        if let Some((id, before)) = self.before {
            with_clock(|clock| {
                if clock.id == id {
                    clock.switch(before);
                }
            });
        }
    }
}

/// A clock that runs until this value is stopped or dropped. It suspends the clock of an outer run, and its
/// time counts towards the outer run's current stage.
pub(crate) struct Running {
    id: u64,
    outer: Option<Clock>,
}

impl Running {
    /// Starts a clock in the stage [`Stage::Rest`].
    pub(crate) fn start() -> Self {
        let fresh = |id| Clock { id, stage: Stage::Rest, since: Instant::now(), profile: Profile::default() };
        let outer = CLOCK.try_with(|clock| {
            let outer = clock.borrow_mut().take();
            let id = outer.as_ref().map_or(0, |outer| outer.id + 1);
            *clock.borrow_mut() = Some(fresh(id));
            (id, outer)
        });
        let (id, outer) = outer.unwrap_or((0, None));
        Self { id, outer }
    }

    /// The times so far.
    pub(crate) fn profile(&self) -> Profile {
        let read = |clock: &mut Clock| {
            (clock.id == self.id).then(|| {
                let stage = clock.stage;
                clock.switch(stage);
                clock.profile
            })
        };
        with_clock(read).flatten().unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let outer = self.outer.take();
        // Another thread has no clock with this id, or the clock of another run.
        let _ = CLOCK.try_with(|clock| {
            let mut clock = clock.borrow_mut();
            if clock.as_ref().is_some_and(|clock| clock.id == self.id) {
                *clock = outer;
            }
        });
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Running").field(&self.id).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(10);

    fn sleep() {
        std::thread::sleep(STEP);
    }

    /// The stages of a profile that took at least the time of one sleep.
    fn long(profile: Profile) -> Vec<Stage> {
        Stage::ALL.into_iter().filter(|stage| profile.seconds(*stage) >= STEP.as_secs_f64()).collect()
    }

    #[test]
    fn without_a_clock_nothing_happens() {
        begin(Stage::Data);
        drop(scope(Stage::Backward));
        begin_inside(Stage::Forward);
        assert!(with_clock(|_| ()).is_none());
    }

    #[test]
    fn every_moment_has_one_stage() {
        let (began, running) = (Instant::now(), Running::start());
        begin_inside(Stage::Forward);
        sleep();
        {
            let _backward = scope(Stage::Backward);
            sleep();
        }
        begin(Stage::Validation);
        begin_inside(Stage::Data);
        drop(scope(Stage::Backward));
        sleep();
        begin(Stage::Rest);
        let (profile, all) = (running.profile(), began.elapsed().as_secs_f64());
        assert_eq!(long(profile), [Stage::Forward, Stage::Backward, Stage::Validation]);
        assert_eq!(profile.seconds(Stage::Data), 0.0);
        assert!(profile.total() <= all && profile.total() > 0.99 * all, "{} of {all}", profile.total());
        drop(running);
        assert!(with_clock(|_| ()).is_none());
    }

    /// The time of a run inside a hook of another run belongs to the hook.
    #[test]
    fn an_inner_clock_leaves_the_outer_one_alone() {
        let outer = Running::start();
        begin(Stage::Callbacks);
        {
            let inner = Running::start();
            let _left_open = scope(Stage::Backward);
            sleep();
            assert_eq!(long(inner.profile()), [Stage::Backward]);
        }
        assert_eq!(long(outer.profile()), [Stage::Callbacks]);
        std::thread::spawn(move || drop(outer)).join().unwrap();
        assert!(with_clock(|_| ()).is_some(), "another thread does not stop this thread's clock");
    }

    #[test]
    fn the_table_adds_up() {
        let mut profile = Profile::default();
        profile.spent[Stage::Forward as usize] = Duration::from_millis(1500);
        profile.spent[Stage::Rest as usize] = Duration::from_millis(500);
        assert_eq!(
            profile.to_string(),
            "stage                  seconds   share\n\
             data                     0.000    0.0%\n\
             forward and loss         1.500   75.0%\n\
             backward                 0.000    0.0%\n\
             optimizer                0.000    0.0%\n\
             validation               0.000    0.0%\n\
             checkpoint               0.000    0.0%\n\
             hooks and callbacks      0.000    0.0%\n\
             rest                     0.500   25.0%\n\
             total                    2.000  100.0%"
        );
        assert_eq!(Profile::default().share(Stage::Rest), 0.0);
    }
}
