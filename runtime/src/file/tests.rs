//! Tests of replaced files, refused targets, and leftovers.

use std::fs;
use std::path::PathBuf;

use super::*;

fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

fn save(path: &Path, text: &str) -> Result<()> {
    atomic_write(path, |file| file.write_all(text.as_bytes()))
}

#[test]
fn writes_and_replaces() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.csv");
    for text in ["first", "second"] {
        save(&path, text).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    assert_eq!(entries(folder.path()), 1);
}

#[test]
fn an_error_on_the_way_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.csv");
    fs::write(&path, "old").unwrap();
    let error = atomic_write(&path, |file| {
        file.write_all(b"half")?;
        Err(io::Error::other("disk full"))
    });
    assert!(matches!(error, Err(Error::Io { path: ref at, .. }) if *at == path));
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(entries(folder.path()), 1);
}

#[test]
fn a_panic_on_the_way_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let panicked = std::panic::catch_unwind(|| atomic_write(&path, |_| panic!("in the caller's code")));
    assert!(panicked.is_err());
    assert_eq!(entries(folder.path()), 0);
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let error = save(Path::new("/nowhere/at/all.csv"), "").unwrap_err();
    assert!(error.to_string().starts_with("could not write /nowhere/at/all.csv: "), "{error}");
    assert!(save(Path::new("/"), "").is_err());
    assert!(save(Path::new(".."), "").is_err());
}

#[test]
fn names_may_be_as_long_as_the_file_system_allows() {
    let folder = tempfile::tempdir().unwrap();
    for length in [250, 255] {
        let path = folder.path().join("n".repeat(length));
        save(&path, "whole").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
    }
    assert!(save(&folder.path().join("n".repeat(256)), "").is_err());
    assert_eq!(entries(folder.path()), 2);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Whether this process ignores file permissions, as an administrator's process does.
    fn is_administrator(folder: &Path) -> bool {
        let probe = folder.join("probe");
        fs::write(&probe, "").unwrap();
        set_mode(&probe, 0o000);
        let may = fs::read(&probe).is_ok();
        fs::remove_file(&probe).unwrap();
        may
    }

    #[test]
    fn permissions_stay_and_are_never_wider_on_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        save(&path, "new").unwrap();
        let plain = folder.path().join("plain");
        fs::write(&plain, "").unwrap();
        assert_eq!(mode(&path), mode(&plain), "a new file is like any other");
        for kept in [0o600, 0o640, 0o666, 0o700] {
            set_mode(&path, kept);
            atomic_write(&path, |file| {
                file.write_all(b"private")?;
                file.flush()?;
                let hidden = |name: &PathBuf| name.to_string_lossy().contains("/.tl-");
                let names = fs::read_dir(folder.path())?.map(|entry| entry.unwrap().path());
                let temporary = names.into_iter().find(hidden).expect("a temporary file");
                assert_eq!(mode(&temporary), 0o600);
                Ok(())
            })
            .unwrap();
            assert_eq!(mode(&path), kept);
        }
    }

    /// Only an administrator can change owners, so this test is skipped for other users.
    #[test]
    fn the_owner_stays() {
        let folder = tempfile::tempdir().unwrap();
        if !is_administrator(folder.path()) {
            println!("skipped: only an administrator can give a file to somebody else");
            return;
        }
        let path = folder.path().join("model");
        save(&path, "old").unwrap();
        std::os::unix::fs::chown(&path, Some(1234), Some(5678)).unwrap();
        set_mode(&path, 0o640);
        save(&path, "new").unwrap();
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!((metadata.uid(), metadata.gid(), mode(&path)), (1234, 5678, 0o640));
    }

    #[test]
    fn the_target_of_a_link_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let (disk, link) = (folder.path().join("disk"), folder.path().join("latest"));
        fs::create_dir(&disk).unwrap();
        let real = disk.join("real");
        fs::write(&real, "old").unwrap();
        symlink("again", &link).unwrap();
        symlink("disk/real", folder.path().join("again")).unwrap();
        save(&link, "new").unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!((entries(folder.path()), entries(&disk)), (3, 1));
    }

    #[test]
    fn a_link_to_no_file_yet_creates_its_target() {
        let folder = tempfile::tempdir().unwrap();
        let (disk, link) = (folder.path().join("disk"), folder.path().join("latest"));
        fs::create_dir(&disk).unwrap();
        symlink(disk.join("model"), &link).unwrap();
        save(&link, "new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(disk.join("model")).unwrap(), "new");

        let nowhere = folder.path().join("nowhere");
        symlink("gone/model", &nowhere).unwrap();
        let words = save(&nowhere, "new").unwrap_err().to_string();
        assert!(words.contains("(it is a link to ") && words.contains("gone/model)"), "{words}");
        let circle = folder.path().join("circle");
        symlink("circle", &circle).unwrap();
        assert!(save(&circle, "new").unwrap_err().to_string().contains("lead in a circle"));
    }

    /// A save creates a new file. Hard links to the old file therefore keep the old content, as
    /// documented.
    #[test]
    fn other_names_of_the_file_keep_the_old_content() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("model"), folder.path().join("other"));
        save(&path, "old").unwrap();
        fs::hard_link(&path, &other).unwrap();
        save(&path, "new").unwrap();
        assert_eq!(
            (fs::read_to_string(&path).unwrap(), fs::read_to_string(&other).unwrap()),
            ("new".into(), "old".into())
        );
    }

    #[test]
    fn what_is_no_regular_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let [pipe, socket, sub] = ["pipe", "socket", "sub"].map(|name| folder.path().join(name));
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let _socket = UnixListener::bind(&socket).unwrap();
        fs::create_dir(&sub).unwrap();
        let link = folder.path().join("link");
        symlink("pipe", &link).unwrap();
        for (path, kind) in
            [(&pipe, "a named pipe"), (&socket, "a socket"), (&sub, "a folder"), (&link, "a named pipe")]
        {
            let before = fs::symlink_metadata(path).unwrap();
            let words = save(path, "new").unwrap_err().to_string();
            let start = format!("could not write {}: it is {kind}, and only", path.display());
            assert!(words.starts_with(&start), "{words}");
            assert_eq!(fs::symlink_metadata(path).unwrap().ino(), before.ino());
        }
        assert_eq!(entries(folder.path()), 4);
    }

    #[test]
    fn a_file_that_must_not_be_written_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        save(&path, "old").unwrap();
        set_mode(&path, 0o444);
        if is_administrator(folder.path()) {
            println!("skipped: an administrator writes whatever the permissions say");
            return;
        }
        let words = save(&path, "new").unwrap_err().to_string();
        assert!(words.contains("Permission denied"), "{words}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(entries(folder.path()), 1);
    }

    /// A folder of mode 333 can be written but not opened. The save succeeds there, although the folder
    /// cannot be synced.
    #[test]
    fn a_folder_that_cannot_be_synced_holds_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let sub = folder.path().join("sub");
        fs::create_dir(&sub).unwrap();
        set_mode(&sub, 0o333);
        let saved = save(&sub.join("model"), "new");
        set_mode(&sub, 0o755);
        saved.unwrap();
        assert_eq!(fs::read_to_string(sub.join("model")).unwrap(), "new");
    }
}
