//! Timing of steps, and the line of JSON.

use std::time::{Duration, Instant};

use training_loop::prelude::*;

use crate::options::Options;
use crate::{learning, stages};

/// The learning check uses the losses up to this step.
const CHECK_AT: usize = 50;

/// Warms up for 0.7 s, measures, and prints the line.
///
/// # Errors
/// If the losses are not those of a model that trains.
pub(crate) fn run(options: &Options, mut step: impl FnMut(usize) -> Scalar) -> Result<(), String> {
    let mut losses: Vec<Scalar> = Vec::new();
    let mut count = 0;
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(700) || count < 3 {
        keep(&mut losses, step(count));
        count += 1;
    }
    if options.stages {
        print_stages(options, count, step);
        return Ok(());
    }
    let is_checked = std::env::var("PEERS_CHECK").map_or(true, |value| value != "0");
    let mut times = Times::new();
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < options.seconds
        || times.count < 7
        || (is_checked && count < CHECK_AT)
    {
        let before = Instant::now();
        let loss = step(count);
        times.add(before.elapsed().as_secs_f64() * 1e3);
        keep(&mut losses, loss);
        count += 1;
    }
    let mean_time = start.elapsed().as_secs_f64() * 1e3 / times.count as f64;
    let mut times = times.kept;
    let loss50 = losses.get(CHECK_AT - 5..CHECK_AT).map(mean);
    println!(
        "{{\"peer\":\"training-loop\",\"workload\":\"{}\",\"threads\":{},\"ms\":{:.6},\"p10\":{:.6},\"p90\":{:.6},\
         \"mean\":{mean_time:.6},\"steps\":{count},\"loss0\":{:.4},\"loss50\":{:.4},\"loss_end\":{:.4},\
         \"rss_mb\":{:.1}}}",
        options.workload,
        training_loop::num_threads(),
        quantile(&mut times, 0.5),
        quantile(&mut times, 0.1),
        quantile(&mut times, 0.9),
        losses[0],
        loss50.unwrap_or(-1.0),
        mean(&losses[losses.len() - losses.len().min(10)..]),
        peak_memory()
    );
    loss50.map_or(Ok(()), |loss50| learning::check(options, losses[0], loss50))
}

/// The times of steps, or of every second, fourth and so on: memory is measured too, so the list must stay short.
struct Times {
    kept: Vec<f64>,
    count: usize,
    /// One of this many steps is recorded.
    every: usize,
}

impl Times {
    const MOST: usize = 1 << 14;

    fn new() -> Self {
        Self { kept: Vec::with_capacity(Self::MOST), count: 0, every: 1 }
    }

    fn add(&mut self, time: f64) {
        if self.count.is_multiple_of(self.every) {
            if self.kept.len() == Self::MOST {
                let mut index = 0;
                self.kept.retain(|_| {
                    index += 1;
                    index % 2 == 1
                });
                self.every *= 2;
            }
            if self.count.is_multiple_of(self.every) {
                self.kept.push(time);
            }
        }
        self.count += 1;
    }
}

/// Measures inference in samples per second: `[size, ..]` in, nothing recorded.
pub(crate) fn inference(options: &Options, size: usize, mut answer: impl FnMut() -> Tensor) {
    let _guard = no_grad_guard();
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(700) {
        answer();
    }
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < options.seconds || times.len() < 7 {
        let before = Instant::now();
        let output = answer();
        times.push(before.elapsed().as_secs_f64() * 1e3);
        assert_eq!(output.shape()[0], size);
    }
    let ms = quantile(&mut times, 0.5);
    println!(
        "{{\"peer\":\"training-loop\",\"workload\":\"{}\",\"threads\":{},\"batch\":{size},\"ms\":{ms:.6},\
         \"samples_per_second\":{:.0}}}",
        options.workload,
        training_loop::num_threads(),
        size as f64 / ms * 1e3
    );
}

/// The median time of each stage, in milliseconds.
fn print_stages(options: &Options, mut count: usize, mut step: impl FnMut(usize) -> Scalar) {
    stages::start();
    let mut times = vec![Vec::new(); stages::NAMES.len()];
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < options.seconds || times[0].len() < 7 {
        step(count);
        count += 1;
        for (times, spent) in times.iter_mut().zip(stages::take()) {
            times.push(spent.as_secs_f64() * 1e3);
        }
    }
    let medians = stages::NAMES.iter().zip(&mut times);
    let medians: Vec<String> =
        medians.map(|(name, times)| format!("\"{name}\":{:.6}", quantile(times, 0.5))).collect();
    println!(
        "{{\"workload\":\"{}\",\"threads\":{},\"stages\":{{{}}}}}",
        options.workload,
        training_loop::num_threads(),
        medians.join(",")
    );
}

/// Keeps the first fifty losses and the last ten.
fn keep(losses: &mut Vec<Scalar>, loss: Scalar) {
    if losses.len() == CHECK_AT + 10 {
        losses.remove(CHECK_AT);
    }
    losses.push(loss);
}

fn mean(losses: &[Scalar]) -> Scalar {
    losses.iter().sum::<Scalar>() / losses.len() as Scalar
}

fn quantile(times: &mut [f64], share: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    times[((times.len() - 1) as f64 * share) as usize]
}

/// Peak resident memory in MB; NaN if the system does not report it.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
    kilobytes.unwrap_or(f64::NAN) / 1024.0
}
