//! Where a path that was not found was looked for.

use std::fmt;
use std::path::Path;

/// Where a path that was not found was looked for.
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
