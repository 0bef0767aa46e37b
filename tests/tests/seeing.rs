//! Seeing a run while it runs: callbacks, log files, event files, tries with few batches, the display.

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
