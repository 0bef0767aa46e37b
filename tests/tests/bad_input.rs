//! Bad input as a user meets it: every message names the place and the way out, and nothing is lost on the way.

#[path = "bad_input/common.rs"]
mod common;
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
#[cfg(unix)]
#[path = "bad_input/writers.rs"]
mod writers;
