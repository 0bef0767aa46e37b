//! Tests of accepted files, of refused files, and of robustness against damage.

use ndarray::array;

use super::*;
use crate::StateDict;

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
    read_within(bytes, Limits::default())
}

fn read_within(bytes: &[u8], limits: Limits) -> Result<StateDict> {
    let path = Path::new("model.safetensors");
    read(path, bytes.len() as u64, bytes, limits, |_| Ok(())).map(StateDict::from_entries)
}

fn load_all(path: &Path) -> Result<StateDict> {
    load(path, Limits::default(), |_| Ok(())).map(StateDict::from_entries)
}

/// The bytes of a file with this header and data.
fn file(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

fn problem(result: Result<StateDict>) -> Result<StateDict, Problem> {
    result.map_err(|error| match error {
        Error::ModelFile { problem, .. } => problem,
        other => panic!("{other}"),
    })
}

/// Reads a file with this header and `data` bytes of zeros.
fn read_header(header: &str, data: usize) -> Result<StateDict, Problem> {
    problem(read_bytes(&file(header, &vec![0; data])))
}

#[test]
fn comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    state().save(&path).unwrap();
    let loaded = load_all(&path).unwrap();
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
    state.save(&path).unwrap();
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
            r#"{"w":{"dtype":"F8_E5M2","shape":[4],"data_offsets":[0,4]}}"#.to_owned(),
            4,
            Problem::Kind { name: name(), found: "F8_E5M2".into() },
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

/// Every truncation is refused, and no change of a single byte causes a panic.
#[test]
fn damage_never_panics() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    state().save(&path).unwrap();
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
    for length in [9, HEADER_BYTES + 1, u64::MAX] {
        std::fs::write(&path, length.to_le_bytes()).unwrap();
        assert!(matches!(
            load_all(&path),
            Err(Error::ModelFile { problem: Problem::CutShort { bytes: 8, .. }, .. })
        ));
    }
    assert!(matches!(load_all(&folder.path().join("none")), Err(Error::Io { doing: "read", .. })));
    assert!(load_all(folder.path()).is_err());
}

/// Duplicate fields and keys are refused, because two parsers could read different models from one
/// file.
#[test]
fn fields_and_keys_come_once() {
    let w = |rest: &str| format!(r#"{{"w":{{"dtype":"F32","shape":[1],"data_offsets":[0,4],{rest}}}}}"#);
    for (field, rest) in [
        ("dtype", r#""dtype":"F32""#),
        ("shape", r#""shape":[1]"#),
        ("data_offsets", r#""data_offsets":[0,4]"#),
        ("shape", r#""sh\u0061pe":[1]"#),
    ] {
        assert_eq!(read_header(&w(rest), 4), Err(Problem::Repeated { name: "w".into(), field }));
    }
    assert!(read_header(&w(r#""note":{"dtype":[[]]}"#), 4).is_ok(), "unknown fields are left alone");
    let twice = r#"{"__metadata__":{},"__metadata__":{}}"#;
    assert_eq!(read_header(twice, 0), Err(Problem::Duplicate { name: "__metadata__".into() }));
    let empty = r#"{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#;
    let same = format!(r#"{{"w":{empty},"v":{empty},"\u0077":{empty}}}"#);
    assert_eq!(read_header(&same, 0), Err(Problem::Duplicate { name: "w".into() }));
}

#[test]
fn metadata_is_a_map_of_texts() {
    for metadata in
        ["5", "[]", "\"x\"", "null", r#"{"a":1}"#, r#"{"a":{"b":1}}"#, r#"{"a":null}"#, r#"{"a":[]}"#]
    {
        let header = format!(r#"{{"__metadata__":{metadata}}}"#);
        assert_eq!(read_header(&header, 0), Err(Problem::Metadata { key: None }), "{metadata}");
    }
    assert_eq!(
        read_header(r#"{"__metadata__":{"a":"x","b":"","\u0061":"y"}}"#, 0),
        Err(Problem::Metadata { key: Some("a".into()) })
    );
    assert!(read_header(r#"{"__metadata__":{"a":"\n","b":"x"}}"#, 0).unwrap().is_empty());
}

/// Values of the wrong type are refused at their first byte, and are not repeated in the message.
#[test]
fn types_are_those_of_the_format() {
    let long = format!("\"{}\"", "x".repeat(10_000));
    for value in [&*long, "{}", "[[]]", "[\"1\"]", "[1.5]", "[18446744073709551616]", "null", "true"] {
        for field in ["shape", "data_offsets"] {
            let header = format!(r#"{{"w":{{"dtype":"F32","{field}":{value}}}}}"#);
            assert_eq!(read_header(&header, 4), Err(Problem::Entry { name: "w".into(), field }), "{value}");
        }
    }
    let axes = format!(r#"{{"w":{{"dtype":"F32","shape":[{}1],"data_offsets":[0,4]}}}}"#, "1,".repeat(64));
    assert_eq!(read_header(&axes, 4), Err(Problem::Entry { name: "w".into(), field: "shape" }));
    assert!(read_header(&axes.replacen("1,", "", 1), 4).is_ok());
    for header in [long.clone(), format!(r#"{{"w":{long}}}"#), format!(r#"{{"w":{{"dtype":{long}}}}}"#)] {
        let words = read_header(&header, 0).unwrap_err().to_string();
        assert!(words.len() < 200, "{words}");
    }
}

#[test]
fn limits_can_be_set() {
    let header = r#"{"__metadata__":{"a":"","b":""},"w":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}"#;
    let bytes = file(header, &[0; 4]);
    let length = header.len() as u64;
    let within = |limits| problem(read_within(&bytes, limits)).map(|state| state.len());
    let usual = Limits::default();
    assert_eq!(
        within(Limits { entries: 2, header_bytes: length, ..usual }),
        Err(Problem::Entries { limit: 2 })
    );
    assert_eq!(within(Limits { entries: 3, header_bytes: length, ..usual }), Ok(1));
    let limit = length - 1;
    assert_eq!(
        within(Limits { header_bytes: limit, ..usual }),
        Err(Problem::LongHeader { bytes: length, limit })
    );
}

/// A value that conversion would change is refused, and the error contains its index. Decimals are
/// rounded.
#[test]
fn numbers_that_do_not_fit_are_refused() {
    let read = |kind: &str, second: [u8; 8], is_any_number| {
        let width = if kind == "F32" { 4 } else { 8 };
        let header = format!(r#"{{"w":{{"dtype":"{kind}","shape":[2],"data_offsets":[0,{}]}}}}"#, 2 * width);
        let bytes = file(&header, &[&[0; 8][..width], &second[..width]].concat());
        let state = problem(read_within(&bytes, Limits { is_any_number, ..Limits::default() }));
        state.map(|state| state.get("w").unwrap()[[1]])
    };
    let text = |number: &str| (String::from("w"), 1, String::from(number));
    let not_finite = |(name, index, text)| Err(Problem::NotFinite { name, index, text });
    let unfit = |(name, index, text)| Err(Problem::Unfit { name, index, text });
    for (number, words) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
        let mut narrow = [0; 8];
        narrow[..4].copy_from_slice(&(number as f32).to_le_bytes());
        for (kind, bytes) in [("F64", number.to_le_bytes()), ("F32", narrow)] {
            assert_eq!(read(kind, bytes, false), not_finite(text(words)), "{kind}");
            assert_eq!(read(kind, bytes, true).unwrap().to_string(), words, "{kind}");
        }
    }
    assert_eq!(read("F64", 0.1_f64.to_le_bytes(), false), Ok(0.1));
    assert_eq!(read("I64", (-16_777_216_i64).to_le_bytes(), false), Ok(-16_777_216.0));
    assert_eq!(read("I64", i64::MAX.to_le_bytes(), true), unfit(text("9223372036854775807")));
    if size_of::<Scalar>() == 4 {
        assert_eq!(read("F64", 1e300_f64.to_le_bytes(), true), unfit(text("1e300")));
        assert_eq!(read("I64", 16_777_217_i64.to_le_bytes(), false), unfit(text("16777217")));
    }
}

/// Reads a tensor that is larger than the chunks in which values are converted.
#[test]
fn large_tensors_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let numbers =
        ndarray::Array1::from_shape_fn(3 * CHUNK / size_of::<Scalar>() + 5, |index| index as Scalar);
    let mut state = StateDict::new();
    state.insert("w", numbers.into_dyn());
    state.insert("v", array![1.0].into_dyn());
    state.save(&path).unwrap();
    assert_eq!(load_all(&path).unwrap(), state);
}

#[cfg(unix)]
#[test]
fn only_regular_files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let words = load_all(&pipe).unwrap_err().to_string();
    assert!(words.ends_with("it is a named pipe, and only a regular file is read"), "{words}");
}

/// Each element type is converted at its width, and an entry that is not wanted is skipped with its bytes.
#[test]
fn all_kinds_are_read_and_unwanted_entries_skipped() {
    let kinds: [(&str, &[u8]); 8] = [
        ("F16", &[0x00, 0xc0]),
        ("BF16", &[0x00, 0xc0]),
        ("F32", &[0, 0, 0, 0xc0]),
        ("F64", &[0, 0, 0, 0, 0, 0, 0, 0xc0]),
        ("I8", &[0xfe]),
        ("I16", &[0xfe, 0xff]),
        ("I32", &[0xfe, 0xff, 0xff, 0xff]),
        ("I64", &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    ];
    let (mut header, mut data) = (String::new(), Vec::new());
    for (index, (kind, bytes)) in kinds.iter().enumerate() {
        let (begin, end) = (data.len(), data.len() + bytes.len());
        let _ =
            write!(header, r#","{index}":{{"dtype":"{kind}","shape":[1],"data_offsets":[{begin},{end}]}}"#);
        data.extend_from_slice(bytes);
    }
    let bytes = file(&format!("{{{}}}", &header[1..]), &data);
    let path = Path::new("model.safetensors");
    for unwanted in 0..=kinds.len() {
        let mark = |entries: &mut [Entry]| {
            for entry in entries {
                entry.is_wanted = *entry.name != unwanted.to_string();
            }
            Ok(())
        };
        let state = read(path, bytes.len() as u64, &*bytes, Limits::default(), mark).unwrap();
        assert_eq!(state.len(), kinds.len() - usize::from(unwanted < kinds.len()));
        assert!(state.iter().all(|(name, value)| *name != unwanted.to_string() && value[[0]] == -2.0));
    }
    let flags = |byte| {
        let bytes = file(r#"{"w":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}}"#, &[1, byte]);
        problem(read_bytes(&bytes)).map(|state| state.get("w").unwrap()[[1]])
    };
    assert_eq!(flags(0), Ok(0.0));
    assert_eq!(flags(2), Err(Problem::Unfit { name: "w".into(), index: 1, text: "2".into() }));
}
