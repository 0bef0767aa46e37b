//! Whole training steps: take the batch, forward, loss, zero, backward, step, read the loss.
//!
//! `cargo bench -p training-loop --bench steps -- w2 --threads 1 --secs 2` prints one line of JSON.
//! Data, sizes, warm-up and fields are those of the comparison with other libraries.
//! `PEERS_CHECK=0` leaves out the fifty steps that show whether it learns.

use std::process::exit;
use std::time::{Duration, Instant};

use training_loop::ndarray::{Array2, s};
use training_loop::prelude::*;

const USAGE: &str = "usage: cargo bench -p training-loop --bench steps -- WORKLOAD [--threads N] [--secs S]

  w1  Linear(1,1), 40 samples, mean squared error, SGD
  w2  784-256-128-10, ReLU, batch 64, cross-entropy, Adam
  w3  784-1024-1024-10, ReLU, batch 256, cross-entropy, SGD with momentum

  --threads N  1 or 2, 1 unless given; steps run on one thread for now, and the line says so
  --secs S     seconds to measure after the warm-up, 2 unless given";

fn main() {
    let options = Options::parse(std::env::args().skip(1)).unwrap_or_else(|fault| {
        eprintln!("{fault}\n\n{USAGE}");
        exit(2);
    });
    match options.workload.as_str() {
        "w1" => measure(&options, line()),
        "w2" => measure(&options, images(64, [256, 128], |p| Adam::new(p, 1e-3))),
        _ => measure(&options, images(256, [1024, 1024], |p| Sgd::new(p, 0.01).momentum(0.9))),
    }
}

struct Options {
    workload: String,
    threads: usize,
    seconds: f64,
}

impl Options {
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut workload, mut threads, mut seconds) = (None, 1, 2.0);
        // Cargo adds `--bench` to what a bench target is run with.
        let mut arguments = arguments.filter(|argument| argument != "--bench");
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("`{argument}` needs a value"));
            match argument.as_str() {
                "w1" | "w2" | "w3" if workload.is_none() => workload = Some(argument),
                "--threads" => {
                    let text = value()?;
                    threads = text
                        .parse()
                        .ok()
                        .filter(|n| (1..=2).contains(n))
                        .ok_or_else(|| format!("`--threads` is `{text}`: it must be 1 or 2"))?;
                }
                "--secs" => {
                    let text = value()?;
                    let range = |s: &f64| s.is_finite() && *s >= 0.0;
                    seconds = text.parse().ok().filter(range).ok_or_else(|| {
                        format!("`--secs` is `{text}`: it must be a number of seconds, at least 0")
                    })?;
                }
                "-h" | "--help" => {
                    println!("{USAGE}");
                    exit(0);
                }
                _ => return Err(format!("unknown workload or option `{argument}`")),
            }
        }
        let workload = workload.ok_or("which workload?")?;
        Ok(Self { workload, threads, seconds })
    }
}

/// W1: a line through 40 points.
fn line() -> impl FnMut(usize) -> Scalar {
    let x: Vec<Scalar> = (0..40).map(|i| 2.0 * uniform(1, i)).collect();
    let y = x.iter().zip(0..).map(|(x, i)| 2.0 * x + 1.0 + 0.1 * uniform(2, i)).collect();
    let column = |values| Tensor::from(Array2::from_shape_vec((40, 1), values).expect("40 rows"));
    let (x, y) = (column(x), column(y));
    let model = Linear::new(1, 1);
    let mut optimizer = Sgd::new(model.parameters(), 0.01);
    move |_| {
        let output = model.forward(&x);
        let loss = mse_loss(&output, &y);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        loss.item()
    }
}

#[derive(Module)]
struct Perceptron {
    first: Linear,
    second: Linear,
    output: Linear,
}

impl Perceptron {
    fn forward(&self, x: &Tensor) -> Tensor {
        let x = self.first.forward(x).relu();
        let x = self.second.forward(&x).relu();
        self.output.forward(&x)
    }
}

/// W2 and W3: a perceptron with two hidden layers on noisy pictures of ten classes.
fn images<O: Optimizer>(
    batch: usize,
    [first, second]: [usize; 2],
    optimizer: impl Fn(Vec<Parameter>) -> O,
) -> impl FnMut(usize) -> Scalar {
    let (pictures, labels) = picture_data();
    let model = Perceptron {
        first: Linear::new(784, first),
        second: Linear::new(first, second),
        output: Linear::new(second, 10),
    };
    let mut optimizer = optimizer(model.parameters());
    move |step| {
        let start = step % (PICTURES / batch) * batch;
        let x = Tensor::from(pictures.slice(s![start..start + batch, ..]));
        let y = Labels::from(&labels[start..start + batch]);
        let output = model.forward(&x);
        let loss = cross_entropy(&output, &y);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        loss.item()
    }
}

const PICTURES: usize = 2048;

/// Pictures of 784 pixels, each its class's prototype under noise.
fn picture_data() -> (Array2<Scalar>, Vec<u32>) {
    let labels: Vec<u32> = (0..PICTURES as u64).map(|i| (bits(4, i) % 10) as u32).collect();
    let pictures = Array2::from_shape_fn((PICTURES, 784), |(i, pixel)| {
        let prototype = uniform(3, u64::from(labels[i]) * 784 + pixel as u64);
        0.5 * prototype + 2.0 * uniform(5, (i * 784 + pixel) as u64)
    });
    (pictures, labels)
}

/// The `i`-th number of a stream, in [-0.5, 0.5).
fn uniform(stream: u64, i: u64) -> Scalar {
    (bits(stream, i) >> 40) as Scalar / (1 << 24) as Scalar - 0.5
}

/// The `i`-th word of a stream, by the splitmix64 generator.
fn bits(stream: u64, i: u64) -> u64 {
    let mut z = (stream << 40).wrapping_add(i).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Warms up for 0.7 s, measures, and prints the line.
fn measure(options: &Options, mut step: impl FnMut(usize) -> Scalar) {
    const CHECK_AT: usize = 50;
    let check = std::env::var("PEERS_CHECK").map_or(true, |value| value != "0");
    let used = 1;
    if options.threads > used {
        eprintln!("a step runs on one thread: `--threads {}` changes nothing", options.threads);
    }
    let mut losses: Vec<Scalar> = Vec::new();
    let mut count = 0;
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(700) || count < 3 {
        keep(&mut losses, step(count), CHECK_AT);
        count += 1;
    }
    let mut times: Vec<f64> = Vec::new();
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < options.seconds || times.len() < 7 || (check && count < CHECK_AT) {
        let before = Instant::now();
        let loss = step(count);
        times.push(before.elapsed().as_secs_f64() * 1e3);
        keep(&mut losses, loss, CHECK_AT);
        count += 1;
    }
    let mean_time = start.elapsed().as_secs_f64() * 1e3 / times.len() as f64;
    times.sort_by(f64::total_cmp);
    let quantile = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let mean = |losses: &[Scalar]| losses.iter().sum::<Scalar>() / losses.len() as Scalar;
    let loss50 = if losses.len() >= CHECK_AT { mean(&losses[CHECK_AT - 5..CHECK_AT]) } else { -1.0 };
    println!(
        "{{\"peer\":\"training-loop\",\"workload\":\"{}\",\"threads\":{used},\"ms\":{:.6},\"p10\":{:.6},\"p90\":{:.6},\
         \"mean\":{mean_time:.6},\"steps\":{count},\"loss0\":{:.4},\"loss50\":{loss50:.4},\"loss_end\":{:.4},\
         \"rss_mb\":{:.1}}}",
        options.workload,
        quantile(0.5),
        quantile(0.1),
        quantile(0.9),
        losses[0],
        mean(&losses[losses.len() - losses.len().min(10)..]),
        peak_memory()
    );
}

/// Keeps the first fifty losses and the last ten.
fn keep(losses: &mut Vec<Scalar>, loss: Scalar, first: usize) {
    if losses.len() == first + 10 {
        losses.remove(first);
    }
    losses.push(loss);
}

/// Peak resident memory in MB; NaN where the system does not tell.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
    kilobytes.unwrap_or(f64::NAN) / 1024.0
}
