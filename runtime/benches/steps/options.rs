//! Command line options.

use std::process::exit;

pub(crate) const USAGE: &str = "usage: cargo bench -p training-loop --bench steps -- WORKLOAD [OPTIONS]

  w1  Linear(1,1), 40 samples, mean squared error, SGD
  w2  784-256-128-10, ReLU, batch 64, cross-entropy, Adam
  w3  784-1024-1024-10, ReLU, batch 256, cross-entropy, SGD with momentum
  w4  conv 3x3 (1-32-64), ReLU, max-pool 2, 9216-128-10, 28x28, batch 64, cross-entropy, Adam
  w5  GPT: 4 layers, 4 heads, width 128, sequence 64, batch 12, cross-entropy, AdamW
  w6  embedding 65-64, LSTM 128, linear 65, sequence 64, batch 32, cross-entropy, Adam
  w7  ResNet-18 with batch norm, 32x32, batch 16, cross-entropy, SGD with momentum and weight decay
  w8  depthwise-separable network with batch norm (3-32-64-128), 32x32, batch 32, cross-entropy, Adam
  w9-1, w9-4096  784-1024-1024-10, ReLU, batch 1 or 4096, cross-entropy, Adam
  w10 transformer: 2 layers, 8 heads, width 512, sequence 128, batch 8, dropout, cross-entropy, AdamW
  w11 embedding 65-64, two-layer bidirectional GRU 128, linear 65, sequence 64, batch 32, cross-entropy, Adam
  w12-chain, w12-reduce, w12-permute, w12-gather  operations on 2^20 numbers, forward and backward

  --threads N  threads that share the work, 1 unless given
  --secs S     seconds to measure after the warm-up, 2 unless given
  --seed N     seed of the first parameters, 0 unless given
  --infer N    answer batches of N samples without learning instead, w2, w4, w7 and w8 only
  --check      look for gradients that are not finite before each step, as a generated loop does
  --stages     print the time of each stage of a step instead";

const WORKLOADS: [&str; 16] = [
    "w1",
    "w2",
    "w3",
    "w4",
    "w5",
    "w6",
    "w7",
    "w8",
    "w9-1",
    "w9-4096",
    "w10",
    "w11",
    "w12-chain",
    "w12-reduce",
    "w12-permute",
    "w12-gather",
];

pub(crate) struct Options {
    pub(crate) workload: String,
    pub(crate) threads: usize,
    pub(crate) seconds: f64,
    pub(crate) seed: u64,
    pub(crate) stages: bool,
    pub(crate) check: bool,
    /// The batch size for inference; `None` to train.
    pub(crate) infer: Option<usize>,
}

impl Options {
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            workload: String::new(),
            threads: 1,
            seconds: 2.0,
            seed: 0,
            stages: false,
            check: false,
            infer: None,
        };
        // Cargo passes `--bench` to bench targets.
        let mut arguments = arguments.filter(|argument| argument != "--bench");
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("`{argument}` needs a value"));
            match argument.as_str() {
                name if WORKLOADS.contains(&name) && options.workload.is_empty() => {
                    options.workload = argument;
                }
                "--threads" => {
                    let range = |n: &usize| *n >= 1;
                    options.threads = number(&argument, &value()?, range, "an integer, at least 1")?;
                }
                "--secs" => {
                    let range = |s: &f64| s.is_finite() && *s >= 0.0;
                    options.seconds = number(&argument, &value()?, range, "a number of seconds, at least 0")?;
                }
                "--seed" => options.seed = number(&argument, &value()?, |_| true, "an integer, at least 0")?,
                "--infer" => {
                    let range = |n: &usize| (1..=2048).contains(n);
                    options.infer = Some(number(&argument, &value()?, range, "an integer from 1 to 2048")?);
                }
                "--stages" => options.stages = true,
                "--check" => options.check = true,
                "-h" | "--help" => {
                    println!("{USAGE}");
                    exit(0);
                }
                _ => return Err(format!("unknown workload or option `{argument}`")),
            }
        }
        if options.workload.is_empty() { Err("which workload?".to_owned()) } else { Ok(options) }
    }
}

fn number<T: std::str::FromStr>(
    name: &str,
    text: &str,
    range: impl Fn(&T) -> bool,
    rule: &str,
) -> Result<T, String> {
    let value = text.parse().ok().filter(range);
    value.ok_or_else(|| format!("`{name}` is `{text}`: it must be {rule}"))
}
