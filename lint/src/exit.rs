//! The exit codes of the command.

/// The exit code after a run without findings.
pub(crate) const CLEAN: u8 = 0;
/// The exit code after a run with findings, even if they are only warnings.
pub(crate) const FINDINGS: u8 = 1;
/// The exit code if a file could not be read or the output could not be printed.
pub(crate) const FAILED: u8 = 2;
