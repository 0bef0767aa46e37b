//! The page: text and tables.

use std::fmt::Write as _;

use serde_json::Value;

use crate::figures::{Figures, short, text};
use crate::{growth, profile, steps};

const HEAD: &str = "# How fast it is

A test writes this page from the figures in `docs/performance/` and compares it: `UPDATE=1 cargo test -p training-loop-tests --test performance` writes it anew.
What is measured is a whole training step: take the batch, forward, loss, zero, backward, optimizer, read the loss.

| | workload |
|---|---|
| W1 | Linear(1,1), 40 samples, full batch, mean squared error, SGD: the cost of the machinery itself |
| W2 | 784-256-128-10, ReLU, batch 64, cross-entropy, Adam |
| W3 | 784-1024-1024-10, ReLU, batch 256, cross-entropy, SGD with momentum |
| W4 | conv 3×3 (1→32), ReLU, conv 3×3 (32→64), ReLU, max-pool 2, fc 9216→128, ReLU, fc 10; 28×28, batch 64, Adam |
| W5 | GPT: 4 layers, 4 heads, width 128, block 64, batch 12, vocabulary 65, AdamW |
| W6 | embedding 65→64, LSTM 128, sequence 64, batch 32, Adam |

";

const COLUMNS: &str = "`torch-eager` is PyTorch as one writes it, `torch-tuned` has fused optimizers, tcmalloc and for W4 channels-last, `torch-best` is that with MKL told that the processor is Intel's, `torch-compile` is `torch-tuned` compiled.
`numpy` is written by hand over OpenBLAS, `-tc` is a library with tcmalloc in place of the system's allocator.
The Rust libraries are built for this very processor (`target-cpu=native`); ours is built as Cargo builds it, and chooses its instructions at run time.

";

const LEARNING: &str =
    "Every library trains the same workload: the loss of the first step → the mean loss of steps 46 to 50.
They start from draws of their own, by PyTorch's rules of initialisation.

";

const SPREAD: &str = "What differs between draws, with eight seeds of PyTorch and of ours, least – most:

";

const SPREAD_AFTER: &str = "The bench `steps` ends with an error where a loss lies outside PyTorch's spread and as much again on either side (`runtime/benches/steps/learning.rs`).
In W1 the start is two draws, so losses of different starts say little: there the losses must be those of gradient descent computed by hand in double precision from the same start, to 1 in 10,000.
W4 is in the middle of its descent after 50 steps and varies most: its bounds tell learning from not learning, and no more.

";

const FLOOR: &str = "## The share of the floor

The floor is a step's arithmetic at the peak of the machine, and its optimizer's pass over the parameters at the speed of the caches.
Convolutions are counted the direct way, multiplication by multiplication; Winograd's way saves a part of them.
Reading and writing activations, exponentials, pooling and packing are not in this floor, so no program reaches it.

";

const ARITHMETIC: &str = "The arithmetic alone, in milliseconds: what products, convolutions (with pooling) and attention take by the samples further down, against the same arithmetic at the peak.

";

const STAGES: &str = "## Where the time goes

By stage, the median of each; what the clock costs is in it, which shows in W1.

";

const KERNELS: &str = "By kind of kernel, samples of `perf` over a whole run with its start:

";

const GROWTH: &str = "## Growth

A perceptron, Adam, cross-entropy; at the foot of each curve it has batches of 128, two hidden layers of 256 (of 64 where the width grows) and 40 steps (300 where they grow), and one of these grows by 16.
Memory is the peak of the process less what it held before the model was built.
The dashed line has slope 1 and goes through the last point: points on it grow linearly, points above it at the left are what a step costs whatever its size.
A layer that is twice as wide has four times as many parameters and as much arithmetic, so linear means: in the parameters.

";

const INFERENCE: &str = "## Inference

Samples a second under `no_grad` and after `eval()`, against PyTorch under `inference_mode` (W4 in channels-last).

";

const BUILDS: &str = "## What users pay

The least program that trains a perceptron: built from nothing with an empty target folder, Cargo's default flags, crates already downloaded.
Crates are those that are built for it, the program among them.

";

const AGAIN: &str = "## How to run it again

The comparison of libraries is a project of its own, and so is no part of this repository; its `run.py` takes the column `training-loop` from the bench target `steps` and prints a line of JSON for each run.

```sh
cargo bench -p training-loop --bench steps -- w2 --threads 2           # one cell of ours
PEERS=... runtime/benches/record/record.py steps                       # the comparison's lines, as run.py left them
PEERS=... runtime/benches/record/record.py machine losses stages kernels growth inference builds
UPDATE=1 cargo test -p training-loop-tests --test performance          # this page and its plots, from what was recorded
```

Figures drift by 20 % with the hour on a shared machine, whatever one does: only figures of one run compare.

";

pub(crate) fn write(figures: &Figures) -> String {
    let mut out = HEAD.to_owned();
    machine(&mut out, figures);
    let (runs, again) = steps::repetitions(figures);
    let _ = write!(
        out,
        "## Training steps\n\nThe median of a run, the least of {runs} runs that took turns with the other libraries'; \
         {again} runs were thrown away and made again because something else used the machine.\n{COLUMNS}{}",
        steps::times(figures)
    );
    let _ = write!(out, "Memory at its peak with one thread, MB:\n\n{}", steps::memory(figures));
    let _ =
        write!(out, "{LEARNING}{}{SPREAD}{}{SPREAD_AFTER}", steps::losses(figures), steps::spread(figures));
    let _ = write!(out, "{FLOOR}{}{ARITHMETIC}{}", steps::floor(figures), steps::arithmetic(figures));
    let _ = write!(out, "{STAGES}{}{KERNELS}{}", profile::stages(figures), profile::kernels(figures));
    let _ = write!(out, "{GROWTH}{}{}", growth::factors(figures), growth::images());
    let _ = write!(out, "{INFERENCE}{}", profile::inference(figures));
    let _ = write!(out, "{BUILDS}{}{AGAIN}", profile::builds(figures));
    let _ = write!(out, "## What falls short\n\n{}", steps::shortfalls(figures));
    if !figures.notes.is_empty() {
        let _ = write!(out, "\n{}", figures.notes);
    }
    out
}

fn machine(out: &mut String, figures: &Figures) {
    let Some(line) = figures.machine.iter().find(|line| text(line, "what") == "machine") else { return };
    let _ = write!(
        out,
        "## The machine\n\n{}, family {}, {} cores{}, {}, second-level cache {}, third-level {}, {} GB; {}.\n",
        text(line, "processor"),
        text(line, "family"),
        line["cores"],
        if line["virtual"] == Value::Bool(true) { " of a virtual machine" } else { "" },
        text(line, "vectors"),
        text(line, "l2"),
        text(line, "l3"),
        line["memory_gb"],
        text(line, "date")
    );
    let versions = ["rustc", "torch", "jax", "numpy", "candle-core", "burn", "dfdx"];
    let versions: Vec<String> = versions
        .iter()
        .filter(|name| line.get(**name).is_some())
        .map(|name| format!("{name} {}", text(line, name)))
        .collect();
    let _ = write!(
        out,
        "Versions: {}.\n\n| at most | 1 thread | 2 threads |\n|---|---|---|\n",
        versions.join(", ")
    );
    for (what, words) in [
        ("fma", "fused multiply-adds, GFLOP/s"),
        ("update in the caches", "numbers brought up to date in the caches, GB/s"),
        ("update in memory", "the same in memory, GB/s"),
    ] {
        let cells = [1, 2].map(|threads| figures.peak(what, threads).map_or("–".to_owned(), short));
        let _ = writeln!(out, "| {words} | {} |", cells.join(" | "));
    }
    out.push('\n');
}
