//! The exit codes.

/// Nothing was found.
pub(crate) const CLEAN: u8 = 0;
/// Something was found, even if only a warning.
pub(crate) const FINDINGS: u8 = 1;
/// Something could not be read or printed.
pub(crate) const FAILED: u8 = 2;
