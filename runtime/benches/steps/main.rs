//! Whole training steps: load the batch, forward, loss, zero, backward, step, read the loss.
//!
//! `cargo bench -p training-loop --bench steps -- w2 --threads 1 --secs 2` prints one line of JSON. Data, sizes,
//! warm-up and fields are those of the comparison with other libraries. `PEERS_CHECK=0` skips the check of the first
//! fifty losses.

mod data;
mod learning;
mod measure;
mod options;
mod stages;
mod training;
mod w1;
mod w10;
mod w11;
mod w12;
mod w2_w3;
mod w4;
mod w5;
mod w6;
mod w7;
mod w8;

use std::process::exit;

use options::{Options, USAGE};

fn main() {
    let options = Options::parse(std::env::args().skip(1)).unwrap_or_else(|fault| {
        eprintln!("{fault}\n\n{USAGE}");
        exit(2);
    });
    training_loop::set_num_threads(options.threads);
    training_loop::seed(options.seed);
    training::CHECK.store(options.check, std::sync::atomic::Ordering::Relaxed);
    if let Some(size) = options.infer {
        match options.workload.as_str() {
            "w2" => measure::inference(&options, size, w2_w3::answers(size)),
            "w4" => measure::inference(&options, size, w4::answers(size)),
            "w7" => measure::inference(&options, size, w7::answers(size)),
            "w8" => measure::inference(&options, size, w8::answers(size)),
            other => {
                eprintln!("`--infer` is for w2, w4, w7 and w8, not for {other}");
                exit(2);
            }
        }
        return;
    }
    let learnt = match options.workload.as_str() {
        "w1" => measure::run(&options, w1::workload()),
        "w2" => measure::run(&options, w2_w3::w2()),
        "w3" => measure::run(&options, w2_w3::w3()),
        "w4" => measure::run(&options, w4::workload()),
        "w5" => measure::run(&options, w5::workload()),
        "w6" => measure::run(&options, w6::workload()),
        "w7" => measure::run(&options, w7::workload()),
        "w8" => measure::run(&options, w8::workload()),
        "w9-1" => measure::run(&options, w2_w3::w9(1)),
        "w9-4096" => measure::run(&options, w2_w3::w9(4096)),
        "w10" => measure::run(&options, w10::workload()),
        "w11" => measure::run(&options, w11::workload()),
        "w12-chain" => measure::run(&options, w12::chain()),
        "w12-reduce" => measure::run(&options, w12::reduce()),
        "w12-permute" => measure::run(&options, w12::permute()),
        "w12-gather" => measure::run(&options, w12::gather()),
        // The parser accepts no other workload.
        other => unreachable!("{other}"),
    };
    if let Err(fault) = learnt {
        eprintln!("{}: {fault}", options.workload);
        exit(1);
    }
}
