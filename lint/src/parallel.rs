//! Runs one job for each item on several threads, and processes the results in the order of the items.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::{Builder, Scope, available_parallelism, scope};

use crate::limits;

/// Calls `take` with the result of `work` for each item, in the order of the items.
///
/// The first error of `take` stops the calls and is returned.
pub(crate) fn in_order<T: Sync, R: Send, E: Send>(
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let cores = available_parallelism().map_or(1, usize::from).min(limits::THREADS);
    let threads = cores.min(items.len());
    let next = AtomicUsize::new(0);
    let (results, received) = mpsc::channel();
    scope(|scope| {
        let worker = || {
            let results = results.clone();
            let (work, next) = (&work, &next);
            move || {
                while let index = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(item) = items.get(index)
                    && results.send((index, work(item))).is_ok()
                {}
            }
        };
        let started = (0..threads).filter(|_| threads > 1 && start(scope, worker())).count();
        if started == 0 {
            return items.iter().try_for_each(|item| take(work(item)));
        }
        drop(results);
        // Results that are waiting for the result of an earlier item.
        let mut early = BTreeMap::new();
        let mut turn = 0;
        for (index, result) in received {
            early.insert(index, result);
            while let Some(result) = early.remove(&turn) {
                take(result)?;
                turn += 1;
            }
        }
        Ok(())
    })
}

/// Starts a thread with a stack large enough for syntax trees. Returns `false` if there is not enough memory.
fn start<'scope>(scope: &'scope Scope<'scope, '_>, work: impl FnOnce() + Send + 'scope) -> bool {
    Builder::new().stack_size(limits::STACK).spawn_scoped(scope, work).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_until_an_error() {
        let items: Vec<u64> = (0..200).collect();
        let slow = |item: &u64| {
            std::thread::sleep(std::time::Duration::from_micros(item * 37 % 400));
            *item
        };
        let mut taken = Vec::new();
        let done: Result<(), ()> = in_order(&items, slow, |item| {
            taken.push(item);
            Ok(())
        });
        assert_eq!((done, &taken), (Ok(()), &items));
        taken.clear();
        let done = in_order(&items, slow, |item| {
            taken.push(item);
            if item == 5 { Err("enough") } else { Ok(()) }
        });
        assert_eq!((done, taken), (Err("enough"), vec![0, 1, 2, 3, 4, 5]));
    }
}
