//! Data: tables with missing fields, missing files, fields that are not numbers.

use ndarray::arr2;
use training_loop::prelude::*;

fn said<T>(result: Result<T>) -> String {
    result.err().expect("bad input").to_string()
}

/// Reads a table from a file, as a user does; returns the error without the folder's name.
fn table(text: impl AsRef<[u8]>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, text).unwrap();
    let words = said(Csv::new(&path).header(true).classification());
    let place = folder.path().display().to_string() + "/";
    assert!(words.contains(&place), "the whole path is named: {words}");
    words.replace(&place, "")
}

/// The end of the message for text in place of a number.
const OTHER: &str = "; fix the field, or leave the column out by `.without([..])`";

#[test]
fn tables_with_faults_name_line_and_column() {
    assert_eq!(
        table("a,b,kind\n1,2,0\n3,4\n5,6,1\n"),
        "table.csv:3: 2 fields where the first row has 3; check the delimiter and quotes"
    );
    assert_eq!(
        table("a,b,kind\n1,2,0\n3,4,1,7\n"),
        "table.csv:3: 4 fields where the first row has 3; check the delimiter and quotes"
    );
    assert_eq!(
        table("a,b,kind\n1,2,0\n3,NaN,1\n"),
        "table.csv:3, column 2 (`b`): `NaN` is not a finite number; replace it or leave the row out"
    );
    assert_eq!(
        table("a,b,kind\n1,2,0\n3,inf,1\n"),
        "table.csv:3, column 2 (`b`): `inf` is not a finite number; replace it or leave the row out"
    );
    assert_eq!(
        table("a,b,kind\n1,2,0\n3,wide,1\n"),
        format!("table.csv:3, column 2 (`b`): `wide` is not a number{OTHER}")
    );
    assert_eq!(
        table("a,b,kind\n1,2,0\n3,,1\n"),
        "table.csv:3, column 2 (`b`): the field is empty; fill it or leave the row out"
    );
    assert_eq!(
        table("a,b,kind\n1,2,0.5\n"),
        "table.csv:2, column 3 (`kind`): `0.5` is not a class label: labels are whole numbers from 0 \
         on; number the classes, or call `.regression()` for other targets"
    );
    assert_eq!(
        table("a,b,kind\n1,2,-1\n"),
        "table.csv:2, column 3 (`kind`): `-1` is not a class label: labels are whole numbers from 0 \
         on; number the classes, or call `.regression()` for other targets"
    );
    assert_eq!(
        table("a,b,kind\n1,2,setosa\n"),
        "table.csv:2, column 3 (`kind`): `setosa` is not a class label, which is a whole number from 0 on; \
         name the classes by `.classes([..])`, with the names that `.class_names()?` finds in the file or your own"
    );
    assert_eq!(
        table("kind\n1\n"),
        "table.csv: the target is the only column that is read, so there are no features; check the delimiter, and \
         what is left out"
    );
    assert_eq!(table("a,b,kind\n"), "table.csv: no rows of data");
    assert_eq!(table(""), "table.csv: no rows of data");
    assert_eq!(table(b"a,b,kind\n1,\xff,0\n"), "table.csv:2: the text is not UTF-8; convert the file");
    assert_eq!(
        table("a;b;kind\n1;2;0\n"),
        "table.csv: the target is the only column that is read, so there are no features; check the delimiter, and \
         what is left out"
    );
}

#[test]
fn lines_are_those_of_the_file() {
    // Blank lines and quoted line breaks count as lines.
    assert_eq!(
        table("a,b,kind\n1,2,0\n\n3,x,1\n"),
        format!("table.csv:4, column 2 (`b`): `x` is not a number{OTHER}")
    );
    assert_eq!(
        table("a,\"b\nc\",kind\n1,2,0\n3,x,1\n"),
        format!("table.csv:4, column 2 (`b\\nc`): `x` is not a number{OTHER}")
    );
    assert_eq!(
        table("a,b,kind\r\n1,2,0\r\n3,x,1\r\n"),
        format!("table.csv:3, column 2 (`b`): `x` is not a number{OTHER}")
    );
}

#[test]
fn columns_that_are_not_there() {
    let bytes = &b"a,b,kind\n1,2,0\n"[..];
    let csv = || Csv::from_bytes("table.csv", bytes);
    assert_eq!(
        said(csv().target_column("knd").classification()),
        "table.csv: no column `knd`; the file has `a`, `b`, `kind`"
    );
    assert_eq!(
        said(csv().target_column(3).classification()),
        "table.csv: no column 3; the file has `a`, `b`, `kind`"
    );
    assert_eq!(
        said(Csv::from_bytes("table.csv", &b"1,2,0\n"[..]).classification()),
        "table.csv:1: the first line holds only numbers, so it seems to be data: call \
         `.header(false)`, or `.header(true)` if these are the columns' names"
    );
}

#[test]
fn files_that_are_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("iris.csv");
    let words = said(Csv::new(&missing).classification());
    assert_eq!(
        words,
        format!("could not read {}: No such file or directory (os error 2)", missing.display())
    );
    let words = said(Csv::new(folder.path()).classification());
    assert_eq!(words, format!("could not read {}: Is a directory (os error 21)", folder.path().display()));
}

#[test]
fn tensors_with_faults() {
    let holed = Tensor::from(arr2(&[[0.0, 1.0], [f32::NAN, 2.0]]));
    let fine = Tensor::from(arr2(&[[0.0], [1.0]]));
    assert_eq!(
        said(TensorDataset::new(holed.clone(), Labels::from(vec![0_usize, 1]))),
        "inputs: NaN in row 1, column 0 (counted from 0); replace it or leave the row out"
    );
    assert_eq!(
        said(TensorDataset::new(fine.clone(), holed * f32::INFINITY)),
        "targets: column 0 (counted from 0) holds no finite number, but NaN in row 0; a column that is constant has the \
         deviation 0, by which nothing is scaled: divide it by 1, or leave it out"
    );
    assert_eq!(
        said(TensorDataset::new(fine.clone(), Labels::from(vec![0_usize]))),
        "2 inputs but 1 targets; each input needs exactly one target"
    );
    assert_eq!(
        said(TensorDataset::new(Tensor::zeros(&[0, 2]), Labels::from(Vec::<usize>::new()))),
        "the inputs hold no samples; at least one is needed"
    );
    assert_eq!(
        said(Labels::with_classes(vec![0_usize, 3, 1], 3)),
        "label 3 in row 1 (counted from 0) is not below the number of classes, 3"
    );
}

#[test]
fn histories_are_written_in_full_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("gone").join("history.csv");
    let words = said(history().save_csv(&gone));
    let parent = gone.parent().unwrap();
    let expected = format!(
        "could not write {}: No such file or directory (os error 2); there is no folder {}",
        gone.display(),
        parent.display()
    );
    assert_eq!(words, expected);
    assert!(!parent.exists());
}

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 1)]
fn fit(model: &mut Linear, train: &DataLoader) -> Result<History>;

fn history() -> History {
    let data = TensorDataset::new(Tensor::ones(&[4, 2]), Labels::from(vec![0_usize, 1, 0, 1])).unwrap();
    fit(&mut Linear::new(2, 2), &DataLoader::new(data, 2)).unwrap()
}
