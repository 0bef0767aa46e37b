//! Bad input from a user's view: every message names the place and the remedy, and nothing is lost.

#[path = "bad_input/common.rs"]
mod common;
#[path = "bad_input/damaged.rs"]
mod damaged;
#[path = "bad_input/data.rs"]
mod data;
#[path = "bad_input/hyper.rs"]
mod hyper;
#[cfg(target_os = "linux")]
#[path = "bad_input/memory.rs"]
mod memory;
#[path = "bad_input/misuses.rs"]
mod misuses;
#[path = "bad_input/models.rs"]
mod models;
#[path = "bad_input/panics.rs"]
mod panics;
#[path = "../fuzz/read.rs"]
mod read;
#[cfg(unix)]
#[path = "bad_input/writers.rs"]
mod writers;
