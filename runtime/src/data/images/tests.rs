//! Tests of the listing, of the pixels, and of damaged pictures.

use super::*;
use crate::data::DataLoader;
use crate::random::{Purpose, Stream};

/// Writes a picture whose pixel at (row, column) is `(10 · row, 10 · column, blue)`.
fn paint(path: &Path, height: u32, width: u32, blue: u8) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let pixel = |column: u32, row: u32| image::Rgb([10 * row as u8, 10 * column as u8, blue]);
    image::RgbImage::from_fn(width, height, pixel).save(path).unwrap();
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    paint(&file("rose/b.png"), 3, 2, 1);
    paint(&file("rose/a.PNG"), 3, 2, 2);
    paint(&file("lily/z.png"), 3, 2, 3);
    std::fs::write(file("lily/notes.txt"), "no picture").unwrap();
    std::fs::write(file("lily/.hidden.png"), "no picture").unwrap();
    std::fs::write(file("readme"), "no class").unwrap();
    std::fs::create_dir(file(".cache")).unwrap();
    folder
}

#[test]
fn classes_and_pictures_are_sorted() {
    let folder = folder();
    let pictures = ImageFolder::new(folder.path()).unwrap();
    assert_eq!((pictures.classes(), pictures.len()), (&["lily".to_owned(), "rose".to_owned()][..], 3));
    assert!(pictures.path(1).ends_with("rose/a.PNG"));
    let data = pictures.read().unwrap();
    assert_eq!((data.inputs().shape(), data.targets().as_slice()), (&[3, 3, 3, 2][..], &[0, 1, 1][..]));
    let view = data.inputs().view();
    assert_eq!(view[[0, 0, 2, 1]], 20.0 / 255.0);
    assert_eq!(view[[0, 1, 2, 1]], 10.0 / 255.0);
    assert_eq!((view[[0, 2, 0, 0]], view[[1, 2, 0, 0]]), (3.0 / 255.0, 2.0 / 255.0));
    let loader = DataLoader::new(pictures.clone().grayscale().resize(6, 6), 2).workers(2);
    let shapes: Vec<_> = loader.epoch(0).map(|batch| batch.input.shape().to_vec()).collect();
    assert_eq!(shapes, [[2, 1, 6, 6], [1, 1, 6, 6]]);
}

#[test]
fn pictures_with_faults_are_named() {
    let folder = folder();
    let said =
        |result: Result<ImageFolder>| result.and_then(|pictures| pictures.read()).unwrap_err().to_string();
    let new = || ImageFolder::new(folder.path());
    paint(&folder.path().join("rose/c.png"), 5, 4, 1);
    let words = said(new());
    assert!(words.ends_with(
        "c.png: the picture has 5 × 4 pixels (height × width), and the first one 3 × 2; bring all to one size by \
         `.resize(height, width)`"
    ));
    assert!(new().unwrap().resize(3, 2).read().is_ok());
    std::fs::write(folder.path().join("rose/c.png"), "not a picture").unwrap();
    assert!(said(new()).contains("c.png: the contents cannot be read"));
    let panic = std::panic::catch_unwind(|| DataLoader::new(new().unwrap(), 4).epoch(0).count()).unwrap_err();
    let words = panic.downcast_ref::<String>().unwrap();
    assert!(
        words.starts_with("sample 3: ") && words.contains("c.png: the contents cannot be read"),
        "{words}"
    );
    std::fs::create_dir(folder.path().join("tulip")).unwrap();
    assert!(said(new()).contains("tulip: there are no pictures"));
    assert!(said(ImageFolder::new(folder.path().join("tulip"))).contains("tulip: there are no pictures"));
    assert!(said(ImageFolder::new(folder.path().join("gone"))).starts_with("could not read"));
}

/// A header that claims a picture which no file of this length contains is refused before the picture is
/// allocated.
#[test]
fn sizes_are_checked_before_they_are_believed() {
    let folder = folder();
    let mut bytes = std::fs::read(folder.path().join("lily/z.png")).unwrap();
    bytes[16..24].copy_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10]); // 10,000 × 10,000
    let checksum = crc32fast::hash(&bytes[12..29]).to_be_bytes();
    bytes[29..33].copy_from_slice(&checksum);
    let words = decoded(&bytes).unwrap_err().to_string();
    assert!(
        words.contains("[10000, 10000]") || words.contains("limit") || words.contains("memory"),
        "{words}"
    );
}

#[test]
fn damage_never_panics() {
    let folder = folder();
    let pictures = ["png", "jpg"].map(|ending| {
        let path = folder.path().join(format!("rose/damaged.{ending}"));
        paint(&path, 9, 12, 7);
        std::fs::read(path).unwrap()
    });
    let mut stream = Stream::new(12, Purpose::Program, 0, 0);
    let mut refused = 0;
    for round in 0..4000 {
        let mut bytes = pictures[round % 2].clone();
        for _ in 0..=stream.below(3) {
            let place = stream.below(bytes.len());
            bytes[place] ^= 1 << stream.below(8);
        }
        if stream.below(4) == 0 {
            bytes.truncate(stream.below(bytes.len() + 1));
        }
        refused += usize::from(decoded(&bytes).is_err());
    }
    assert!(refused > 1000, "{refused}");
}
