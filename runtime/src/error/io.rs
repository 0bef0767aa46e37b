//! Errors of the operating system.

use std::fmt;
use std::path::Path;

use super::Error;

/// If `path` was not found, writes which folder is missing. If no folder is missing and `path` is
/// relative, writes the folder that `path` is relative to.
pub(super) fn write_where(f: &mut fmt::Formatter<'_>, path: &Path, source: &std::io::Error) -> fmt::Result {
    if source.kind() != std::io::ErrorKind::NotFound {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match (folder.filter(|folder| !folder.exists()), std::env::current_dir()) {
        (Some(folder), _) if path.is_absolute() => write!(f, "; there is no folder {}", folder.display()),
        (Some(folder), Ok(current)) => {
            write!(f, "; there is no folder {} in {}", folder.display(), current.display())
        }
        (None, Ok(current)) if path.is_relative() => {
            write!(f, "; it was looked for from the folder {}", current.display())
        }
        _ => Ok(()),
    }
}

/// Passes a system error on unchanged. [`Error::io`] adds the path.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
///
/// fn names() -> Result<String> {
///     Ok(std::fs::read_to_string("classes.txt")?)
/// }
/// assert!(names().is_err());
/// ```
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::other(error)
    }
}
