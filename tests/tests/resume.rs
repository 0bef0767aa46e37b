//! Checkpoints and resumed runs: stopped anywhere, killed, on full disks and from damaged files.

#[path = "resume/bits.rs"]
mod bits;
#[path = "resume/clauses.rs"]
mod clauses;
#[path = "resume/common.rs"]
mod common;
#[path = "resume/files.rs"]
mod files;
#[path = "resume/killed.rs"]
mod killed;
#[path = "resume/phases.rs"]
mod phases;
#[path = "resume/signals.rs"]
mod signals;
#[path = "resume/workers.rs"]
mod workers;
