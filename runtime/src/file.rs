//! Atomic file writes.
//!
//! The content is written to a temporary file in the target's folder, synced, and renamed over the target.
//! `target` resolves the file to replace; `temporary` names, locks and removes the temporary file.

mod sum;
mod target;
mod temporary;

use std::fs::{File, Metadata, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

pub(crate) use self::sum::Sum;
use self::sum::Summed;
use self::target::Target;
use self::temporary::Temporary;
use crate::{Error, Result};

/// Writes a file completely or not at all, even if several processes write the file at once.
///
/// Until the rename the old file is untouched. After an error the old file is still in place and
/// the temporary file is removed, with one exception: if syncing the folder fails, the message says
/// that the new file is in place. A folder that is writable but not readable cannot be synced. In
/// such a folder the write succeeds, but a power loss may restore the old file.
///
/// # Errors
/// [`Error::Io`] with the path that the caller gave.
pub(crate) fn atomic_write(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    replace(path, write).map_err(|error| Error::io(path, "write", error))
}

fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let target = Target::resolve(path)?;
    let temporary = Temporary::create(&target).map_err(|error| target.explain(error))?;
    let mut file = BufWriter::new(temporary.file());
    write(&mut file)?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?;
    target.keep_access(temporary.file())?;
    temporary.file().sync_all()?;
    temporary.rename_over(target.path())?;
    sync_folder(target.folder())
}

/// Writes and syncs a new file in a folder that nobody else uses yet, and returns the length and the checksum of the
/// content. The caller syncs the folder.
///
/// # Errors
/// [`Error::Io`]. A part of the file may be written.
pub(crate) fn write_new(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Sum> {
    let written = || {
        let mut file = BufWriter::new(Summed::new(File::create_new(path)?));
        write(&mut file)?;
        let (file, sum) = file.into_inner().map_err(io::IntoInnerError::into_error)?.finish();
        file.sync_all()?;
        Ok(sum)
    };
    written().map_err(|error| Error::io(path, "write", error))
}

/// Makes the rename survive a power loss. Only Unix can sync a folder. On other systems this
/// function does nothing.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    // A folder without read permission cannot be opened, and some file systems cannot sync folders.
    let Ok(folder) = File::open(folder) else { return Ok(()) };
    match folder.sync_all() {
        Err(error) if !matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            let text = format!("the new file is in place, but its folder could not be synced: {error}");
            Err(io::Error::new(error.kind(), text))
        }
        _ => Ok(()),
    }
}

/// Locks a file until it is closed. Returns false if another process, or another part of this one, holds the lock.
///
/// A child process inherits the locks until its new program begins. If the lock is held, this function
/// therefore tries again for a moment. On a file system without locks, the result is always true.
pub(crate) fn lock(file: &File) -> bool {
    /// The pauses between tries.
    const PAUSES: [Duration; 5] = [Duration::from_millis(1), MORE, MORE, MORE, MORE];
    const MORE: Duration = Duration::from_millis(50);
    let is_held = || matches!(file.try_lock(), Err(TryLockError::WouldBlock));
    for pause in PAUSES {
        if !is_held() {
            return true;
        }
        sleep(pause);
    }
    !is_held()
}

/// The kind of a file that is not a regular file, such as `a named pipe`; `None` for a regular
/// file.
pub(crate) fn irregular(metadata: &Metadata) -> Option<&'static str> {
    let kind = metadata.file_type();
    if kind.is_file() {
        return None;
    }
    if kind.is_dir() {
        return Some("a folder");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        let kinds = [
            (kind.is_fifo(), "a named pipe"),
            (kind.is_socket(), "a socket"),
            (kind.is_block_device() || kind.is_char_device(), "a device"),
        ];
        if let Some((_, name)) = kinds.into_iter().find(|(is_it, _)| *is_it) {
            return Some(name);
        }
    }
    Some("something else")
}

#[cfg(test)]
mod tests;
