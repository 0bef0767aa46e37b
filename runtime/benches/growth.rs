//! How time and memory grow: each run of this program measures one point of a curve.
//!
//! `cargo bench -p training-loop --bench growth -- batch 4` trains a perceptron on batches four times as large as at
//! the start of the curve, and prints a line of JSON. `docs/performance.md` plots the curves.

use std::process::exit;
use std::time::Instant;

use training_loop::ndarray::Array2;
use training_loop::prelude::*;

const USAGE: &str = "usage: cargo bench -p training-loop --bench growth -- AXIS FACTOR [--threads N]

  AXIS    batch, width, depth or steps
  FACTOR  how many times as large as at the foot of the curve, an integer, at least 1";

/// The trained model and its data.
struct Point {
    batch: usize,
    /// The number of inputs, and of neurons per hidden layer.
    width: usize,
    /// The number of hidden layers.
    depth: usize,
    steps: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let Some((axis, factor, threads)) = parse(&arguments) else {
        eprintln!("{USAGE}");
        exit(2);
    };
    let mut point = Point { batch: 128, width: 256, depth: 2, steps: 40 };
    match axis {
        "batch" => point.batch *= factor,
        // Sixteen times the width means 256 times the parameters, so this axis starts smaller.
        "width" => point.width = 64 * factor,
        "depth" => point.depth *= factor,
        "steps" => point.steps = 300 * factor,
        _ => {
            eprintln!("{USAGE}");
            exit(2);
        }
    }
    training_loop::set_num_threads(threads);
    measure(axis, factor, &point);
}

fn parse(arguments: &[String]) -> Option<(&str, usize, usize)> {
    let number = |text: &String| text.parse().ok().filter(|number| *number >= 1);
    match arguments {
        [axis, factor] => Some((axis, number(factor)?, 1)),
        [axis, factor, option, threads] if option == "--threads" => {
            Some((axis, number(factor)?, number(threads)?))
        }
        _ => None,
    }
}

#[derive(Module)]
struct Perceptron {
    hidden: Vec<Linear>,
    output: Linear,
}

impl Perceptron {
    fn forward(&self, x: &Tensor) -> Tensor {
        let hidden = self.hidden.iter().fold(x.clone(), |x, layer| layer.forward(&x).relu());
        self.output.forward(&hidden)
    }
}

fn measure(axis: &str, factor: usize, point: &Point) {
    let before = peak_memory();
    let hidden = (0..point.depth).map(|_| Linear::new(point.width, point.width)).collect();
    let model = Perceptron { hidden, output: Linear::new(point.width, 10) };
    let x = Tensor::from(Array2::from_shape_fn((point.batch, point.width), |(row, column)| {
        ((row * 31 + column * 17) % 101) as Scalar / 50.0 - 1.0
    }));
    let y: Labels = (0..point.batch as u32).map(|row| row % 10).collect();
    let mut optimizer = Adam::new(model.parameters(), 1e-3);
    let mut times = Vec::with_capacity(point.steps);
    let start = Instant::now();
    for _ in 0..point.steps {
        let before = Instant::now();
        let output = model.forward(&x);
        let loss = cross_entropy(&output, &y);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        let value = loss.item();
        times.push(before.elapsed().as_secs_f64() * 1e3);
        assert!(value.is_finite());
    }
    let total = start.elapsed().as_secs_f64() * 1e3;
    let memory = peak_memory() - before;
    times.sort_by(f64::total_cmp);
    let parameters: usize = model.parameters().iter().map(|parameter| parameter.tensor().len()).sum();
    println!(
        "{{\"axis\":\"{axis}\",\"factor\":{factor},\"threads\":{},\"batch\":{},\"width\":{},\"depth\":{},\"steps\":{},\
         \"parameters\":{parameters},\"ms\":{:.6},\"total_ms\":{total:.3},\"memory_mb\":{memory:.3}}}",
        training_loop::num_threads(),
        point.batch,
        point.width,
        point.depth,
        point.steps,
        times[times.len() / 2],
    );
}

/// Peak resident memory in MB; NaN if the system does not report it.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
    kilobytes.unwrap_or(f64::NAN) / 1024.0
}
