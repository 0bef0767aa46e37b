//! Tests of the command as a process, as a shell or a CI job runs it.

#[path = "command/agree.rs"]
mod agree;
#[path = "command/allow.rs"]
mod allow;
#[path = "command/codes.rs"]
mod codes;
#[path = "command/files.rs"]
mod files;
#[path = "command/fix.rs"]
mod fix;
#[path = "command/human.rs"]
mod human;
#[path = "command/json.rs"]
mod json;
#[path = "command/program.rs"]
mod program;
