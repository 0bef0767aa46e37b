//! Temporary files. A temporary file has a random name, is locked while its writer is alive, and is
//! removed if the writer fails or dies.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::target::Target;

/// The number of random names to try for a temporary file. A collision of 64 random bits is next to
/// impossible.
const TRIES: usize = 100;

/// The minimum age at which a temporary file from another machine, or from before the last boot, is
/// removed.
///
/// A network file system may not share locks between machines, so an unlocked file does not prove
/// that its writer is dead. The code assumes that no writer pauses for an hour. If a writer pauses
/// for longer, the rename fails with an error.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// A temporary file in the target's folder. The file is removed when this value is dropped.
pub(super) struct Temporary {
    path: PathBuf,
    file: File,
}

impl Temporary {
    /// Removes the temporary files of this target whose writers are dead, and creates a new file.
    ///
    /// The new file stays locked until it is closed after the rename. If the cleanup of another
    /// process locks the file first, this function tries another name.
    pub(super) fn create(target: &Target) -> io::Result<Self> {
        let prefix = prefix(target);
        clean(target.folder(), &prefix);
        for _ in 0..TRIES {
            let mut name = OsString::from(&prefix);
            name.push(format!("{:016x}.tmp", RandomState::new().hash_one(0_u8)));
            let path = target.folder().join(name);
            let file = match create_new(&path, target.is_old()) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                file => file?,
            };
            let temporary = Self { path, file };
            if is_kept(&temporary.file)? {
                return Ok(temporary);
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "all names tried for a temporary file are taken"))
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Renames the temporary file to `target` and then releases the lock. Afterwards there is no temporary
    /// file to remove.
    pub(super) fn rename_over(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.path = PathBuf::new();
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            // The error of the write is reported, so an error of the removal is ignored.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Creates a new file. If `is_private`, only the owner has access until the permissions of the old file are
/// copied.
fn create_new(path: &Path, is_private: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if is_private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let _ = is_private;
    options.open(path)
}

/// Locks a new file. Returns false if the cleanup of another process locked or removed the file
/// first. If the file system has no locks, this function returns true, because without locks the
/// cleanup removes no files.
#[cfg(unix)]
fn is_kept(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Err(fs::TryLockError::WouldBlock) => Ok(false),
        Err(fs::TryLockError::Error(_)) => Ok(true),
        Ok(()) => Ok(std::os::unix::fs::MetadataExt::nlink(&file.metadata()?) > 0),
    }
}

/// Does nothing on systems other than Unix, where a lock would block readers. The temporary files
/// of dead writers are not removed on these systems.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
fn is_kept(_: &File) -> io::Result<bool> {
    Ok(true)
}

/// The name prefix of this target's temporary files: `.tl-TARGET-MACHINE-`.
///
/// `TARGET` is a hash of the target's name, so all prefixes have the same length. `MACHINE`
/// identifies the current boot of the machine. Containers on one machine have the same `MACHINE`.
fn prefix(target: &Target) -> String {
    let name = target.path().file_name().unwrap_or_default();
    format!(".tl-{:016x}-{:08x}-", hash(name.as_encoded_bytes()), machine())
}

/// An id of the running kernel; 0 if the system provides none.
fn machine() -> u32 {
    fs::read("/proc/sys/kernel/random/boot_id").map_or(0, |id| (hash(&id) as u32).max(1))
}

/// The FNV-1a hash, which is the same in every process and version.
fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Removes temporary files of this target whose writers are dead. Failures are ignored, because a
/// file that is left over only takes up space.
fn clean(folder: &Path, prefix: &str) {
    if !cfg!(unix) {
        return;
    }
    let (of_target, _) = prefix.split_at(prefix.len() - "00000000-".len());
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_regular = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_regular && is_temporary(&name, of_target) {
            let is_near = name.as_encoded_bytes().starts_with(prefix.as_bytes()) && machine() != 0;
            remove_dead(&entry.path(), if is_near { Duration::ZERO } else { ABANDONED });
        }
    }
}

/// Whether `name` is the name of a temporary file. The name of a temporary file consists of the
/// prefix `of_target`, the machine, the random number and the extension.
fn is_temporary(name: &OsStr, of_target: &str) -> bool {
    let rest = name
        .to_str()
        .and_then(|name| name.strip_prefix(of_target))
        .and_then(|rest| rest.strip_suffix(".tmp"));
    let parts = rest.and_then(|rest| rest.split_once('-'));
    let is_hex =
        |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    parts.is_some_and(|(machine, random)| is_hex(machine, 8) && is_hex(random, 16))
}

/// Removes a file that is unlocked and was not modified for `age`.
///
/// A writer locks its file right after creating it, and then checks that the file still has a name.
/// If this function gets the lock, the writer is therefore dead, or the writer's check will fail
/// and the writer will create another file.
fn remove_dead(path: &Path, age: Duration) {
    let Ok(file) = OpenOptions::new().write(true).open(path) else { return };
    let changed = file.metadata().and_then(|metadata| metadata.modified());
    let is_old =
        age.is_zero() || changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|since| since >= age));
    if is_old && file.try_lock().is_ok() {
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(folder: &Path) -> Target {
        Target::resolve(&folder.join("model")).unwrap()
    }

    #[test]
    fn names_are_short_and_told_from_others() {
        let folder = tempfile::tempdir().unwrap();
        let (model, other) =
            (target(folder.path()), Target::resolve(&folder.path().join("n".repeat(255))).unwrap());
        assert_ne!(prefix(&model), prefix(&other));
        let temporary = Temporary::create(&other).unwrap();
        let name = temporary.path.file_name().unwrap().to_owned();
        assert!(name.len() < 64, "{name:?}");
        assert!(is_temporary(&name, &prefix(&other)[..21]) && !is_temporary(&name, &prefix(&model)[..21]));
        for strange in [".tl-", "model", ".tl-x.tmp", &format!("{}é", &prefix(&model))] {
            assert!(!is_temporary(OsStr::new(strange), &prefix(&model)[..21]), "{strange}");
        }
    }

    #[test]
    fn a_dropped_file_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let target = target(folder.path());
        let (first, second) = (Temporary::create(&target).unwrap(), Temporary::create(&target).unwrap());
        assert_ne!(first.path, second.path);
        drop(first);
        assert!(second.path.exists(), "a file of another writer");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    /// The file of a living writer is locked, and the file of a dead writer is not.
    #[cfg(unix)]
    #[test]
    fn leftovers_of_the_dead_go_and_files_of_the_living_stay() {
        let folder = tempfile::tempdir().unwrap();
        let target = target(folder.path());
        let alive = Temporary::create(&target).unwrap();
        let dead = folder.path().join(prefix(&target) + "0123456789abcdef.tmp");
        let of_another_target = folder.path().join(".tl-0000000000000000-00000000-0123456789abcdef.tmp");
        let of_the_user = folder.path().join(prefix(&target) + "notes.tmp");
        for path in [&dead, &of_another_target, &of_the_user] {
            fs::write(path, "left").unwrap();
        }
        drop(Temporary::create(&target).unwrap());
        assert!(alive.path.exists() && of_another_target.exists() && of_the_user.exists());
        assert_eq!(dead.exists(), machine() == 0);
    }

    /// A lock does not show whether a writer on another machine is alive, so the files of such a
    /// writer are removed only if they are old.
    #[cfg(unix)]
    #[test]
    fn leftovers_of_another_machine_go_when_they_are_old() {
        let folder = tempfile::tempdir().unwrap();
        let target = target(folder.path());
        let of_target = &prefix(&target)[..21];
        let (old, young) = (
            folder.path().join(format!("{of_target}ffffffff-0123456789abcdef.tmp")),
            folder.path().join(format!("{of_target}ffffffff-fedcba9876543210.tmp")),
        );
        fs::write(&young, "").unwrap();
        let long_ago = std::time::SystemTime::now() - 2 * ABANDONED;
        File::create(&old).unwrap().set_modified(long_ago).unwrap();
        drop(Temporary::create(&target).unwrap());
        assert!(young.exists() && !old.exists());
    }

    /// The cleanup of another process may run after a file is created and before it is locked.
    #[cfg(unix)]
    #[test]
    fn a_file_that_a_cleaner_has_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let file = create_new(&path, false).unwrap();
        let cleaner = OpenOptions::new().write(true).open(&path).unwrap();
        cleaner.try_lock().unwrap();
        assert!(!is_kept(&file).unwrap(), "the cleaner holds the lock");
        fs::remove_file(&path).unwrap();
        drop(cleaner);
        assert!(!is_kept(&file).unwrap(), "the file has no name any more");
    }
}
