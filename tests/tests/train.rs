//! Training for real: it converges on real data, means what the clauses say, and repeats bit for bit.

#[path = "train/bits.rs"]
mod bits;
#[path = "train/common.rs"]
mod common;
#[path = "train/files.rs"]
mod files;
#[path = "train/frozen.rs"]
mod frozen;
#[path = "train/meaning.rs"]
mod meaning;
#[path = "train/real.rs"]
mod real;
#[path = "train/synthetic.rs"]
mod synthetic;
