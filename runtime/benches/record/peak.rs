//! The machine's peak rates: fused multiply-adds, and updates in cache and in memory.
//!
//! `record.py` compiles this file alone, for the host processor, so that plain loops become its widest instructions.

use std::hint::black_box;
use std::time::Instant;

fn main() {
    let threads: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).expect("how many threads?");
    let rounds = 20_000_000;
    let gflops = best(threads, 2.0 * (LANES * CHAINS * rounds) as f64, || multiply_add(rounds));
    println!("{{\"what\":\"fma\",\"threads\":{threads},\"gflops\":{gflops:.1}}}");
    for (what, megabytes, passes) in [("update in the caches", 4, 400), ("update in memory", 128, 6)] {
        let count = megabytes << 18;
        // Two values are read and one is written, four bytes each.
        let gbs = best(threads, 12.0 * (count * passes) as f64, || update(count, passes));
        println!("{{\"what\":\"{what}\",\"threads\":{threads},\"gbs\":{gbs:.1}}}");
    }
}

/// The best of five rates, in units of 10⁹ per second: noise only ever slows down.
fn best(threads: usize, amount: f64, work: impl Fn() -> f64 + Sync) -> f64 {
    let rate = |_| {
        // The time of the slowest thread, without starting it and filling its arrays.
        let seconds = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(&work)).collect();
            workers.into_iter().map(|worker| worker.join().expect("no panic")).fold(0.0, f64::max)
        });
        amount * threads as f64 / seconds / 1e9
    };
    (0..5).map(rate).fold(0.0, f64::max)
}

const LANES: usize = if cfg!(target_feature = "avx512f") { 16 } else { 8 };
/// Enough sums to hide the latency of an addition: four cycles, two per cycle, and some spare.
const CHAINS: usize = 12;

fn multiply_add(rounds: usize) -> f64 {
    let (x, y) = (black_box([1.0_f32; LANES]), black_box([1e-9_f32; LANES]));
    let mut sums = [[0.0_f32; LANES]; CHAINS];
    let start = Instant::now();
    for _ in 0..rounds {
        for sum in &mut sums {
            for ((sum, x), y) in sum.iter_mut().zip(x).zip(y) {
                *sum = x.mul_add(y, *sum);
            }
        }
    }
    black_box(sums);
    start.elapsed().as_secs_f64()
}

fn update(count: usize, passes: usize) -> f64 {
    let (mut values, grads) = (vec![1.0_f32; count], vec![2.0_f32; count]);
    let start = Instant::now();
    for _ in 0..passes {
        for (value, grad) in values.iter_mut().zip(&grads) {
            *value -= 1e-9 * grad;
        }
        black_box(&mut values);
    }
    start.elapsed().as_secs_f64()
}
