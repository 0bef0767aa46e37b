//! Files with flipped, cut and repeated bytes: a value or an error, and never a panic.
//!
//! `HOSTILE_INPUTS=1000000 cargo test -p training-loop-tests --test bad_input damaged` tries a million files of
//! each format. `tests/fuzz` has the same readers for `cargo fuzz`.

use std::path::{Path, PathBuf};

use training_loop::data::{Categories, Npy, Npz, Numbers, TableEncoder, save_npy};
use training_loop::prelude::*;

use crate::read::{FORMATS, read};

/// A linear congruential generator, so that every run tries the same files.
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Small valid files of a format.
fn seeds(format: &str, folder: &Path) -> Vec<Vec<u8>> {
    let path = folder.join("seed");
    let saved = |save: &dyn Fn(&Path)| {
        save(&path);
        std::fs::read(&path).unwrap()
    };
    let golden = |name: &str| std::fs::read(file("golden").join(name)).unwrap();
    let text = "id,age,port\n1,22.5,S\n2,NA,\"C\"\n3,1e3,S\n";
    match format {
        "safetensors" => vec![golden("half.safetensors"), golden("batch_norm.safetensors")],
        "csv" => vec![text.into(), "1;2\n".repeat(3).replace(';', ",").into_bytes()],
        "idx" => vec![
            vec![0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6],
            [&[0, 0, 0x0e, 1, 0, 0, 0, 2][..], &[0; 16]].concat(),
        ],
        "npy" => {
            vec![saved(&|path| save_npy(path, &Tensor::arange(0.0, 6.0, 1.0).reshape(&[2, 3])).unwrap())]
        }
        "npz" => vec![std::fs::read(file("data/numpy.npz")).unwrap()],
        "png" => vec![std::fs::read(file("data/picture.png")).unwrap()],
        "json" => {
            let table = Csv::from_bytes("t.csv", text.as_bytes()).missing(["NA"]).table().unwrap();
            let encoder = TableEncoder::new()
                .numbers(["age"], Numbers::standard().fill_mean())
                .categories(["port"], Categories::one_hot().with_other());
            let encoder = encoder.fit(&table).unwrap();
            vec![saved(&|path| encoder.save(path).unwrap())]
        }
        other => panic!("{other}"),
    }
}

fn damaged(seed: &[u8], draws: &mut Draws) -> Vec<u8> {
    const ODD: [u8; 6] = [0x00, 0xff, 0x7f, 0x80, b'9', b'"'];
    let mut bytes = seed.to_vec();
    for _ in 0..=draws.below(4) {
        let place = draws.below(bytes.len().max(1));
        match draws.below(6) {
            0..=2 if !bytes.is_empty() => bytes[place] ^= 1 << draws.below(8),
            3 if !bytes.is_empty() => bytes[place] = ODD[draws.below(ODD.len())],
            4 => bytes.truncate(place),
            _ => {
                let end = bytes.len().min(place + draws.below(16));
                let part = bytes.get(place..end).unwrap_or_default().to_vec();
                bytes.splice(place.min(bytes.len())..place.min(bytes.len()), part);
            }
        }
    }
    bytes
}

#[test]
fn files_never_panic() {
    let inputs = std::env::var("HOSTILE_INPUTS").map_or(2000, |text| text.parse().expect("a number"));
    let folder = tempfile::tempdir_in(if Path::new("/dev/shm").is_dir() { "/dev/shm" } else { "." }).unwrap();
    std::thread::scope(|scope| {
        for format in FORMATS {
            let folder = folder.path().join(format);
            scope.spawn(move || {
                std::fs::create_dir_all(folder.join("class")).unwrap();
                let (seeds, mut draws) = (seeds(format, &folder), Draws(7));
                let path = folder.join("class").join(format!("input.{format}"));
                let mut accepted = 0;
                for seed in &seeds {
                    std::fs::write(&path, seed).unwrap();
                    assert!(read(format, &path), "{format}: the whole file is accepted");
                }
                for input in 0..inputs {
                    let bytes = damaged(&seeds[input % seeds.len()], &mut draws);
                    std::fs::write(&path, &bytes).unwrap();
                    let result = std::panic::catch_unwind(|| read(format, &path));
                    accepted += usize::from(result.unwrap_or_else(|_| panic!("{format}: {bytes:?} panics")));
                }
                println!("{format}: {accepted} of {inputs} damaged files were accepted");
                assert!(accepted < inputs, "{format}: damage is seen");
            });
        }
    });
}

#[test]
fn arrays_of_numpy_are_read() {
    let arrays = Npz::open(file("data/numpy.npz")).unwrap();
    assert_eq!(arrays.names(), ["single", "double", "big", "labels", "flags", "scalar", "empty"]);
    let expected = [1.5, -2.0, 0.1, 4.0, 5e-3, 6.0];
    for name in ["single", "double"] {
        let tensor = arrays.tensor(name).unwrap();
        assert_eq!((tensor.shape(), tensor.as_slice()), (&[2, 3][..], &expected[..]), "{name}");
    }
    assert_eq!(arrays.tensor("big").unwrap().as_slice(), [1.0, -2.0, 70000.0]);
    assert_eq!(arrays.labels("labels").unwrap().as_slice(), [0, 1, 2, 3, 4]);
    assert_eq!(arrays.labels("flags").unwrap(), Labels::from([[1, 0]]).reshape(&[2, 1]));
    assert_eq!(
        (arrays.tensor("scalar").unwrap().item(), arrays.tensor("empty").unwrap().shape()),
        (-7.0, &[0, 3][..])
    );
    let words = arrays.tensor("x").unwrap_err().to_string();
    assert!(words.contains("no array `x`; the file has `single`, `double`"), "{words}");
    let words = arrays.labels("big").unwrap_err().to_string();
    assert!(words.ends_with(
        "-2 at index 1 (row-major, counted from 0) is not a label, which is a whole number from 0 on"
    ));
    let words = arrays.max_bytes(10).tensor("single").unwrap_err().to_string();
    assert!(words.contains("more than 10 bytes"), "{words}");
    let words = Npy::new(file("data/numpy.npz")).tensor().unwrap_err().to_string();
    assert!(words.ends_with("not an NPY file: the first bytes are others"), "{words}");
}
