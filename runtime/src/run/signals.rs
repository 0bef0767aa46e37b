//! Signals that end a run after its current update: SIGINT and SIGTERM. SIGHUP keeps its meaning, so
//! that `nohup` works.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::{Error, Result};

/// The number of runs that handle signals at present.
static ACTIVE: AtomicUsize = AtomicUsize::new(0);
/// The number of signals so far.
static SIGNALS: AtomicUsize = AtomicUsize::new(0);
/// Whether a signal has arrived that no run has answered yet.
static IS_PENDING: AtomicBool = AtomicBool::new(false);
/// Whether the handler is installed.
static IS_INSTALLED: Mutex<bool> = Mutex::new(false);

/// The exit code of a process that a signal ended, as shells report SIGINT.
const EXIT_CODE: i32 = 130;

/// A run that handles signals, until it is dropped.
#[derive(Debug)]
pub(super) struct Signals {
    /// The number of signals before the run.
    before: usize,
}

impl Signals {
    /// Installs the handler, if this process has none yet. Other handlers of the program still run.
    ///
    /// # Errors
    /// [`Error::Other`] if the system refuses the handler.
    pub(super) fn handle() -> Result<Self> {
        let mut is_installed = IS_INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
        if !*is_installed {
            install().map_err(|error| {
                Error::other(format!("`handle_signals` could not install its handler: {error}; remove it"))
            })?;
            *is_installed = true;
        }
        ACTIVE.fetch_add(1, Ordering::SeqCst);
        Ok(Self { before: SIGNALS.load(Ordering::SeqCst) })
    }

    /// Whether a signal has arrived since the run began.
    pub(super) fn has_arrived(&self) -> bool {
        SIGNALS.load(Ordering::SeqCst) > self.before
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        if ACTIVE.fetch_sub(1, Ordering::SeqCst) == 1 {
            IS_PENDING.store(false, Ordering::SeqCst);
        }
    }
}

/// Starts the thread that waits for signals.
fn install() -> std::io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    let wait = move || signals.forever().for_each(|_| arrived());
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop)
}

/// Handles a signal: the first one is left to the runs, the second one ends the process.
fn arrived() {
    if ACTIVE.load(Ordering::SeqCst) == 0 || IS_PENDING.swap(true, Ordering::SeqCst) {
        std::process::exit(EXIT_CODE);
    }
    SIGNALS.fetch_add(1, Ordering::SeqCst);
    crate::stderr::write_line(
        "interrupted: the run ends after this update; a second signal ends the process at once",
    );
}
