//! A thread pool whose threads spin briefly between jobs.
//!
//! [`run`] hands out the parts of a job one by one, to the caller and to helper threads. The assignment of
//! parts to threads depends on timing. For bitwise equal results with any number of threads, the bounds of
//! parts must depend on shapes alone, and no part may add to the output of another part. Each thread starts
//! with its own run of parts, so that the data of a run tends to
//! stay in the caches of one core. Afterwards the thread takes parts of other runs.
//!
//! After each job, helpers spin briefly before they sleep, because the next job of a training step
//! follows within microseconds. On a busy machine the caller runs the parts that no helper takes.

use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, TryLockError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How long a helper spins for the next job before it sleeps.
const SPIN: Duration = Duration::from_micros(100);

thread_local! {
    /// Whether this thread is running a part. If so, a nested job runs on this thread alone.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// The number of threads for kernels, including the caller; 0 until the number is known.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// The number of threads for kernels, at least 1.
pub(crate) fn threads() -> usize {
    #[cfg(test)]
    if super::simd::forced::is_on() {
        return 1;
    }
    match THREADS.load(Relaxed) {
        0 => *DEFAULT.get_or_init(default),
        count => count,
    }
    .min(most())
}

/// The upper limit for [`threads`]. More than four threads per processor only cost memory and time.
fn most() -> usize {
    static MOST: OnceLock<usize> = OnceLock::new();
    *MOST.get_or_init(|| thread::available_parallelism().map_or(1, usize::from).saturating_mul(4).max(RUNS))
}

static DEFAULT: OnceLock<usize> = OnceLock::new();

/// The number of threads that `TRAINING_LOOP_THREADS` sets, or else the parallelism available to the process.
fn default() -> usize {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let Ok(text) = std::env::var("TRAINING_LOOP_THREADS") else { return processors };
    match text.trim().parse() {
        Ok(count) if count > 0 => count,
        _ => {
            crate::stderr::write_line(&format!(
                "TRAINING_LOOP_THREADS is `{text}`: it must be a whole number of at least 1; {processors} are used"
            ));
            processors
        }
    }
}

/// Makes [`threads`] return `count` from now on; 0 stands for the number that the process began with. Returns
/// the number that was set before.
pub(crate) fn set_threads(count: usize) -> usize {
    THREADS.swap(count, Relaxed)
}

/// An open job, with the data that helpers need in order to take parts.
#[derive(Clone, Copy)]
struct Job {
    /// The function to call for each part. The reference is valid only while the job is open.
    work: &'static (dyn Fn(usize) + Sync),
    parts: usize,
    /// A helper may take part in the job if its index is below this number.
    helpers: usize,
}

/// The process-wide pool, which has at most one open job. A caller that finds a job open runs its own job
/// without helpers.
struct Pool {
    /// A counter that is odd while a job is open, and that has a different value for each job.
    epoch: AtomicUsize,
    /// The open job. The caller writes this field while no job is open and no helper is inside.
    job: UnsafeCell<Option<Job>>,
    /// For each run of parts, the number of its parts that threads have taken.
    taken: [Taken; RUNS],
    /// The number of helpers that may be reading the field `job`.
    inside: AtomicUsize,
    /// The panic payload of a part that panicked on a helper.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    /// The helper threads. The caller holds this lock while its job is open.
    helpers: Mutex<Vec<Helper>>,
}

/// The maximum number of runs that the parts of a job are split into. If there are more threads
/// than runs, several threads start with the same run.
const RUNS: usize = 16;

/// A counter in a cache line of its own.
#[repr(align(64))]
struct Taken(AtomicUsize);

struct Helper {
    thread: Thread,
    asleep: Arc<AtomicBool>,
}

// SAFETY: `job` is written only by the holder of `helpers`, while `epoch` is even and `inside` was observed
// to be 0 after that. Helpers read it only after incrementing `inside` and finding `epoch` odd and unchanged.
// All of these are sequentially consistent, so a read never races with a write. The reference in `job` is to
// a `Sync` closure that outlives the job, because `Open` waits for `inside` to be 0 before the caller returns
// or unwinds.
unsafe impl Sync for Pool {}

static POOL: Pool = Pool {
    epoch: AtomicUsize::new(0),
    job: UnsafeCell::new(None),
    taken: [const { Taken(AtomicUsize::new(0)) }; RUNS],
    inside: AtomicUsize::new(0),
    panic: Mutex::new(None),
    helpers: Mutex::new(Vec::new()),
};

/// Calls `work` once for each number below `parts`, on this thread and on the helpers. Returns when all calls
/// are done.
///
/// If a part calls `run`, all parts of that inner job run on the part's thread. If a part panics,
/// `run` resumes the panic on this thread.
pub(crate) fn run(parts: usize, work: impl Fn(usize) + Sync) {
    share(parts, &work);
}

/// The body of [`run`] behind a `dyn` reference. It is compiled once, not once for each of hundreds of
/// callers.
fn share(parts: usize, work: &(dyn Fn(usize) + Sync)) {
    let threads = threads();
    if parts <= 1 || threads == 1 || INSIDE.get() {
        return (0..parts).for_each(work);
    }
    let mut helpers = match POOL.helpers.try_lock() {
        Ok(helpers) => helpers,
        // A part panicked on the thread that opened its job; the list of helpers is still valid.
        Err(TryLockError::Poisoned(helpers)) => helpers.into_inner(),
        Err(TryLockError::WouldBlock) => return (0..parts).for_each(work),
    };
    let wanted = (threads - 1).min(parts - 1);
    while helpers.len() < wanted {
        let Some(helper) = Helper::start(helpers.len()) else { break };
        helpers.push(helper);
    }
    // If the caller of the previous job panicked too, a helper's panic payload may still be stored.
    drop(helpers_panic());
    let work: &(dyn Fn(usize) + Sync) = &work;
    {
        let job = Job { work: forget_lifetime(work), parts, helpers: wanted };
        let open = Open::new(job);
        for helper in helpers.iter().take(wanted).filter(|helper| helper.asleep.load(SeqCst)) {
            helper.thread.unpark();
        }
        take_parts(job, 0);
        drop(open);
    }
    let panic = helpers_panic();
    drop(helpers);
    if let Some(panic) = panic {
        resume_unwind(panic);
    }
}

/// Takes the panic payload that a helper has left, if there is one.
fn helpers_panic() -> Option<Box<dyn Any + Send>> {
    POOL.panic.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn forget_lifetime<'a>(work: &'a (dyn Fn(usize) + Sync + 'a)) -> &'static (dyn Fn(usize) + Sync) {
    // SAFETY: only the lifetime changes, and `Open` ensures that the reference is not used after it.
    unsafe { std::mem::transmute(work) }
}

/// Runs the parts of a job that no thread has taken: first those of the run that `thread` starts with, then
/// those of the other runs.
fn take_parts(job: Job, thread: usize) {
    let runs = (job.helpers + 1).min(RUNS);
    for run in (0..runs).map(|i| (thread + i) % runs) {
        let (start, end) = (run * job.parts / runs, (run + 1) * job.parts / runs);
        loop {
            let part = start + POOL.taken[run].0.fetch_add(1, Relaxed);
            if part >= end {
                break;
            }
            (job.work)(part);
        }
    }
}

/// An open job. Dropping this value closes the job and waits until all helpers have left the job.
struct Open;

impl Open {
    fn new(job: Job) -> Self {
        // SAFETY: the caller holds `helpers`, and the previous job was closed and left by all helpers; see
        // `Pool`.
        unsafe { *POOL.job.get() = Some(job) };
        POOL.taken.iter().for_each(|taken| taken.0.store(0, SeqCst));
        INSIDE.set(true);
        POOL.epoch.fetch_add(1, SeqCst);
        Self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // If this thread panicked, no further part is started.
        POOL.taken.iter().for_each(|taken| taken.0.store(usize::MAX / 2, SeqCst));
        POOL.epoch.fetch_add(1, SeqCst);
        INSIDE.set(false);
        let mut rounds = 0_u32;
        while POOL.inside.load(SeqCst) > 0 {
            rounds += 1;
            if rounds < 10_000 {
                std::hint::spin_loop();
            } else {
                thread::yield_now();
            }
        }
    }
}

impl Helper {
    fn start(number: usize) -> Option<Self> {
        let asleep = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&asleep);
        let builder = thread::Builder::new().name(format!("training-loop-{}", number + 1));
        let handle = builder.spawn(move || help(number, &flag)).ok()?;
        Some(Self { thread: handle.thread().clone(), asleep })
    }
}

/// The main loop of the helper `number`: waits for a job and runs parts of it.
fn help(number: usize, asleep: &AtomicBool) {
    INSIDE.set(true);
    let mut last = 0;
    loop {
        last = wait(last, asleep);
        POOL.inside.fetch_add(1, SeqCst);
        if POOL.epoch.load(SeqCst) == last {
            // SAFETY: the job is open, and stays open until `inside` is decremented; see `Pool`.
            let job = unsafe { *POOL.job.get() };
            if let Some(job) = job.filter(|job| number < job.helpers)
                && let Err(panic) = catch_unwind(AssertUnwindSafe(|| take_parts(job, number + 1)))
            {
                *POOL.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
            }
        }
        POOL.inside.fetch_sub(1, SeqCst);
    }
}

/// Waits until a job is open whose epoch differs from `last`, and returns the epoch of this job.
/// The thread first spins and then sleeps.
fn wait(last: usize, asleep: &AtomicBool) -> usize {
    let is_new = |epoch: usize| epoch % 2 == 1 && epoch != last;
    let start = Instant::now();
    loop {
        for _ in 0..64 {
            let epoch = POOL.epoch.load(SeqCst);
            if is_new(epoch) {
                return epoch;
            }
            std::hint::spin_loop();
        }
        if start.elapsed() > SPIN {
            asleep.store(true, SeqCst);
            while !is_new(POOL.epoch.load(SeqCst)) {
                thread::park();
            }
            asleep.store(false, SeqCst);
        }
    }
}

/// A slice whose disjoint pieces are written by the parts of a job, which run on several threads.
pub(crate) struct Pieces<T> {
    start: *mut T,
    len: usize,
}

impl<T> Clone for Pieces<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Pieces<T> {}

// SAFETY: the pointer is used only through `piece`, whose callers guarantee that pieces do not overlap;
// elements of a `Send` type may be written by another thread.
unsafe impl<T: Send> Sync for Pieces<T> {}
// SAFETY: as for `Sync`: pieces do not overlap, and their elements are `Send`.
unsafe impl<T: Send> Send for Pieces<T> {}

impl<T> Pieces<T> {
    pub(crate) fn new(data: &mut [T]) -> Self {
        Self { start: data.as_mut_ptr(), len: data.len() }
    }

    /// The piece of `count` elements from `start` on.
    ///
    /// # Safety
    /// The slice is still borrowed by the caller of [`run`], and no two pieces that are alive at the same
    /// time overlap.
    pub(crate) unsafe fn piece<'a>(self, start: usize, count: usize) -> &'a mut [T] {
        assert!(start <= self.len && count <= self.len - start, "a piece outside of its slice");
        // SAFETY: within the slice by the assertion above; valid and unaliased by the caller's guarantee.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), count) }
    }

    /// A pointer to the `count` elements from `start` on, for parts whose pieces interleave.
    pub(crate) fn pointer(self, start: usize, count: usize) -> *mut T {
        assert!(start <= self.len && count <= self.len - start, "a piece outside of its slice");
        self.start.wrapping_add(start)
    }
}

/// Splits `N` slices of equal length into pieces of `size` elements. Calls `work(number, pieces)`
/// with piece `number` of every slice. The last pieces may be shorter.
pub(crate) fn chunks<T: Send, const N: usize>(
    slices: [&mut [T]; N],
    size: usize,
    work: impl Fn(usize, [&mut [T]; N]) + Sync,
) {
    share_chunks(slices, size, &work);
}

/// The body of [`chunks`], compiled once for each `N`.
fn share_chunks<T: Send, const N: usize>(
    slices: [&mut [T]; N],
    size: usize,
    work: &(dyn Fn(usize, [&mut [T]; N]) + Sync),
) {
    let len = slices.first().map_or(0, |slice| slice.len());
    assert!(slices.iter().all(|slice| slice.len() == len) && size > 0);
    let slices = slices.map(Pieces::new);
    run(len.div_ceil(size), |number| {
        let start = number * size;
        // SAFETY: the slices are borrowed until `run` returns, and runs with different numbers do not
        // overlap.
        work(number, slices.map(|slice| unsafe { slice.piece(start, size.min(len - start)) }));
    });
}

#[cfg(test)]
pub(crate) mod tests;
