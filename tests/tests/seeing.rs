//! Observation of a run: callbacks, log files, event files, trial runs with few batches, the progress
//! display.

#[path = "seeing/callbacks.rs"]
mod callbacks;
#[path = "seeing/common.rs"]
mod common;
#[path = "seeing/display.rs"]
mod display;
#[path = "seeing/events.rs"]
mod events;
#[path = "seeing/limits.rs"]
mod limits;
#[path = "seeing/logs.rs"]
mod logs;
#[path = "seeing/resumed.rs"]
mod resumed;
