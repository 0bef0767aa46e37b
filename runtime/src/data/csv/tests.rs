//! Tests that valid tables are accepted, and that the messages for refused tables state where the
//! error is.

use super::*;
use crate::data::Dataset;

fn table(text: &str) -> Csv {
    Csv::from_bytes("table.csv", text.as_bytes().to_vec())
}

/// The error message for a refused table. The message starts with the location of the error.
fn refused(csv: &Csv) -> String {
    let (classes, values) = (csv.classification().err(), csv.regression().err());
    let error = classes.or(values).expect("it must be refused");
    assert!(matches!(error, Error::Csv { .. }), "{error}");
    error.to_string()
}

#[test]
fn features_and_targets_are_told_apart() {
    let text = "a,b,c\n1,2,0\n3,4.5,1\r\n-5e-1, 6 ,2.0\n";
    let classes = table(text).classification().unwrap();
    assert_eq!(classes.inputs().as_slice(), [1.0, 2.0, 3.0, 4.5, -0.5, 6.0]);
    assert_eq!(classes.targets().as_slice(), [0, 1, 2]);
    let values = table(text).target_column("a").regression().unwrap();
    assert_eq!(values.inputs().as_slice(), [2.0, 0.0, 4.5, 1.0, 6.0, 2.0]);
    assert_eq!((values.targets().shape(), values.targets().as_slice()), (&[3, 1][..], &[1.0, 3.0, -0.5][..]));
    let middle = table(text).target_column(1).regression().unwrap();
    assert_eq!(middle.targets().as_slice(), [2.0, 4.5, 6.0]);
    assert_eq!(middle.len(), 3);
}

#[test]
fn the_form_can_be_told() {
    let expected = [1.0, 2.0, 3.0, 4.0];
    let inputs = |csv: Csv| csv.classification().unwrap().inputs().to_array().into_raw_vec_and_offset().0;
    assert_eq!(inputs(table("1,2,0\n3,4,1\n").header(false)), expected);
    assert_eq!(inputs(table("x;y;z\n1;2;0\n3;4;1\n").delimiter(b';')), expected);
    assert_eq!(inputs(table("  1 2\t 0\n3   4 1  \n\n").blanks().header(false)), expected);
    assert_eq!(inputs(table("2001,2002,2003\n1,2,0\n3,4,1").header(true)), expected);
    assert_eq!(inputs(table("\u{feff}\"x\",y,z\n\"1\",2,0\n3,4,1\n")), expected);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let cases = [
        ("a,b\n1,0\n2\n", "table.csv:3: 1 fields where the first row has 2; check the delimiter and quotes"),
        (
            "a,b\n1,0\n2,1,4\n",
            "table.csv:3: 3 fields where the first row has 2; check the delimiter and quotes",
        ),
        (
            "a,b\n1,0\nwide,1\n",
            "table.csv:3, column 1 (`a`): `wide` is not a number; fix the field, or leave the column out by \
             `.without([..])`",
        ),
        ("a,b\n1,0\n,1\n", "table.csv:3, column 1 (`a`): the field is empty; fill it or leave the row out"),
        (
            "a,b\nNaN,0\n",
            "table.csv:2, column 1 (`a`): `NaN` is not a finite number; replace it or leave the row out",
        ),
        (
            "a,b\n1,0\n1e999,1\n",
            "table.csv:3, column 1 (`a`): `1e999` is not a finite number; replace it or leave the row out",
        ),
        (
            "a,b\n1,setosa\n",
            "table.csv:2, column 2 (`b`): `setosa` is not a class label, which is a whole number from 0 on; \
             name the classes by `.classes([..])`, with the names that `.class_names()?` finds in the file or your own",
        ),
        ("", "table.csv: no rows of data"),
        ("a,b\n", "table.csv: no rows of data"),
        (
            "b\n0\n",
            "table.csv: the target is the only column that is read, so there are no features; check the delimiter, and what is left out",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(refused(&table(text)), message, "{text:?}");
    }
    assert!(refused(&table("1,2\n3,4\n")).starts_with("table.csv:1: the first line holds only numbers"));
    let broken = Csv::from_bytes("table.csv", vec![b'a', b',', b'b', b'\n', 0xff, b',', b'1', b'\n']);
    assert_eq!(refused(&broken), "table.csv:2: the text is not UTF-8; convert the file");
    let without_names = table("1,0\n2,x\n").header(false);
    assert!(refused(&without_names).starts_with("table.csv:2, column 2: `x` is not a class label"));
    // Windows line breaks and blank lines count as lines.
    for text in ["a,b\r\n1,0\r\nx,1\r\n", "a,b\n\nx,1\n", "a,b\n1,0\n1,2,3\n", "a,b\r\n\r\n1,2,3\r\n"] {
        assert!(refused(&table(text)).starts_with("table.csv:3"), "{text:?}: {}", refused(&table(text)));
    }
}

#[test]
fn a_label_is_a_whole_number_from_zero_on() {
    for label in ["-1", "0.5", "1e30"] {
        let error = table(&format!("a,b\n1,0\n2,{label}\n")).classification().unwrap_err().to_string();
        let start = format!("table.csv:3, column 2 (`b`): `{label}` is not a class label");
        assert!(error.starts_with(&start), "{error}");
    }
    assert!(table("a,b\n1,-1\n").regression().is_ok());
}

#[test]
fn a_target_that_is_not_there_is_named_with_those_that_are() {
    let text = "a,b\n1,0\n";
    assert_eq!(
        refused(&table(text).target_column("kind")),
        "table.csv: no column `kind`; the file has `a`, `b`"
    );
    assert_eq!(refused(&table(text).target_column(2)), "table.csv: no column 2; the file has `a`, `b`");
    let nameless = table("1,0\n").header(false);
    let expected = "table.csv: no column `b`: the file has no header and 2 columns, whose indices begin at 0";
    assert_eq!(refused(&nameless.target_column("b")), expected);
}

#[test]
fn names_of_classes_become_labels() {
    let text = "id,heat,taste\nx7,93,sour\nx8,85,bitter\nx9,88, sour \n";
    let cups = table(text).without(["id"]);
    let classes = cups.class_names().unwrap();
    assert_eq!(classes, ["bitter", "sour"]);
    let data = cups.clone().classes(&classes).classification().unwrap();
    assert_eq!(
        (data.inputs().as_slice(), data.targets().as_slice()),
        (&[93.0, 85.0, 88.0][..], &[1, 0, 1][..])
    );
    let own = cups.clone().classes(["sour", "sweet", "bitter"]).classification().unwrap();
    assert_eq!(own.targets().as_slice(), [0, 2, 0]);
    let said = |csv: Csv| csv.classification().unwrap_err().to_string();
    assert_eq!(
        said(cups.clone().classes(["sour", "sweet"])),
        "table.csv:3, column 3 (`taste`): `bitter` is none of the classes `sour`, `sweet`"
    );
    assert_eq!(
        said(cups.clone().classes(["sour", "sour"])),
        "table.csv: two classes are called `sour`; name each once"
    );
    assert!(
        said(cups.clone().classes(Vec::<String>::new()))
            .ends_with("`sour` is not a class, because no classes are given")
    );
    assert_eq!(
        cups.regression().unwrap_err().to_string(),
        "table.csv:2, column 3 (`taste`): `sour` is not a number to learn; for names of classes call `.classes([..])` \
         and `.classification()`"
    );
    let hole = table("a,b\n1,x\n2,\n");
    assert!(
        hole.class_names()
            .unwrap_err()
            .to_string()
            .starts_with("table.csv:3, column 2 (`b`): the field is empty")
    );
    assert!(said(hole.classes(["x", ""])).starts_with("table.csv:3, column 2 (`b`): the field is empty"));
    let many = (0..=CLASSES).map(|row| format!("1,n{row}\n")).collect::<Vec<_>>().concat();
    let error = table(&many).header(false).class_names().unwrap_err().to_string();
    assert!(
        error.starts_with("table.csv:65537, column 2: the target has more than 65536 different values"),
        "{error}"
    );
}

#[test]
fn columns_can_be_left_out() {
    let text = "id,a,b,note\nx,1,0,first\ny,2,1,\n";
    let data = table(text).without(["id", "note"]).classification().unwrap();
    assert_eq!((data.inputs().as_slice(), data.targets().as_slice()), (&[1.0, 2.0][..], &[0, 1][..]));
    let by_index = table("x,1,0\ny,2,1\n").header(false).without([0]).classification().unwrap();
    assert_eq!(by_index.inputs().as_slice(), [1.0, 2.0]);
    let names = vec!["id".to_owned()];
    assert!(table(text).without(&names).without([3]).classification().is_ok());
    assert_eq!(
        refused(&table(text).without(["idx"])),
        "table.csv: no column `idx`; the file has `id`, `a`, `b`, `note`"
    );
    assert_eq!(
        refused(&table(text).without(["id", "b"]).target_column("b")),
        "table.csv: the column `b` is the target and cannot be left out; choose another by `.target_column(..)`, or \
         take it out of `.without(..)`"
    );
    let only = "table.csv: the target is the only column that is read";
    assert!(refused(&table(text).without(["id", "a", "note"])).starts_with(only));
    assert!(refused(&table(text).without([0, 1, 2, 3])).starts_with(only));
    assert!(refused(&table("a,b,a\n1,0,2\n").without(["a"])).contains("several columns are called `a`"));
}

#[test]
fn a_header_that_is_read_as_data_is_named() {
    let hint = "table.csv:1: the first line holds no number, so it seems to name the columns: leave `.header(false)` \
                out, or call `.header(true)`";
    for text in ["a,b\n1,0\n", "a,b\n1,x\n"] {
        assert_eq!(refused(&table(text).header(false)), hint);
        assert_eq!(refused(&table(text).header(false).classes(["x"])), hint);
    }
    // A text column next to a numeric column is data.
    assert!(refused(&table("x,1\n").header(false)).starts_with("table.csv:1, column 1: `x` is not a number"));
}

#[test]
fn files_are_read_and_missing_ones_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flowers.csv");
    let error = Csv::new(&path).classification().unwrap_err();
    assert!(error.to_string().starts_with(&format!("could not read {}: ", path.display())), "{error}");
    std::fs::write(&path, "a,b\n1,0\n").unwrap();
    assert_eq!(Csv::new(&path).classification().unwrap().len(), 1);
    assert!(matches!(Csv::new(folder.path()).classification(), Err(Error::Io { .. })));
}

#[cfg(feature = "gzip")]
#[test]
fn compressed_bytes_are_recognised() {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(b"a,b\n1,0\n2,1\n").unwrap();
    let packed = packer.finish().unwrap();
    assert_eq!(Csv::from_bytes("t.csv.gz", packed.clone()).classification().unwrap().len(), 2);
    let cut = Csv::from_bytes("t.csv.gz", packed[..packed.len() - 6].to_vec()).classification().unwrap_err();
    assert!(cut.to_string().starts_with("could not unpack t.csv.gz: "), "{cut}");
}

#[cfg(not(feature = "gzip"))]
#[test]
fn compressed_bytes_need_the_feature() {
    let packed = Csv::from_bytes("t.csv.gz", vec![0x1f, 0x8b, 8, 0]);
    assert!(refused(&packed).contains("turn on the feature `gzip`"));
}

/// Tests the limits on the length of a row, the number of columns and the length of the table. The
/// error for each limit contains a location.
#[test]
fn limits_can_be_set() {
    let text = "a,b\n1,0\n12345678,1\n";
    assert!(table(text).max_row_bytes(9).max_columns(2).max_bytes(19).classification().is_ok());
    assert_eq!(
        refused(&table(text).max_row_bytes(8)),
        "table.csv:3: the row has more than 8 bytes; check quotes and line breaks, or raise the limit with \
         `.max_row_bytes(..)`"
    );
    assert!(refused(&table(text).max_columns(1)).starts_with("table.csv:1: the row has more than 1 fields;"));
    assert!(refused(&table(text).max_bytes(18)).contains(": the table has more than 18 bytes of text;"));
    let commas = format!("a,b\n{}\n", ",".repeat(2 * COLUMNS));
    assert!(refused(&table(&commas)).starts_with("table.csv:2: the row has more than 1048576 fields;"));
    let quoted = format!("a,b\n1,0\n\"{}", "1\n".repeat(ROW_BYTES));
    assert!(refused(&table(&quoted)).starts_with("table.csv:3: the row has more than 16777216 bytes;"));
}

#[test]
fn messages_do_not_repeat_long_fields() {
    let long = "x".repeat(1_000_000);
    let error = table(&format!("{long},b\n{long},0\n")).classification().unwrap_err();
    assert!(error.to_string().len() < 300 && format!("{error:?}").len() < 400, "{error}");
    let names = (0..100_000).map(|index| format!("c{index}")).collect::<Vec<_>>().join(",") + ",z\n";
    let row = "0,".repeat(100_000) + "1\n";
    let words = refused(&table(&(names + &row)).target_column("kind"));
    assert!(words.ends_with("`c9` and 99991 more") && words.len() < 200, "{words}");
}

#[test]
fn a_name_that_two_columns_have_is_no_target() {
    let text = "a,b,a\n1,0,2\n";
    assert_eq!(
        refused(&table(text).target_column("a")),
        "table.csv: several columns are called `a`; choose one by its index"
    );
    assert!(table(text).target_column("b").classification().is_ok() && table(text).classification().is_ok());
}

#[test]
fn numbers_that_would_become_others_are_refused() {
    if size_of::<Scalar>() == 4 {
        let large = "a,b\n1,0\n1e39,1\n";
        assert!(
            refused(&table(large)).starts_with("table.csv:3, column 1 (`a`): `1e39` is too large for `f32`")
        );
        let id = "a,b\n16777216,0\n16777217,1\n";
        assert!(
            refused(&table(id))
                .starts_with("table.csv:3, column 1 (`a`): `16777217` is a whole number that `f32`")
        );
        let rounded = table(id).allow_rounding().classification().unwrap();
        assert_eq!(rounded.inputs().as_slice(), [16_777_216.0, 16_777_216.0]);
    }
}

/// Chunks of the stream may end anywhere: in a number, between blanks, at a line break.
#[test]
fn tables_longer_than_a_piece_are_read_whole() {
    let rows = 40_000;
    let row = |index: usize| format!("{index}  {}\t\t{}\r\n", 2 * index, index % 7);
    let text = (0..rows).map(row).collect::<Vec<_>>().concat();
    let blanks = table(&text).blanks().header(false).classification().unwrap();
    let commas: String =
        text.lines().map(|line| line.replace("  ", ",").replace("\t\t", ",") + "\n\n").collect();
    let commas = table(&commas).header(false).classification().unwrap();
    for read in [blanks, commas] {
        assert_eq!(read.len(), rows);
        let inputs = (0..rows).flat_map(|index| [index as Scalar, (2 * index) as Scalar]);
        assert!(read.inputs().as_slice().iter().copied().eq(inputs));
        assert!(read.targets().iter().eq((0..rows as u32).map(|index| index % 7)));
    }
    let broken = text + "x 1 1\n";
    assert!(refused(&table(&broken).blanks().header(false)).starts_with("table.csv:40001, column 1: `x` is"));
}

#[cfg(feature = "gzip")]
#[test]
fn what_is_packed_is_unpacked_as_far_as_it_is_read() {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(b"".to_vec(), flate2::Compression::fast());
    packer.write_all(b"a,b\n").unwrap();
    (0..64).for_each(|_| packer.write_all(&vec![0; 1 << 20]).unwrap());
    let bomb = Csv::from_bytes("bomb.csv.gz", packer.finish().unwrap());
    assert!(refused(&bomb).starts_with("bomb.csv.gz:2: the row has more than 16777216 bytes;"));
    assert!(
        refused(&bomb.max_bytes(1 << 20)).starts_with("bomb.csv.gz:2: the table has more than 1048576 bytes")
    );
}
