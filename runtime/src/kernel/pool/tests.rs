//! Tests the guarantees of the pool. Some of the tests are stress tests.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Pieces, THREADS, chunks, run, set_threads};

/// Runs `work` with `count` threads. The number of threads is process-wide, so tests that set it run one at a
/// time.
pub(crate) fn with_threads<R>(count: usize, work: impl FnOnce() -> R) -> R {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = THREADS.load(Ordering::Relaxed);
    set_threads(count);
    let result = catch_unwind(AssertUnwindSafe(work));
    set_threads(before);
    result.unwrap_or_else(|panic| resume_unwind(panic))
}

#[test]
fn each_part_runs_once_however_many_threads_there_are() {
    for threads in [1, 2, 3, 8] {
        with_threads(threads, || {
            for parts in [0, 1, 2, 3, 7, 100] {
                for _ in 0..200 {
                    let counts: Vec<AtomicUsize> = (0..parts).map(|_| AtomicUsize::new(0)).collect();
                    run(parts, |part| {
                        counts[part].fetch_add(1, Ordering::Relaxed);
                    });
                    assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == 1));
                }
            }
        });
    }
}

#[test]
fn helpers_that_slept_come_back() {
    with_threads(2, || {
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(2));
            let sum = AtomicUsize::new(0);
            run(1000, |part| {
                sum.fetch_add(part, Ordering::Relaxed);
            });
            assert_eq!(sum.into_inner(), 499_500);
        }
    });
}

#[test]
fn work_within_work_and_beside_work_is_done() {
    with_threads(2, || {
        let sum = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    run(10, |_| {
                        run(10, |_| {
                            sum.fetch_add(1, Ordering::Relaxed);
                        });
                    });
                });
            }
        });
        assert_eq!(sum.into_inner(), 300);
    });
}

#[test]
fn a_panic_comes_out_and_the_pool_lives_on() {
    with_threads(2, || {
        for bad in [0, 5, 63] {
            let result = catch_unwind(|| {
                run(64, |part| {
                    std::thread::sleep(Duration::from_micros(20));
                    assert!(part != bad, "part {part} of the test");
                });
            });
            assert!(result.is_err());
            let done = AtomicUsize::new(0);
            run(64, |_| {
                done.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(done.into_inner(), 64);
        }
    });
}

#[test]
fn panics_of_one_job_are_not_seen_by_the_next() {
    with_threads(3, || {
        for _ in 0..10 {
            // Every part panics, on the caller and on the helpers.
            assert!(catch_unwind(|| run(64, |part| panic!("part {part} of the test"))).is_err());
            let here = std::thread::current().id();
            let elsewhere = AtomicUsize::new(0);
            let start = Instant::now();
            while elsewhere.load(Ordering::Relaxed) == 0 {
                run(64, |_| {
                    std::thread::sleep(Duration::from_micros(20));
                    elsewhere.fetch_add(usize::from(std::thread::current().id() != here), Ordering::Relaxed);
                });
                assert!(start.elapsed() < Duration::from_secs(60), "the helpers are lost");
            }
        }
    });
}

/// The next pseudo-random number, which depends on `state` alone.
fn next(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

/// Runs short jobs from several threads at once. Some parts sleep and some panic. The number of
/// threads changes, and the pauses between jobs are about as long as helpers spin.
/// `TRAINING_LOOP_STRESS` is the number of jobs per thread.
#[test]
fn nothing_is_lost_under_stress() {
    let jobs = std::env::var("TRAINING_LOOP_STRESS").map_or(2000, |jobs| jobs.parse().unwrap());
    with_threads(4, || {
        std::thread::scope(|scope| {
            for seed in 0..3_u64 {
                scope.spawn(move || {
                    let mut state = seed;
                    for job in 0..jobs {
                        let pause = next(&mut state) % 500;
                        if pause < 5 {
                            std::thread::sleep(Duration::from_micros(90 + 5 * pause as u64));
                        }
                        if job % 64 == 0 {
                            set_threads(2 + next(&mut state) % 5);
                        }
                        stressed_job(&mut state);
                    }
                });
            }
        });
    });
}

/// One job of the stress test. Either every part runs once and the caller sees all results, or a panic is
/// resumed.
fn stressed_job(state: &mut u64) {
    let parts = next(state) % 40;
    let slow = next(state) % 400;
    // `resume_unwind` runs no panic hook, so that the test does not print thousands of messages.
    let bad = next(state) % 4000;
    let mut done = vec![0_u32; parts];
    let pieces = Pieces::new(&mut done);
    let result = catch_unwind(AssertUnwindSafe(|| {
        run(parts, |part| {
            if part == slow {
                std::thread::sleep(Duration::from_micros(150));
            }
            if part == bad {
                resume_unwind(Box::new(part));
            }
            // SAFETY: `done` is borrowed until `run` returns, and each part has its own element.
            let place = unsafe { pieces.piece(part, 1) };
            place[0] += 1;
        });
    }));
    match result {
        Ok(()) => assert!(bad >= parts && done.iter().all(|&count| count == 1), "{done:?}"),
        Err(panic) => {
            assert_eq!(panic.downcast_ref(), Some(&bad));
            assert!(done.iter().all(|&count| count <= 1) && done[bad] == 0, "{done:?}");
        }
    }
}

#[test]
fn chunks_cover_their_slices() {
    with_threads(2, || {
        for len in [0, 1, 9, 10, 11, 1000] {
            let (mut a, mut b) = (vec![0; len], vec![0; len]);
            chunks([&mut a, &mut b], 10, |number, [a, b]| {
                a.fill(number + 1);
                b.fill(2 * (number + 1));
            });
            assert!((0..len).all(|i| a[i] == i / 10 + 1 && b[i] == 2 * a[i]));
        }
    });
}
