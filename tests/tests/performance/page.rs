//! The page: text and tables.

use std::fmt::Write as _;

use serde_json::Value;

use crate::figures::{Figures, short, text};
use crate::{growth, profile, steps};

const HEAD: &str = "# How fast it is

A test generates this page from the figures in `docs/performance/` and checks that it is up to date; `UPDATE=1 cargo test -p training-loop-tests --test performance` regenerates it.
A measurement covers a whole training step: take the batch, forward, loss, zero, backward, optimizer, read the loss.

| | workload |
|---|---|
| W1 | Linear(1,1), 40 samples, full batch, mean squared error, SGD: the overhead |
| W2 | 784-256-128-10, ReLU, batch 64, cross-entropy, Adam |
| W3 | 784-1024-1024-10, ReLU, batch 256, cross-entropy, SGD with momentum |
| W4 | conv 3×3 (1→32), ReLU, conv 3×3 (32→64), ReLU, max-pool 2, fc 9216→128, ReLU, fc 10; 28×28, batch 64, Adam |
| W5 | GPT: 4 layers, 4 heads, width 128, block 64, batch 12, vocabulary 65, AdamW |
| W6 | embedding 65→64, LSTM 128, sequence 64, batch 32, Adam |

";

const COLUMNS: &str = "`torch-eager` is ordinary PyTorch, `torch-tuned` has fused optimizers, tcmalloc and channels-last for W4, `torch-best` also makes MKL treat the processor as Intel's, `torch-compile` is `torch-tuned` compiled.
`numpy` is hand-written on OpenBLAS, `-tc` is a library with tcmalloc instead of the system's allocator.
The other Rust libraries are built for this processor (`target-cpu=native`); ours is built with Cargo's defaults, and selects its instructions at run time.

";

const LEARNING: &str =
    "Every library trains the same workload: the loss of the first step → the mean loss of steps 46 to 50.
Each draws its own initial values, by PyTorch's rules of initialization.

";

const SPREAD: &str = "Variation between seeds, with eight seeds of PyTorch and of ours, minimum – maximum:

";

const SPREAD_AFTER: &str = "The bench `steps` fails if a loss is outside PyTorch's range, extended by its width on either side (`runtime/benches/steps/learning.rs`).
In W1 the initial values are two draws, so losses from different seeds are not comparable: there the losses must equal those of gradient descent in double precision from the same start, to 1 in 10,000.
After 50 steps the loss of W4 is still falling fast and varies most: its bounds only distinguish learning from not learning.

";

const FLOOR: &str = "## Efficiency

The floor is the time of a step's arithmetic at the peak of the machine, plus its optimizer's pass over the parameters at the speed of the caches.
Convolutions are counted by the direct method; Winograd's method saves a part of the multiplications.
Reading and writing activations, exponentials, pooling and packing are not in this floor, so no program reaches it.

";

const ARITHMETIC: &str = "The arithmetic alone, in milliseconds: the time of matmuls, convolutions (with pooling) and attention, from the profile below, against the same arithmetic at the peak.

";

const STAGES: &str = "## Where the time goes

By stage, the median of each, including the cost of reading the clock, which is visible in W1.

";

const KERNELS: &str = "By kind of kernel, samples of `perf` over a whole run, including its start:

";

const GROWTH: &str = "## Growth

A perceptron, Adam, cross-entropy; each curve starts with batches of 128, two hidden layers of 256 (of 64 if the width grows) and 40 steps (300 if their number grows), and one of these grows by a factor of 16.
Memory is the peak of the process minus its memory before the model was built.
The dashed line has slope 1 and goes through the last point: points on it grow linearly, points above it at the left show the constant cost of a step.
A layer of twice the width has four times the parameters and the arithmetic, so growth with the width is linear in the parameters.

";

const INFERENCE: &str = "## Inference

Samples per second under `no_grad` and after `eval()`, compared with PyTorch under `inference_mode` (W4 in channels-last).

";

const BUILDS: &str = "## Build cost

The smallest program that trains a perceptron: built with an empty target folder, Cargo's default flags, crates already downloaded.
The number of crates includes the program.

";

const AGAIN: &str = "## Reproduction

The comparison of libraries is a separate project, not in this repository; its `run.py` takes the column `training-loop` from the bench target `steps` and prints a line of JSON for each run.

```sh
cargo bench -p training-loop --bench steps -- w2 --threads 2           # one cell of ours
PEERS=... runtime/benches/record/record.py steps                       # the comparison's lines, as printed by run.py
PEERS=... runtime/benches/record/record.py machine losses stages kernels growth inference builds
UPDATE=1 cargo test -p training-loop-tests --test performance          # this page and its plots, from the recorded figures
```

Figures vary by 20 % within hours on a shared machine: compare only figures of the same run.

";

pub(crate) fn write(figures: &Figures) -> String {
    let mut out = HEAD.to_owned();
    machine(&mut out, figures);
    let (runs, again) = steps::repetitions(figures);
    let _ = write!(
        out,
        "## Training steps\n\nThe median of a run, the minimum of {runs} runs, alternating with the other libraries; \
         {again} runs were discarded and repeated because of other load on the machine.\n{COLUMNS}{}",
        steps::times(figures)
    );
    let _ = write!(out, "Peak memory with one thread, MB:\n\n{}", steps::memory(figures));
    let _ =
        write!(out, "{LEARNING}{}{SPREAD}{}{SPREAD_AFTER}", steps::losses(figures), steps::spread(figures));
    let _ = write!(out, "{FLOOR}{}{ARITHMETIC}{}", steps::floor(figures), steps::arithmetic(figures));
    let _ = write!(out, "{STAGES}{}{KERNELS}{}", profile::stages(figures), profile::kernels(figures));
    let _ = write!(out, "{GROWTH}{}{}", growth::factors(figures), growth::images());
    let _ = write!(out, "{INFERENCE}{}", profile::inference(figures));
    let _ = write!(out, "{BUILDS}{}{AGAIN}", profile::builds(figures));
    let _ = write!(out, "## Weak spots\n\n{}", steps::shortfalls(figures));
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
        ("update in the caches", "updates of values in the caches, GB/s"),
        ("update in memory", "updates of values in memory, GB/s"),
    ] {
        let cells = [1, 2].map(|threads| figures.peak(what, threads).map_or("–".to_owned(), short));
        let _ = writeln!(out, "| {words} | {} |", cells.join(" | "));
    }
    out.push('\n');
}
