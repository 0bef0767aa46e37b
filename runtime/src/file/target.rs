//! What a write replaces: the path behind symbolic links, and the access that the new file must keep.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::irregular;

/// Links that are followed before a path counts as a circle, as on Linux.
const MOST_LINKS: usize = 40;

/// A regular file to replace, or a path where none is yet.
pub(super) struct Target {
    path: PathBuf,
    /// Whether the caller's path is a symbolic link, and `path` is where it leads.
    is_linked: bool,
    /// The file to replace, if there is one.
    old: Option<Metadata>,
}

impl Target {
    /// Follows symbolic links, also to a file that does not exist yet.
    ///
    /// # Errors
    /// When the path names no file, leads to something else than a regular file, or to a file that must not be
    /// written.
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

    /// The folder that holds the target.
    pub(super) fn folder(&self) -> &Path {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.unwrap_or(Path::new("."))
    }

    /// Whether there is a file to replace.
    pub(super) fn is_old(&self) -> bool {
        self.old.is_some()
    }

    /// Adds where the link leads, since the error's path is the link's.
    pub(super) fn explain(&self, error: io::Error) -> io::Error {
        if self.is_linked {
            return io::Error::new(
                error.kind(),
                format!("{error} (it is a link to {})", self.path.display()),
            );
        }
        error
    }

    /// Gives the new file the old one's owner, group and permissions.
    ///
    /// Where the group may not be given, its members get no more than everybody, so that nobody gains access.
    #[cfg(unix)]
    pub(super) fn keep_access(&self, file: &File) -> io::Result<()> {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
        let Some(old) = &self.old else { return Ok(()) };
        let mut mode = old.mode() & 0o777;
        let new = file.metadata()?;
        if (new.uid(), new.gid()) != (old.uid(), old.gid())
            && fchown(file, Some(old.uid()), Some(old.gid())).is_err()
        {
            // The owner can be given by the administrator alone, a group by its members.
            let is_group_kept = new.gid() == old.gid() || fchown(file, None, Some(old.gid())).is_ok();
            if !is_group_kept {
                mode &= 0o707 | (mode & 0o007) << 3;
            }
        }
        if file.metadata()?.mode() & 0o777 == mode {
            // Some file systems give all files the same mode and refuse every change.
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

/// The metadata of a regular file that this process may open for writing.
fn writable(path: &Path, metadata: &Metadata) -> io::Result<Metadata> {
    if let Some(kind) = irregular(metadata) {
        let error = if metadata.is_dir() { io::ErrorKind::IsADirectory } else { io::ErrorKind::InvalidInput };
        return Err(io::Error::new(error, format!("it is {kind}, and only a regular file is replaced")));
    }
    OpenOptions::new().write(true).open(path)?.metadata()
}
