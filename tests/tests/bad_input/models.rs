//! Model files: of another architecture, truncated, damaged; folders that are not writable.

use std::path::Path;

use training_loop::prelude::*;

use crate::common::snapshot;

#[derive(Module)]
struct Small {
    hidden: Linear,
    output: Linear,
}

impl Small {
    fn new(width: usize) -> Self {
        Self { hidden: Linear::new(2, width), output: Linear::new(width, 2) }
    }
}

#[derive(Module)]
struct Other {
    hidden: Linear,
    middle: Linear,
}

fn bits(model: &impl Module) -> Vec<u32> {
    model
        .parameters()
        .iter()
        .flat_map(|p| p.value().into_iter().map(f32::to_bits).collect::<Vec<_>>())
        .collect()
}

/// Loads a file that must be refused, with the model unchanged.
#[track_caller]
fn refused(model: &impl Module, path: &Path) -> String {
    let before = bits(model);
    let error = model.load(path).expect_err("not a file of this model");
    assert_eq!(bits(model), before, "the model was changed before the error: {error}");
    let words = error.to_string();
    assert!(words.contains(&*path.to_string_lossy()), "the path is named: {words}");
    words.replace(&*path.to_string_lossy(), "model")
}

/// Writes these bytes to a new file: overwriting waits for the disk, and there are thousands.
fn put(path: &Path, bytes: impl AsRef<[u8]>) {
    let _ = std::fs::remove_file(path);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn another_architecture() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    Small::new(3).save(&path).unwrap();
    assert_eq!(
        refused(&Small::new(4), &path),
        "model: this state belongs to another architecture, the model is unchanged; \
         `hidden.weight` is [4, 2] in the model and [3, 2] in the state; `hidden.bias` is [4] in the \
         model and [3] in the state; `output.weight` is [2, 4] in the model and [2, 3] in the state"
    );
    let other = Other { hidden: Linear::new(2, 3), middle: Linear::new(3, 3).no_bias() };
    assert_eq!(
        refused(&other, &path),
        "model: this state belongs to another architecture, the model is unchanged; missing: \
         `middle.weight`; unexpected: `output.weight`, `output.bias`"
    );
}

#[test]
fn a_file_that_is_not_there_or_is_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let model = Small::new(3);
    assert_eq!(refused(&model, &path), "could not read model: No such file or directory (os error 2)");
    for (bytes, words) in [
        (
            &b""[..],
            "model: not a whole safetensors file: it has 0 bytes and its header needs 8; it was cut short \
         or is of another format",
        ),
        (
            b"PK\x03\x04 a zip file, as torch.save writes",
            "model: a file of `torch.save`, which contains code; in Python, write the model with \
         `safetensors.torch.save_file(model.state_dict(), path)`",
        ),
        (
            b"\x08\0\0\0\0\0\0\0[1,2,3] ",
            "model: the header cannot be read: invalid type: sequence, expected an object of entries at \
         line 1 column 0",
        ),
        (
            b"\x02\0\0\0\0\0\0\0{}",
            "model: this state belongs to another architecture, the model is unchanged; missing: \
         `hidden.weight`, `hidden.bias`, `output.weight`, `output.bias`",
        ),
    ] {
        put(&path, bytes);
        assert_eq!(refused(&model, &path), words);
    }
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert_eq!(refused(&model, &path), "could not read model: Is a directory (os error 21)");
}

#[test]
fn a_file_cut_short_at_every_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let saved = Small::new(3);
    saved.save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let model = Small::new(3);
    for length in 0..whole.len() {
        put(&path, &whole[..length]);
        let words = refused(&model, &path);
        assert!(words.contains("cut short") || words.contains("header"), "{length} bytes: {words}");
    }
    // One byte more is as wrong as one less.
    put(&path, [&whole[..], b"\0"].concat());
    refused(&model, &path);
    put(&path, &whole);
    model.load(&path).unwrap();
    assert_eq!(bits(&model), bits(&saved));
}

#[test]
fn a_file_with_any_byte_changed_never_panics() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    Small::new(3).save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let model = Small::new(3);
    let mut refusals = 0;
    for place in 0..whole.len() {
        for change in [0x01, 0x10, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[place] ^= change;
            put(&path, bytes);
            let before = bits(&model);
            if model.load(&path).is_err() {
                refusals += 1;
                assert_eq!(bits(&model), before);
            }
        }
    }
    // Changed values may be valid; a changed header is not.
    assert!(refusals > whole.len() / 2, "{refusals} of {}", 4 * whole.len());
}

/// A header whose sizes exceed memory: refused before anything is allocated.
#[test]
fn sizes_are_checked_before_they_are_believed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let model = Small::new(3);
    let entry = |shape: &str, end: &str| {
        let header =
            format!(r#"{{"hidden.weight":{{"dtype":"F32","shape":{shape},"data_offsets":[0,{end}]}}}}"#);
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat()
    };
    for bytes in [
        u64::MAX.to_le_bytes().to_vec(),
        (1_u64 << 60).to_le_bytes().to_vec(),
        entry("[1000000000,1000000000]", "4000000000000000000"),
        entry("[4294967296,4294967296,4294967296]", "0"),
        entry("[18446744073709551615]", "18446744073709551612"),
        entry("[-1]", "4"),
        entry("[1]", "4"),
    ] {
        put(&path, &bytes);
        refused(&model, &path);
    }
}

/// A value that the model cannot represent exactly is refused with its index, or accepted on request.
#[test]
fn numbers_that_a_model_cannot_hold() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let model = Linear::new(2, 1).no_bias();
    let put_weights = |kind: &str, width: usize, numbers: &[u8]| {
        let header =
            format!(r#"{{"weight":{{"dtype":"{kind}","shape":[1,2],"data_offsets":[0,{}]}}}}"#, 2 * width);
        put(&path, [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), numbers].concat());
    };
    put_weights("F32", 4, [1.0_f32, f32::NAN].map(f32::to_le_bytes).as_flattened());
    assert_eq!(
        refused(&model, &path),
        "model: `weight` holds NaN at index 1 (row-major, counted from 0); if that is meant, read the file with \
         `ModelFile::new(path).allow_not_finite()`"
    );
    let state = training_loop::ModelFile::new(&path).allow_not_finite().read().unwrap();
    model.load_state_dict(&state).unwrap();
    assert!(model.weight.value()[[0, 1]].is_nan());
    put_weights("F64", 8, [1e300_f64, 1.0].map(f64::to_le_bytes).as_flattened());
    assert_eq!(
        refused(&model, &path),
        "model: `weight` holds 1e300 at index 0 (row-major, counted from 0), which `f32` cannot hold; convert the file"
    );
    put_weights("I64", 8, [1_i64, 16_777_217].map(i64::to_le_bytes).as_flattened());
    assert!(refused(&model, &path).contains("`weight` holds 16777217 at index 1"));
}

/// A file of another architecture is detected by its header, whatever sizes it claims.
#[test]
fn another_architecture_that_is_larger_than_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let header = r#"{"other":{"dtype":"F32","shape":[268435456,1024],"data_offsets":[0,1099511627776]}}"#;
    let file = std::fs::File::create(&path).unwrap();
    std::io::Write::write_all(&mut &file, &(header.len() as u64).to_le_bytes()).unwrap();
    std::io::Write::write_all(&mut &file, header.as_bytes()).unwrap();
    file.set_len(8 + header.len() as u64 + (1 << 40)).unwrap();
    assert!(refused(&Small::new(3), &path).contains("; unexpected: `other`"));
}

/// A failed save leaves the folder unchanged.
#[test]
fn a_save_that_fails_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let model = Small::new(3);
    std::fs::create_dir(&path).unwrap();
    std::fs::write(folder.path().join("other"), "kept").unwrap();
    let before = snapshot(folder.path());
    let words = model.save(&path).expect_err("a folder is in the way").to_string();
    assert_eq!(
        words.replace(&*path.to_string_lossy(), "model"),
        "could not write model: it is a folder, and only a regular file is replaced"
    );
    assert_eq!(snapshot(folder.path()), before);

    let below = folder.path().join("other").join("model");
    let words = model.save(&below).expect_err("a file is no folder").to_string();
    assert_eq!(words, format!("could not write {}: Not a directory (os error 20)", below.display()));
    assert_eq!(snapshot(folder.path()), before);
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let model = Small::new(3);
    model.save(&path).unwrap();
    let before = snapshot(folder.path());
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o555)).unwrap();
    // An administrator can write anyway: then there is nothing to test.
    let may_write_anyway = std::fs::write(folder.path().join("probe"), "").is_ok();
    if !may_write_anyway {
        let words = Small::new(3).save(&path).expect_err("the folder is read-only").to_string();
        assert_eq!(words, format!("could not write {}: Permission denied (os error 13)", path.display()));
        assert_eq!(snapshot(folder.path()), before);
    }
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
}
