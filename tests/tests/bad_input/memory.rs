//! Files that are made to use too much memory: an error or a result, in a process with little memory.
//!
//! `TRAINING_LOOP_TEST_SCALE=16` makes the files 16 times as large and allows 1 GiB; `--nocapture` shows the
//! peaks.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use training_loop::data::{Idx, Npy};
use training_loop::prelude::*;

const PLACE: &str = "TRAINING_LOOP_TEST_PLACE";
const SCALE: &str = "TRAINING_LOOP_TEST_SCALE";
const MIB: usize = 1 << 20;

fn scale() -> usize {
    std::env::var(SCALE).map_or(1, |text| text.parse().expect("a number"))
}

/// The peak memory of this process, in KiB.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[test]
#[ignore = "a story that the tests below tell"]
fn reads_a_file() {
    let path = PathBuf::from(std::env::var_os(PLACE).expect("what to read"));
    let before = peak();
    let words = if path.to_string_lossy().contains(".csv") {
        Csv::new(&path).header(true).regression().map(|data| format!("{} rows", data.len()))
    } else if path.to_string_lossy().contains(".idx") {
        Idx::new(&path).tensor().map(|tensor| format!("{:?}", tensor.shape()))
    } else if path.to_string_lossy().contains(".npy") {
        Npy::new(&path).tensor().map(|tensor| format!("{:?}", tensor.shape()))
    } else {
        StateDict::load(&path).map(|state| format!("{} tensors", state.len()))
    };
    let words = words.unwrap_or_else(|error| error.to_string());
    println!("\nread: {words}\npeak: {}", peak() - before);
}

/// Reads the file in a separate process; returns its output and the MiB that reading took.
fn read(path: &Path) -> (String, usize) {
    let kib = if scale() == 1 { 512 << 10 } else { 1 << 20 };
    let mut command = Command::new("bash");
    command
        .args(["-c", &format!("ulimit -v {kib}; exec \"$0\" \"$@\"")])
        .arg(std::env::current_exe().unwrap());
    command.args(["--exact", "memory::reads_a_file", "--ignored", "--nocapture", "--test-threads=1"]);
    let output = command.env(PLACE, path).output().expect("bash");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let line = |start: &str| text.lines().find_map(|line| line.strip_prefix(start)).map(str::to_owned);
    let said = (line("read: "), line("peak: "));
    let (Some(words), Some(peak)) = said else { panic!("{} {text} {output:?}", path.display()) };
    let (words, peak) =
        (words.replace(&*path.to_string_lossy(), "file"), peak.parse::<usize>().unwrap() >> 10);
    println!("{}: {peak} MiB, {words}", path.file_name().unwrap().display());
    (words, peak)
}

/// A sparse file with this header and this many bytes.
fn put_model(path: &Path, header: &str, bytes: usize) {
    let mut file = File::create(path).unwrap();
    file.write_all(&(header.len() as u64).to_le_bytes()).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    file.set_len((8 + header.len() + bytes) as u64).unwrap();
}

#[test]
fn arrays() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    // Bytes that become four times as many, and exceed the limit of the process.
    let bomb = place("bomb.idx.gz");
    let mut packer = flate2::write::GzEncoder::new(File::create(&bomb).unwrap(), flate2::Compression::fast());
    let count = 100 * MIB * scale();
    packer.write_all(&[0, 0, 8, 1]).unwrap();
    packer.write_all(&(count as u32).to_be_bytes()).unwrap();
    (0..count / MIB).for_each(|_| packer.write_all(&vec![0; MIB]).unwrap());
    packer.finish().unwrap();
    let (words, peak) = read(&bomb);
    assert!(words.ends_with("the file needs more memory than the system gives"), "{words}");
    assert!(peak < 300 * scale(), "{peak} MiB");

    // A header that claims more than any memory, before a few bytes.
    let lie = place("lie.npy");
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776, 4)}";
    let bytes = [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), &[0; 64]]
        .concat();
    std::fs::write(&lie, bytes).unwrap();
    let (words, peak) = read(&lie);
    assert!(words.contains("which needs 17592186044416 bytes, and 64 bytes follow"), "{words}");
    assert!(peak < 16, "{peak} MiB");
}

#[test]
fn tables() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let bomb = place("bomb.csv.gz");
    let mut packer = flate2::write::GzEncoder::new(File::create(&bomb).unwrap(), flate2::Compression::fast());
    (0..64 * scale()).for_each(|_| packer.write_all(&vec![0; MIB]).unwrap());
    packer.finish().unwrap();
    let (words, peak) = read(&bomb);
    assert!(words.starts_with("file:1: the row has more than 16777216 bytes"), "{words}");
    assert!(peak < 64, "{peak} MiB");

    let commas = place("commas.csv");
    std::fs::write(&commas, ",".repeat(30_000_000)).unwrap();
    let (words, peak) = read(&commas);
    assert!(words.starts_with("file:1: the row has more than 1048576 fields"), "{words}");
    assert!(peak < 64, "{peak} MiB");

    // 12 bytes per row in memory; at scale 16 more than allowed.
    let rows = place("rows.csv.gz");
    let mut packer = flate2::write::GzEncoder::new(File::create(&rows).unwrap(), flate2::Compression::fast());
    packer.write_all(b"a,b,c\n").unwrap();
    let piece = "0,0,0\n".repeat(100_000);
    (0..16 * scale() * scale()).for_each(|_| packer.write_all(piece.as_bytes()).unwrap());
    packer.finish().unwrap();
    let (words, peak) = read(&rows);
    if scale() == 1 {
        assert_eq!(words, "1600000 rows");
        assert!(peak < 64, "{peak} MiB for 18 MiB of numbers");
    } else {
        assert!(words.contains("needs more memory than the system gives"), "{words}");
    }
}

#[test]
fn headers() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let header = |begin: &str, piece: &str, bytes: usize, end: &str| {
        format!("{begin}{}{end}", piece.repeat(bytes * scale() / piece.len()))
    };
    for (name, header, fault) in [
        ("shape", header(r#"{"w":{"shape":[0"#, ",0", 3 * MIB, "]}}"), "file: `w` has no usable `shape`"),
        ("list", header(r#"{"w":[0"#, ",0", 3 * MIB, "]}"), "file: `w` has no usable `dtype`"),
        (
            "metadata",
            header(r#"{"__metadata__":[[]"#, ",[]", 94 * MIB / 16, "]}"),
            "file: `__metadata__` is not",
        ),
        ("keys", header(r#"{"__metadata__":{"":"""#, r#","":"""#, 94 * MIB / 16, "}}"), "file: "),
        ("long", header(r#"{"w":{"dtype":""#, "\\n", 5 * MIB, "\"}}"), "file: `w` holds `\\n\\n"),
    ] {
        put_model(&place(name), &header, 0);
        let (words, peak) = read(&place(name));
        assert!(words.starts_with(fault) && words.len() < 300, "{words}");
        assert!(peak < 8 + 5 * header.len() / MIB, "{peak} MiB");
    }

    let mut header = String::from("{");
    let count = 93_750 * scale();
    for index in 0..count {
        let comma = if index == 0 { "" } else { "," };
        write!(header, r#"{comma}"{index:07}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#).unwrap();
    }
    put_model(&place("empty"), &(header + "}"), 0);
    let (words, peak) = read(&place("empty"));
    let most = if scale() == 1 { "93750 tensors" } else { "file: the header has more than 1000000 entries" };
    assert!(words.starts_with(most), "{words}");
    assert!(peak < 40 * scale(), "{peak} MiB");
}

#[test]
fn models() {
    let folder = tempfile::tempdir().unwrap();
    let header = |bytes: usize| {
        format!(r#"{{"w":{{"dtype":"F32","shape":[{}],"data_offsets":[0,{bytes}]}}}}"#, bytes / 4)
    };
    let sparse = folder.path().join("sparse");
    put_model(&sparse, &header(1 << 40), 1 << 40);
    let (words, peak) = read(&sparse);
    assert!(words.starts_with("file: it needs 10995116") && peak < 8, "{peak} MiB, {words}");

    let model = folder.path().join("model");
    let tensors = 40;
    let bytes = MIB * scale();
    let mut text = String::from("{");
    for index in 0..tensors {
        let (comma, begin) = (if index == 0 { "" } else { "," }, index * bytes);
        let entry =
            format!(r#""dtype":"F32","shape":[{}],"data_offsets":[{begin},{}]"#, bytes / 4, begin + bytes);
        write!(text, r#"{comma}"{index}":{{{entry}}}"#).unwrap();
    }
    text.push('}');
    let mut file = BufWriter::new(File::create(&model).unwrap());
    file.write_all(&(text.len() as u64).to_le_bytes()).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    (0..tensors).for_each(|_| file.write_all(&vec![1; bytes]).unwrap());
    file.into_inner().unwrap();
    let (words, peak) = read(&model);
    assert_eq!(words, "40 tensors");
    assert!(peak < 40 * scale() + 8, "{peak} MiB for {} MiB of numbers", 40 * scale());
}
