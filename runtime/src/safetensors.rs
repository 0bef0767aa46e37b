//! Reading and writing safetensors files.
//!
//! The format: 8 bytes for the header's length, the header as JSON (name → dtype, shape, range of
//! bytes), then the numbers, little-endian, without gaps. The header is never trusted: each length
//! is checked against the file before anything of that length is allocated.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::Path;

use ndarray::IxDyn;
use serde_core::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::file::atomic_write;
use crate::{Array, Error, ModelFileProblem as Problem, Result, Scalar, StateDict};

/// Bytes of the header's length.
const PREFIX: u64 = 8;
/// The longest header that safetensors itself accepts, in bytes.
const LONGEST_HEADER: u64 = 100_000_000;
/// How [`Scalar`] is called in a file.
const OWN_KIND: &str = if size_of::<Scalar>() == 4 { "F32" } else { "F64" };

/// Writes the state, in full or not at all.
pub(crate) fn save(path: &Path, state: &StateDict) -> Result<()> {
    let header = header(state);
    atomic_write(path, |file| {
        file.write_all(&(header.len() as u64).to_le_bytes())?;
        file.write_all(header.as_bytes())?;
        state.iter().try_for_each(|(_, value)| write_numbers(file, value))
    })
}

/// The header in the order of the state, padded to whole words so that the numbers are aligned.
fn header(state: &StateDict) -> String {
    let mut header = String::from(r#"{"__metadata__":{"format":"pt"}"#);
    let mut begin = 0;
    for (name, value) in state.iter() {
        let (name, shape) = (Value::from(name), Value::from(value.shape()));
        let end = begin + value.len() * size_of::<Scalar>();
        let _ = write!(
            header,
            r#",{name}:{{"dtype":"{OWN_KIND}","shape":{shape},"data_offsets":[{begin},{end}]}}"#
        );
        begin = end;
    }
    header.push('}');
    let padded = header.len().next_multiple_of(PREFIX as usize);
    header.extend(std::iter::repeat_n(' ', padded - header.len()));
    header
}

fn write_numbers(file: &mut dyn Write, value: &Array) -> io::Result<()> {
    value.iter().try_for_each(|number| file.write_all(&number.to_le_bytes()))
}

/// Reads a state.
pub(crate) fn load(path: &Path) -> Result<StateDict> {
    let file = File::open(path).map_err(|error| Error::io(path, "read", error))?;
    let bytes = file.metadata().map_err(|error| Error::io(path, "read", error))?.len();
    read(path, bytes, file)
}

/// Reads a state from so many bytes; `path` stands in errors.
fn read(path: &Path, bytes: u64, mut file: impl Read) -> Result<StateDict> {
    let problem = |problem| Error::ModelFile { path: path.to_path_buf(), problem };
    let mut take = |length: u64| {
        let mut buffer = vec![0; length as usize];
        file.read_exact(&mut buffer).map(|()| buffer).map_err(|error| Error::io(path, "read", error))
    };
    if bytes < PREFIX {
        return Err(problem(Problem::CutShort { bytes, needed: PREFIX }));
    }
    let prefix = take(PREFIX)?;
    if prefix.starts_with(b"PK\x03\x04") || prefix.starts_with(&[0x80, 2]) {
        return Err(problem(Problem::Pickled));
    }
    let length = prefix.iter().rev().fold(0, |length, &byte| length << 8 | u64::from(byte));
    if length > LONGEST_HEADER || PREFIX + length > bytes {
        return Err(problem(Problem::CutShort { bytes, needed: length.saturating_add(PREFIX) }));
    }
    let header = take(length)?;
    let available = bytes - PREFIX - length;
    let entries = entries(&header, available).map_err(problem)?;
    let data = take(available)?;
    Ok(entries.iter().map(|entry| (entry.name.clone(), entry.numbers(&data))).collect())
}

/// A checked line of the header: its bytes lie in the file and are as many as its shape needs.
struct Entry {
    name: String,
    kind: Kind,
    shape: Vec<usize>,
    bytes: Range<usize>,
}

impl Entry {
    fn numbers(&self, data: &[u8]) -> Array {
        let data = &data[self.bytes.clone()];
        let numbers = match self.kind {
            Kind::F32 => data.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b) as Scalar).collect(),
            Kind::F64 => data.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b) as Scalar).collect(),
            Kind::I64 => data.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b) as Scalar).collect(),
        };
        Array::from_shape_vec(IxDyn(&self.shape), numbers).expect("`entries` checked the sizes")
    }
}

/// Kinds of numbers that are read.
#[derive(Clone, Copy)]
enum Kind {
    F32,
    F64,
    I64,
}

/// Checks the header against the number of bytes that follow it.
fn entries(header: &[u8], available: u64) -> Result<Vec<Entry>, Problem> {
    let header = serde_json::from_slice::<Header>(header)
        .map_err(|error| Problem::Header { reason: error.to_string() })?;
    let mut names = BTreeSet::new();
    let mut entries = Vec::new();
    for (name, value) in header.0 {
        if !names.insert(name.clone()) {
            return Err(Problem::Duplicate { name });
        }
        if name != "__metadata__" {
            entries.push(entry(name, &value, available)?);
        }
    }
    entries.sort_by_key(|entry| (entry.bytes.start, entry.bytes.end));
    check_layout(&entries, available)?;
    Ok(entries)
}

/// Entries must follow each other without gap and overlap, and end where the file ends.
fn check_layout(entries: &[Entry], available: u64) -> Result<(), Problem> {
    let layout = |entry: Option<&Entry>, expected: usize, found: usize| Problem::Layout {
        name: entry.map_or_else(String::new, |entry| entry.name.clone()),
        expected: expected as u64,
        found: found as u64,
    };
    let mut due = 0;
    for entry in entries {
        if entry.bytes.start != due {
            return Err(layout(Some(entry), due, entry.bytes.start));
        }
        due = entry.bytes.end;
    }
    if due as u64 == available { Ok(()) } else { Err(layout(entries.last(), due, available as usize)) }
}

fn entry(name: String, value: &Value, available: u64) -> Result<Entry, Problem> {
    let wrong = |field| Problem::Entry { name: name.clone(), field };
    let dtype = value.get("dtype").and_then(Value::as_str).ok_or_else(|| wrong("dtype"))?;
    let (kind, width) = match dtype {
        "F32" => (Kind::F32, 4),
        "F64" => (Kind::F64, 8),
        "I64" => (Kind::I64, 8),
        other => return Err(Problem::Kind { name, found: other.into() }),
    };
    let shape = numbers(value.get("shape")).ok_or_else(|| wrong("shape"))?;
    let offsets = numbers(value.get("data_offsets")).ok_or_else(|| wrong("data_offsets"))?;
    let [begin, end] = offsets[..] else { return Err(wrong("data_offsets")) };
    let needed = size(&shape, width);
    if begin > end || end as u64 > available || needed != Some(end - begin) {
        let needed = needed.map(|n| n as u64);
        return Err(Problem::Range { name, begin: begin as u64, end: end as u64, needed, available });
    }
    Ok(Entry { name, kind, shape, bytes: begin..end })
}

/// Bytes of a shape; `None` when the axes that are not 0 alone are more than memory can hold, which
/// `ndarray` refuses too.
fn size(shape: &[usize], width: usize) -> Option<usize> {
    let filled = shape.iter().filter(|&&axis| axis != 0).try_fold(width, |n, &axis| n.checked_mul(axis));
    let bytes = filled.filter(|&bytes| isize::try_from(bytes).is_ok())?;
    Some(if shape.contains(&0) { 0 } else { bytes })
}

/// A JSON array of whole numbers.
fn numbers(value: Option<&Value>) -> Option<Vec<usize>> {
    value?.as_array()?.iter().map(|n| usize::try_from(n.as_u64()?).ok()).collect()
}

/// The header as it stands in the file, with names that come twice.
struct Header(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Header;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object of entries")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Header, M::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Header(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn state() -> StateDict {
        [
            ("hidden.weight".to_owned(), array![[1.0, -2.5, 3.0], [0.0, 1e-3, -4.0]].into_dyn()),
            ("hidden.\"bias\" ü".to_owned(), array![7.0, 8.0].into_dyn()),
            ("count".to_owned(), ndarray::arr0(3.0).into_dyn()),
            ("empty".to_owned(), Array::zeros(IxDyn(&[0, 4]))),
        ]
        .into_iter()
        .collect()
    }

    fn read_bytes(bytes: &[u8]) -> Result<StateDict> {
        read(Path::new("model.safetensors"), bytes.len() as u64, bytes)
    }

    /// Reads this header and so many bytes of zeros.
    fn read_header(header: &str, data: usize) -> Result<StateDict, Problem> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.extend(std::iter::repeat_n(0, data));
        read_bytes(&bytes).map_err(|error| match error {
            Error::ModelFile { problem, .. } => problem,
            other => panic!("{other}"),
        })
    }

    #[test]
    fn comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        save(&path, &state()).unwrap();
        let loaded = load(&path).unwrap();
        assert_eq!(loaded.len(), 4);
        for (name, value) in state().iter() {
            assert_eq!(loaded.get(name), Some(value), "{name}");
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_format() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let mut state = StateDict::new();
        state.insert("w", array![1.0, 2.0].into_dyn());
        save(&path, &state).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let width = size_of::<Scalar>();
        let header = format!(
            r#"{{"__metadata__":{{"format":"pt"}},"w":{{"dtype":"{OWN_KIND}","shape":[2],"data_offsets":[0,{}]}}}}"#,
            2 * width
        );
        let padded = header.len().next_multiple_of(8);
        assert_eq!(bytes[..8], (padded as u64).to_le_bytes());
        assert_eq!(std::str::from_utf8(&bytes[8..8 + padded]).unwrap().trim_end(), header);
        assert_eq!(bytes[8 + padded..8 + padded + width], (1.0 as Scalar).to_le_bytes());
        assert_eq!(bytes.len(), 8 + padded + 2 * width);
    }

    #[test]
    fn reads_other_kinds_of_numbers() {
        let header = r#"{"a":{"dtype":"F64","shape":[],"data_offsets":[0,8]},
            "b":{"dtype":"F32","shape":[1,2],"data_offsets":[16,24]},"n":{"dtype":"I64","shape":[],"data_offsets":[8,16]}}"#;
        let state = read_header(header, 24).unwrap();
        assert_eq!(state.get("b").unwrap().shape(), [1, 2]);
        assert_eq!(state.get("n").unwrap().shape(), [0; 0]);
    }

    #[test]
    fn a_header_that_lies_is_refused() {
        let w = |rest: &str| format!(r#"{{"w":{{"dtype":"F32",{rest}}}}}"#);
        let name = || "w".to_owned();
        let range =
            |begin, end, needed, available| Problem::Range { name: name(), begin, end, needed, available };
        let cases = [
            (w(r#""shape":[2],"data_offsets":[0,8]"#), 4, range(0, 8, Some(8), 4)),
            (w(r#""shape":[3],"data_offsets":[0,8]"#), 8, range(0, 8, Some(12), 8)),
            (w(r#""shape":[2],"data_offsets":[8,0]"#), 8, range(8, 0, Some(8), 8)),
            (
                w(r#""shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,8]"#),
                8,
                range(0, 8, None, 8),
            ),
            (w(r#""shape":[4611686018427387904,0,8],"data_offsets":[0,0]"#), 0, range(0, 0, None, 0)),
            (w(r#""shape":[-2],"data_offsets":[0,8]"#), 8, Problem::Entry { name: name(), field: "shape" }),
            (w(r#""shape":[2]"#), 8, Problem::Entry { name: name(), field: "data_offsets" }),
            (w(r#""shape":[1],"data_offsets":[4,8]"#), 8, Problem::Layout { name: name(), expected: 0, found: 4 }),
            (w(r#""shape":[1],"data_offsets":[0,4]"#), 8, Problem::Layout { name: name(), expected: 4, found: 8 }),
            (
                r#"{"w":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}"#.to_owned(),
                4,
                Problem::Kind { name: name(), found: "BF16".into() },
            ),
            (
                r#"{"w":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}"#
                    .to_owned(),
                8,
                Problem::Duplicate { name: name() },
            ),
            (
                r#"{"v":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#
                    .to_owned(),
                12,
                Problem::Layout { name: name(), expected: 8, found: 4 },
            ),
        ];
        for (header, data, problem) in cases {
            assert_eq!(read_header(&header, data), Err(problem), "{header}");
        }
        assert!(matches!(read_header("[1, 2]", 0), Err(Problem::Header { .. })));
        assert!(matches!(read_header("{", 0), Err(Problem::Header { .. })));
        assert!(matches!(read_header(&"[".repeat(10_000), 0), Err(Problem::Header { .. })));
        assert!(matches!(read_header(r#"{"w":7}"#, 0), Err(Problem::Entry { field: "dtype", .. })));
    }

    /// Every truncation is refused, and no change of a single byte makes us panic.
    #[test]
    fn damage_never_panics() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        save(&path, &state()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let mut refused = 0;
        for length in 0..whole.len() {
            let error = read_bytes(&whole[..length]).unwrap_err();
            assert!(matches!(error, Error::ModelFile { .. }), "{error}");
        }
        for place in 0..whole.len() {
            for flip in 1..=255 {
                let mut damaged = whole.clone();
                damaged[place] ^= flip;
                match read_bytes(&damaged) {
                    Ok(_) => {}
                    Err(Error::ModelFile { .. }) => refused += 1,
                    Err(other) => panic!("{other}"),
                }
            }
        }
        assert!(refused > whole.len(), "only {refused}");
    }

    #[test]
    fn a_header_longer_than_the_file_allocates_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        for length in [9, LONGEST_HEADER + 1, u64::MAX] {
            std::fs::write(&path, length.to_le_bytes()).unwrap();
            assert!(matches!(
                load(&path),
                Err(Error::ModelFile { problem: Problem::CutShort { bytes: 8, .. }, .. })
            ));
        }
        assert!(matches!(load(&folder.path().join("none")), Err(Error::Io { doing: "read", .. })));
        assert!(load(folder.path()).is_err());
    }
}
