#!/usr/bin/env bash
# What one annotated function adds to `cargo check`, in milliseconds of processor time: a crate of many
# training loops is checked with the attribute above each of them and without.
# Usage: analysis/benches/cargo_check.sh [FUNCTIONS] [RUNS]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
functions=${1:-200}
runs=${2:-5}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Writes the crate; the attribute's line is the first argument.
write() {
    {
        echo '#![allow(unused, dead_code)]'
        echo 'use training_loop::prelude::*;'
        for ((i = 0; i < functions; i++)); do
            cat <<RUST
$1
pub fn fit_$i(model: &mut Linear, train: &DataLoader, epochs: usize) -> f32 {
    let mut optimizer = AdamW::new(model.parameters(), 1e-3).weight_decay(0.01);
    let mut total = 0.0;
    for epoch in 0..epochs {
        model.train();
        total = 0.0;
        for (index, batch) in train.into_iter().enumerate() {
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward();
            optimizer.clip_grad_norm(1.0);
            optimizer.step();
            total += loss.item();
            if index % 100 == 0 {
                println!("epoch {epoch}, batch {index}: {}", loss.item());
            }
        }
        model.eval();
    }
    total
}
RUST
        done
    } >"$scratch/src/lib.rs"
}

# The least processor time of several checks, in milliseconds.
check() {
    local best=999999999 time
    TIMEFORMAT='%U %S'
    for ((run = 0; run < runs; run++)); do
        touch "$scratch/src/lib.rs"
        time=$({ time cargo check -q --manifest-path "$scratch/Cargo.toml" 2>"$scratch/said"; } 2>&1 |
            awk '{ printf "%d", ($1 + $2) * 1000 }')
        ((time < best)) && best=$time
    done
    echo "$best"
}

mkdir "$scratch/src"
cat >"$scratch/Cargo.toml" <<TOML
[package]
name = "measured"
version = "0.0.0"
edition = "2024"
[dependencies]
training-loop = { path = "$root/runtime" }
[workspace]
TOML
cp "$root/Cargo.lock" "$scratch/Cargo.lock"
export CARGO_TARGET_DIR=$scratch/target
write ''
cargo check -q --manifest-path "$scratch/Cargo.toml"
without=$(check)
write '#[training_loop]'
with=$(check)
awk -v with="$with" -v without="$without" -v n="$functions" 'BEGIN {
    printf "%d functions: %d ms without the attribute, %d ms with it, %.2f ms for each function\n",
        n, without, with, (with - without) / n }'
