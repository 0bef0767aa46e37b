//! Tests of the formats by hand-made files, and of damaged files.

use super::*;
use crate::random::{Purpose, Stream};

/// An IDX file of this element type.
fn idx(kind: u8, shape: &[u32], elements: &[u8]) -> Vec<u8> {
    let lengths: Vec<u8> = shape.iter().flat_map(|axis| axis.to_be_bytes()).collect();
    [&[0, 0, kind, shape.len() as u8], &*lengths, elements].concat()
}

fn idx_tensor(bytes: &[u8]) -> Result<Tensor, Problem> {
    idx::layout(bytes).and_then(|(layout, start)| layout.tensor(&bytes[start..]))
}

/// An NPY file of version 1 with this header.
fn npy(header: &str, elements: &[u8]) -> Vec<u8> {
    [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), elements].concat()
}

fn described(descr: &str, fortran: &str, shape: &str) -> String {
    format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}   \n")
}

#[test]
fn idx_files_are_read() {
    let tensor = idx_tensor(&idx(8, &[2, 1, 3], &[0, 1, 2, 253, 254, 255])).unwrap();
    assert_eq!(
        (tensor.shape(), tensor.as_slice()),
        (&[2, 1, 3][..], &[0.0, 1.0, 2.0, 253.0, 254.0, 255.0][..])
    );
    let one =
        |kind, elements: &[u8]| idx_tensor(&idx(kind, &[1], elements)).map(|tensor| tensor.as_slice()[0]);
    assert_eq!(one(9, &[0xfe]), Ok(-2.0));
    assert_eq!(one(0xb, &[0xff, 0x00]), Ok(-256.0));
    assert_eq!(one(0xc, &[0, 1, 0, 0]), Ok(65536.0));
    assert_eq!(one(0xd, &1.5_f32.to_be_bytes()), Ok(1.5));
    assert_eq!(one(0xe, &(-2.25_f64).to_be_bytes()), Ok(-2.25));
    assert_eq!(idx_tensor(&idx(8, &[], &[7])).unwrap().shape(), [0; 0]);
    assert_eq!(idx_tensor(&idx(8, &[0, 28], &[])).unwrap().shape(), [0, 28]);
}

#[test]
fn headers_that_lie_are_refused() {
    let size = |shape: &[u64], needed, available| Problem::Size { shape: shape.to_vec(), needed, available };
    let cases = [
        (vec![], Problem::CutShort { bytes: 0 }),
        (vec![0, 0, 8], Problem::CutShort { bytes: 3 }),
        (vec![0, 0, 8, 2, 0, 0, 0, 1], Problem::CutShort { bytes: 8 }),
        (b"\x1f\x8b\x08\x00".to_vec(), Problem::Format { expected: "an IDX file" }),
        (idx(0xa, &[1], &[0]), Problem::Kind { found: "0x0a".into() }),
        (idx(8, &[3], &[1, 2]), size(&[3], Some(3), 2)),
        (idx(8, &[1], &[1, 2]), size(&[1], Some(1), 2)),
        (idx(0xe, &[u32::MAX; 3], &[1]), size(&[u64::from(u32::MAX); 3], None, 1)),
        (
            idx(8, &[u32::MAX, u32::MAX, 0], &[]),
            size(&[u64::from(u32::MAX), u64::from(u32::MAX), 0], None, 0),
        ),
    ];
    for (bytes, problem) in cases {
        assert_eq!(idx_tensor(&bytes).unwrap_err(), problem, "{bytes:?}");
    }
    let huge = described("<f8", "False", "(18446744073709551615, 2)");
    assert_eq!(npy::tensor(&npy(&huge, &[0; 8])).unwrap_err(), size(&[u64::MAX, 2], None, 8));
    let words = size(&[3], Some(3), 2).to_string();
    assert_eq!(
        words,
        "the header claims the shape [3], which needs 3 bytes, and 2 bytes follow; the file is damaged or cut short"
    );
}

#[test]
fn numbers_that_do_not_fit_are_refused() {
    let read = |kind, elements: &[u8]| {
        let bytes = idx(kind, &[1], elements);
        (idx_tensor(&bytes).err(), idx::layout(&bytes).unwrap().0.labels(&bytes[8..]).err())
    };
    let label = |text: &str| Some(Problem::NotALabel { index: 0, text: text.into() });
    assert_eq!(
        read(0xd, &f32::NAN.to_be_bytes()),
        (Some(Problem::NotFinite { index: 0, text: "NaN".into() }), label("NaN"))
    );
    assert_eq!(read(9, &[0xff]), (None, label("-1")));
    assert_eq!(read(0xd, &1.0_f32.to_be_bytes()), (None, label("1")));
    if size_of::<Scalar>() == 4 {
        let unfit = |text: &str| Some(Problem::Unfit { index: 0, text: text.into() });
        assert_eq!(read(0xc, &16_777_217_i32.to_be_bytes()), (unfit("16777217"), None));
        assert_eq!(
            read(0xe, &1e300_f64.to_be_bytes()).0.map(|problem| matches!(problem, Problem::Unfit { .. })),
            Some(true)
        );
    }
}

#[test]
fn npy_files_are_read() {
    let bytes = npy(
        &described("<f4", "False", "(2, 3)"),
        &[1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0].map(f32::to_le_bytes).concat(),
    );
    let tensor = npy::tensor(&bytes).unwrap();
    assert_eq!((tensor.shape(), tensor.as_slice()), (&[2, 3][..], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0][..]));
    let bytes =
        npy(&described(">i2", "True", "(2, 3)"), &[1_i16, 4, 2, 5, 3, -6].map(i16::to_be_bytes).concat());
    assert_eq!(npy::tensor(&bytes).unwrap().as_slice(), [1.0, 2.0, 3.0, 4.0, 5.0, -6.0]);
    assert_eq!(npy::labels(&npy(&described("|b1", "False", "(2,)"), &[1, 0])).unwrap().as_slice(), [1, 0]);
    assert_eq!(
        npy::labels(&npy(&described("<u8", "True", "()"), &7_u64.to_le_bytes())).unwrap().shape(),
        [0; 0]
    );
    assert_eq!(npy::tensor(&npy(&described("<i8", "False", "(0, 3)"), &[])).unwrap().shape(), [0, 3]);
    // Other spellings of the same dictionary, and version 2.
    let odd = "{\"shape\":(2L,),\"fortran_order\":False,\"descr\":'|u1'}";
    assert_eq!(npy::tensor(&npy(odd, &[3, 4])).unwrap().as_slice(), [3.0, 4.0]);
    let second =
        [b"\x93NUMPY\x02\x00", &(odd.len() as u32).to_le_bytes()[..], odd.as_bytes(), &[3, 4]].concat();
    assert_eq!(npy::tensor(&second).unwrap().as_slice(), [3.0, 4.0]);
}

#[test]
fn npy_headers_with_faults_are_refused() {
    let said = |header: &str| npy::tensor(&npy(header, &[0; 4])).unwrap_err().to_string();
    let cases = [
        ("", "the header cannot be used: `{` is missing"),
        ("{", "the header cannot be used: a string is missing"),
        ("{'descr: 1", "the header cannot be used: a string does not end"),
        ("{'descr': '<f4'}", "the header cannot be used: the field `fortran_order` is missing"),
        ("{'descr': '<f4', 'descr': '<f4'}", "the header cannot be used: the field `descr` is repeated"),
        ("{'color': '<f4'}", "the header cannot be used: the field `color` is unknown"),
        (
            "{'shape': (1,-1)}",
            "the header cannot be used: an axis of `shape` is not a whole number from 0 on",
        ),
        ("{'fortran_order': 1}", "the header cannot be used: `fortran_order` is neither True nor False"),
        ("{} x", "the header cannot be used: there is text after the dictionary"),
    ];
    for (header, words) in cases {
        assert_eq!(said(header), words, "{header}");
    }
    for descr in ["|O", "<c8", "<U5", "=f4", "|f4", "<f2", "", "é"] {
        let words = said(&described(descr, "False", "(1,)"));
        assert!(words.starts_with(&format!("the element type `{descr}` is not read")), "{words}");
    }
    let many = format!("({})", "1,".repeat(65));
    assert!(said(&described("<f4", "False", &many)).contains("more than 64 axes"));
    assert_eq!(npy::tensor(b"PK").unwrap_err(), Problem::Format { expected: "an NPY file" });
    assert!(matches!(npy::tensor(b"\x93NUMPY\x09\x00\x00\x00"), Err(Problem::Header { .. })));
}

#[test]
fn a_written_file_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    for shape in [&[][..], &[3], &[2, 3], &[0, 4], &[1, 2, 1, 2, 1]] {
        let tensor = Tensor::randn(shape);
        save_npy(&path, &tensor).unwrap();
        let read = Npy::new(&path).tensor().unwrap();
        assert_eq!((read.shape(), read.as_slice()), (tensor.shape(), tensor.as_slice()));
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!((bytes.len() - tensor.len() * size_of::<Scalar>()) % 64, 0, "the elements are aligned");
    }
    let error = Npy::new(&path).max_bytes(100).tensor().unwrap_err().to_string();
    assert!(error.ends_with(
        "x.npy: the file has more than 100 bytes; if that is meant, raise the limit by `.max_bytes(..)`"
    ));
    assert!(Npy::new(folder.path()).tensor().unwrap_err().to_string().starts_with("could not read"));
}

#[cfg(feature = "gzip")]
#[test]
fn compressed_files_are_unpacked_within_the_limit() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t10k-labels-idx1-ubyte.gz");
    let packed = |bytes: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    };
    std::fs::write(&path, packed(&idx(8, &[3], &[7, 8, 9]))).unwrap();
    assert_eq!(Idx::new(&path).labels().unwrap().as_slice(), [7, 8, 9]);
    // A file of some kilobytes that unpacks to 10 MB.
    std::fs::write(&path, packed(&idx(8, &[10_000_000], &vec![0; 10_000_000]))).unwrap();
    assert!(std::fs::metadata(&path).unwrap().len() < 20_000);
    assert!(
        Idx::new(&path)
            .max_bytes(1 << 20)
            .labels()
            .unwrap_err()
            .to_string()
            .contains("more than 1048576 bytes")
    );
    assert_eq!(Idx::new(&path).labels().unwrap().len(), 10_000_000);
    let cut = packed(&idx(8, &[3], &[7, 8, 9]));
    std::fs::write(&path, &cut[..cut.len() - 4]).unwrap();
    assert!(Idx::new(&path).labels().unwrap_err().to_string().contains("cannot be unpacked"));

    // The whole data set, one file of it plain.
    for (name, samples) in [("train", 3_u32), ("t10k", 2)] {
        let images = idx(8, &[samples, 2, 2], &(0..samples as u8 * 4).map(|i| i * 15).collect::<Vec<_>>());
        std::fs::write(folder.path().join(format!("{name}-images-idx3-ubyte.gz")), packed(&images)).unwrap();
        let labels = idx(8, &[samples], &(0..samples as u8).collect::<Vec<_>>());
        let _ = std::fs::remove_file(folder.path().join(format!("{name}-labels-idx1-ubyte.gz")));
        std::fs::write(folder.path().join(format!("{name}-labels-idx1-ubyte")), labels).unwrap();
    }
    let (train, test) = mnist(folder.path()).unwrap();
    assert_eq!((train.inputs().shape(), test.targets().as_slice()), (&[3, 1, 2, 2][..], &[0, 1][..]));
    assert_eq!(train.inputs().as_slice()[11], 165.0 / 255.0);
}

/// Flips and cuts bytes of valid files some thousand times. Every result is a value or an error.
#[test]
fn damage_never_panics() {
    let mut stream = Stream::new(11, Purpose::Program, 0, 0);
    let files = [
        idx(8, &[2, 3], &[1, 2, 3, 4, 5, 6]),
        idx(0xe, &[1, 2], &[0; 16]),
        npy(&described("<f4", "True", "(2, 3)"), &[0; 24]),
        npy(&described("|u1", "False", "(6,)"), &[1; 6]),
    ];
    let mut refused = 0;
    for round in 0..8000 {
        let mut bytes = files[round % files.len()].clone();
        for _ in 0..=stream.below(3) {
            let place = stream.below(bytes.len());
            bytes[place] ^= 1 << stream.below(8);
        }
        if stream.below(4) == 0 {
            bytes.truncate(stream.below(bytes.len() + 1));
        }
        let results = [idx_tensor(&bytes), npy::tensor(&bytes)];
        let labels = npy::labels(&bytes);
        refused += usize::from(results.iter().all(Result::is_err) && labels.is_err());
    }
    assert!((2000..8000).contains(&refused), "{refused}");
}
