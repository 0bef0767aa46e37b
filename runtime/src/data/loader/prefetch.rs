//! Worker threads that read batches ahead of the loop, in its order.

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::{Batch, Dataset};
use crate::random::sample_scope;

/// The number of batches per worker that may be ready and not used yet.
const AHEAD: usize = 2;

/// What an epoch reads: enough for any thread to read any batch.
pub(super) struct Epoch<Y, X> {
    pub(super) dataset: Arc<dyn Dataset<Input = X, Target = Y>>,
    pub(super) order: Arc<[usize]>,
    /// The places in `order` that are not read yet.
    pub(super) places: Range<usize>,
    pub(super) batch_size: usize,
    pub(super) seed: u64,
    /// The index of the epoch.
    pub(super) index: u64,
}

/// Reads the samples at these places of the order. The draws of the data set depend on the seed, the epoch and
/// the places alone.
pub(super) fn read<Y, X>(
    dataset: &dyn Dataset<Input = X, Target = Y>,
    order: &[usize],
    places: Range<usize>,
    seed: u64,
    epoch: u64,
) -> Batch<Y, X> {
    let _scope = sample_scope(seed, epoch, places.start);
    dataset.batch(&order[places])
}

impl<Y, X> Epoch<Y, X> {
    fn read(&self, places: Range<usize>) -> Batch<Y, X> {
        read(&*self.dataset, &self.order, places, self.seed, self.index)
    }

    fn batches(&self) -> usize {
        self.places.len().div_ceil(self.batch_size)
    }

    /// The places of a batch, counted from the first one that is not read yet.
    fn places_of(&self, batch: usize) -> Range<usize> {
        let start = self.places.start + batch * self.batch_size;
        start..self.places.end.min(start + self.batch_size)
    }

    /// Reads a batch. A panic becomes its message, with the index of the sample.
    fn try_read(&self, batch: usize) -> Result<Batch<Y, X>, String> {
        let attempt = |places: Range<usize>| catch_unwind(AssertUnwindSafe(|| self.read(places)));
        let places = self.places_of(batch);
        attempt(places.clone()).map_err(|panic| {
            let message = text(&*panic);
            if message.starts_with("sample ") {
                return message;
            }
            // The data set does not name the sample. It is the first one that fails by itself.
            let culprit = places.clone().find(|&place| attempt(place..place + 1).is_err());
            match culprit {
                Some(place) => format!("sample {}: {message}", self.order[place]),
                None => format!("samples {:?}: {message}", &self.order[places]),
            }
        })
    }
}

/// The message of a panic.
pub(in crate::data) fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message").to_owned()
}

/// Running workers. Dropping it ends them.
pub(super) struct Prefetch<Y, X> {
    shared: Arc<Shared<Y, X>>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared<Y, X> {
    state: Mutex<State<Y, X>>,
    /// A batch is ready.
    ready: Condvar,
    /// A batch was taken, or the workers must end.
    room: Condvar,
}

struct State<Y, X> {
    /// The batches that are ready, by their number.
    ready: BTreeMap<usize, Result<Batch<Y, X>, String>>,
    /// The number of the next batch that a worker reads.
    next: usize,
    /// The number of batches that the loop took.
    taken: usize,
    is_ended: bool,
}

impl<Y, X> Shared<Y, X> {
    fn lock(&self) -> MutexGuard<'_, State<Y, X>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Y: Send + 'static, X: Send + 'static> Prefetch<Y, X> {
    /// Starts at most `workers` threads.
    ///
    /// # Panics
    /// If the system refuses even one thread.
    #[track_caller]
    pub(super) fn start(epoch: Epoch<Y, X>, workers: usize) -> Self {
        let state = State { ready: BTreeMap::new(), next: 0, taken: 0, is_ended: false };
        let shared = Shared { state: Mutex::new(state), ready: Condvar::new(), room: Condvar::new() };
        let (shared, epoch) = (Arc::new(shared), Arc::new(epoch));
        let mut own = Self { shared, threads: Vec::new() };
        for index in 0..workers.min(epoch.batches()) {
            let (shared, epoch) = (Arc::clone(&own.shared), Arc::clone(&epoch));
            let work = move || work(&shared, &epoch, workers.saturating_mul(AHEAD));
            match thread::Builder::new().name(format!("data-worker-{index}")).spawn(work) {
                Ok(thread) => own.threads.push(thread),
                // Fewer threads give the same batches.
                Err(_) if !own.threads.is_empty() => break,
                Err(error) => panic!("DataLoader: no worker thread could be started: {error}"),
            }
        }
        own
    }
}

/// Reads batches until all are read or the workers must end.
fn work<Y, X>(shared: &Shared<Y, X>, epoch: &Epoch<Y, X>, ahead: usize) {
    loop {
        let mut state = shared.lock();
        while !state.is_ended
            && state.next < epoch.batches()
            && state.next >= state.taken.saturating_add(ahead)
        {
            state = shared.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.is_ended || state.next == epoch.batches() {
            return;
        }
        let batch = state.next;
        state.next += 1;
        drop(state);
        let read = epoch.try_read(batch);
        shared.lock().ready.insert(batch, read);
        shared.ready.notify_one();
    }
}

impl<Y, X> Prefetch<Y, X> {
    /// The next batch. There must be one.
    ///
    /// # Panics
    /// If reading the batch panicked, with the message and the index of the sample.
    #[track_caller]
    pub(super) fn next(&mut self) -> Batch<Y, X> {
        let mut state = self.shared.lock();
        let batch = loop {
            let next = state.taken;
            if let Some(batch) = state.ready.remove(&next) {
                break batch;
            }
            state = self.shared.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        state.taken += 1;
        drop(state);
        self.shared.room.notify_all();
        match batch {
            Ok(batch) => batch,
            Err(message) => panic!("{message}"),
        }
    }
}

impl<Y, X> Drop for Prefetch<Y, X> {
    fn drop(&mut self) {
        self.shared.lock().is_ended = true;
        self.shared.room.notify_all();
        for thread in self.threads.drain(..) {
            // A worker catches the panics of a data set.
            let _ = thread.join();
        }
    }
}
