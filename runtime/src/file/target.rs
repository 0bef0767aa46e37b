//! The target of a write: symbolic links are followed, and the old file's ownership and permissions are kept.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::irregular;

/// The maximum number of symbolic links that are followed: 40, as on Linux.
const MOST_LINKS: usize = 40;

/// The target of a write: a regular file to replace, or a path where no file exists.
pub(super) struct Target {
    path: PathBuf,
    /// Whether the caller's path is a symbolic link that leads to `path`.
    is_linked: bool,
    /// The metadata of the file to replace; `None` if there is no file.
    old: Option<Metadata>,
}

impl Target {
    /// Finds the file that a write to `path` replaces. Symbolic links are followed, even to a file that does
    /// not exist yet.
    ///
    /// # Errors
    /// If the path has no file name, if it leads to something other than a regular file, or if the
    /// file is not writable.
    pub(super) fn resolve(path: &Path) -> io::Result<Self> {
        let mut found = path.to_path_buf();
        for links in 0..=MOST_LINKS {
            let is_linked = links > 0;
            if found.file_name().is_none() {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
            }
            let target = Self { path: found.clone(), is_linked, old: None };
            match fs::symlink_metadata(&found) {
                Ok(metadata) if metadata.is_symlink() => {
                    let next = fs::read_link(&found)?;
                    found = target.folder().join(next);
                }
                Ok(metadata) => {
                    let old = writable(&found, &metadata).map_err(|error| target.explain(error))?;
                    return Ok(Self { old: Some(old), ..target });
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(target),
                Err(error) => return Err(target.explain(error)),
            }
        }
        Err(io::Error::new(io::ErrorKind::InvalidInput, "its symbolic links lead in a circle"))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of the target.
    pub(super) fn folder(&self) -> &Path {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.unwrap_or(Path::new("."))
    }

    /// Whether the write replaces an existing file.
    pub(super) fn is_old(&self) -> bool {
        self.old.is_some()
    }

    /// Adds the path of the target to an error if the caller's path is a link.
    pub(super) fn explain(&self, error: io::Error) -> io::Error {
        if self.is_linked {
            return io::Error::new(
                error.kind(),
                format!("{error} (it is a link to {})", self.path.display()),
            );
        }
        error
    }

    /// Copies the owner, the group and the permissions of the old file to the new file.
    ///
    /// If the group cannot be set, the group of the new file gets only permissions that all other
    /// users also have. No user gains access.
    #[cfg(unix)]
    pub(super) fn keep_access(&self, file: &File) -> io::Result<()> {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
        let Some(old) = &self.old else { return Ok(()) };
        let mut mode = old.mode() & 0o777;
        let new = file.metadata()?;
        if (new.uid(), new.gid()) != (old.uid(), old.gid())
            && fchown(file, Some(old.uid()), Some(old.gid())).is_err()
        {
            // Only an administrator can set the owner. A member of a group can set the group.
            let is_group_kept = new.gid() == old.gid() || fchown(file, None, Some(old.gid())).is_ok();
            if !is_group_kept {
                mode &= 0o707 | (mode & 0o007) << 3;
            }
        }
        if file.metadata()?.mode() & 0o777 == mode {
            // Some file systems have one mode for all files and refuse every change.
            return Ok(());
        }
        file.set_permissions(fs::Permissions::from_mode(mode))
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "Unix alone has permissions to keep")]
    pub(super) fn keep_access(&self, _: &File) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the metadata of the file at `path`. Fails if the file is not a regular file, or if this
/// process may not open the file for writing.
fn writable(path: &Path, metadata: &Metadata) -> io::Result<Metadata> {
    if let Some(kind) = irregular(metadata) {
        let error = if metadata.is_dir() { io::ErrorKind::IsADirectory } else { io::ErrorKind::InvalidInput };
        return Err(io::Error::new(error, format!("it is {kind}, and only a regular file is replaced")));
    }
    OpenOptions::new().write(true).open(path)?.metadata()
}
