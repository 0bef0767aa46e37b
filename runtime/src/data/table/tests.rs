//! Tests of reading, splitting, encoding and saving. The expected numbers of encodings are those of
//! scikit-learn's `SimpleImputer`, `StandardScaler`, `MinMaxScaler` and `OneHotEncoder`.

use super::*;
use crate::CsvProblem;
use crate::data::Csv;

const TEXT: &str = "id,age,fare,port,zip,alive\n\
    1,22,7.25,S,00501,yes\n\
    2,38,71.5,C,10001,no\n\
    3,,8,S,00501,no\n\
    4,35,NA,?,10001,yes\n\
    5,54,8,Q,60601,no\n";

fn csv(text: &str) -> Csv {
    Csv::from_bytes("table.csv", text.as_bytes().to_vec()).missing(["NA", "?"])
}

fn table() -> Table {
    csv(TEXT).text_columns(["zip"]).without(["id"]).table().unwrap()
}

/// The error message of a result.
#[track_caller]
fn said<T>(result: Result<T>) -> String {
    result.err().expect("it must be refused").to_string()
}

#[track_caller]
fn close(tensor: &Tensor, expected: &[Scalar]) {
    assert_eq!(tensor.len(), expected.len());
    let near = |(a, b): (&Scalar, &Scalar)| (a - b).abs() <= 1e-6;
    assert!(tensor.as_slice().iter().zip(expected).all(near), "{:?} is not {expected:?}", tensor.as_slice());
}

#[test]
fn columns_have_types_and_missing_values() {
    let table = table();
    assert_eq!(
        (table.rows(), table.names().collect::<Vec<_>>()),
        (5, vec!["age", "fare", "port", "zip", "alive"])
    );
    let numeric = table.names().map(|name| table.is_numeric(name).unwrap());
    assert_eq!(numeric.collect::<Vec<_>>(), [true, true, false, false, false]);
    let missing = table.names().map(|name| table.missing(name).unwrap());
    assert_eq!(missing.collect::<Vec<_>>(), [1, 1, 1, 0, 0]);
    assert_eq!(table.class_names("zip").unwrap(), ["00501", "10001", "60601"]);
    assert_eq!(table.drop_missing().rows(), 3);
    assert_eq!(table.drop_missing_in(["age", "zip"]).unwrap().rows(), 4);
    assert_eq!(table.labels("alive", &["no", "yes"]).unwrap().as_slice(), [1, 0, 0, 1, 0]);
    let whole = table.drop_missing();
    assert_eq!(whole.numbers(["fare", "age"]).unwrap().as_slice(), [7.25, 22.0, 71.5, 38.0, 8.0, 54.0]);
    assert_eq!(whole.number_labels("age").unwrap().as_slice(), [22, 38, 54]);
    // A class that no row has any more is no class name.
    assert_eq!(whole.pick(&[0, 0]).class_names("port").unwrap(), ["S"]);
}

#[test]
fn types_are_inferred_or_declared() {
    let words = csv("a,b\n1,x\nnan,2\ninf,3\n");
    assert_eq!(
        said(words.table()),
        "table.csv:3, column 1 (`a`): `nan` is not a finite number; replace it or leave the row out"
    );
    let words = words.missing(["nan", "inf"]).table().unwrap();
    assert_eq!(
        (words.is_numeric("a").unwrap(), words.is_numeric("b").unwrap(), words.missing("a").unwrap()),
        (true, false, 2)
    );
    let declared = csv("a,b\n1,3\nx,2\n").number_columns(["a"]);
    assert_eq!(
        said(declared.table()),
        "table.csv:3, column 1 (`a`): `x` is not a number; fix the field, or leave the column out by `.without([..])`"
    );
    assert!(csv("a,b\n1,3\nx,2\n").table().is_ok());
    let indexed = csv("1,x\n2,y\n").header(false).columns([1]).table().unwrap();
    assert_eq!(indexed.names().collect::<Vec<_>>(), ["1"]);
    assert!(matches!(
        csv("a,a\n1,2\n").table(),
        Err(Error::Csv { problem, .. }) if *problem == CsvProblem::RepeatedColumn { name: "a".into() }
    ));
    // A column without any value has no type that matters.
    assert_eq!(csv("a,b\n1,\n2,?\n").table().unwrap().missing("b").unwrap(), 2);
}

#[test]
fn numbers_are_filled_and_scaled() {
    let table = table();
    let encode = |numbers: Numbers| {
        let encoder = TableEncoder::new().numbers(["age", "fare"], numbers).fit(&table).unwrap();
        encoder.transform(&table).unwrap()
    };
    close(
        &encode(Numbers::unscaled().fill(-1.0)),
        &[22.0, 7.25, 38.0, 71.5, -1.0, 8.0, 35.0, -1.0, 54.0, 8.0],
    );
    close(
        &encode(Numbers::unscaled().fill_median()),
        &[22.0, 7.25, 38.0, 71.5, 36.5, 8.0, 35.0, 8.0, 54.0, 8.0],
    );
    let expected = [
        -1.497_186_1,
        -0.665_707_2,
        0.073_632_1,
        1.936_372_6,
        0.0,
        -0.635_332_7,
        -0.220_896_3,
        0.0,
        1.644_450_3,
        -0.635_332_7,
    ];
    close(&encode(Numbers::standard().fill_mean()), &expected);
    let ranged = encode(Numbers::min_max().fill(22.0));
    close(&ranged, &[0.0, 0.0, 0.5, 1.0, 0.0, 0.011_673_15, 0.406_25, 0.229_571_98, 1.0, 0.011_673_15]);
}

#[test]
fn categories_are_one_hot_or_ids() {
    let (table, other) = (table(), csv("age,fare,port,zip,alive\n1,1,X,00501,no\n").text_columns(["zip"]));
    let other = other.table().unwrap();
    let encoder = TableEncoder::new()
        .categories(["port"], Categories::one_hot().fill("S"))
        .categories(["zip"], Categories::ids().with_other())
        .numbers(["fare"], Numbers::unscaled().fill(0.0));
    let encoder = encoder.fit(&table).unwrap();
    assert_eq!(
        (encoder.width(), encoder.names()),
        (4, ["port=C", "port=Q", "port=S", "fare"].map(String::from).to_vec())
    );
    let x = encoder.transform(&table).unwrap();
    assert_eq!(x.as_slice()[..8], [0.0, 0.0, 1.0, 7.25, 1.0, 0.0, 0.0, 71.5]);
    assert_eq!(x.as_slice()[12..16], [0.0, 0.0, 1.0, 0.0]);
    assert_eq!(
        (encoder.ids(&table).unwrap().as_slice(), encoder.id_counts()),
        (&[0, 1, 0, 1, 2][..], vec![4])
    );
    assert_eq!(
        said(encoder.transform(&other)),
        "column `port`, row 0 (counted from 0): `X` is none of the categories `C`, `Q`, `S`; to accept others, fit with \
         `Categories::with_other()`"
    );
    let new = csv("zip\n99999\n?\n").text_columns(["zip"]).table().unwrap();
    let zips = TableEncoder::new().categories(["zip"], Categories::ids().with_other()).fit(&table).unwrap();
    assert_eq!(zips.ids(&new).unwrap().as_slice(), [3, 3]);
    let strict = TableEncoder::new().categories(["zip"], Categories::ids()).fit(&table).unwrap();
    assert!(said(strict.ids(&new)).starts_with("column `zip`, row 0 (counted from 0): `99999` is none of"));
    // A category that is called like the last one keeps its name.
    let odd = csv("c\nother\nx\n").table().unwrap();
    let odd = TableEncoder::new().categories(["c"], Categories::one_hot().with_other()).fit(&odd).unwrap();
    assert_eq!(odd.names(), ["c=other", "c=x", "c==other"]);
}

#[test]
fn faults_name_the_column_and_the_row() {
    let table = table();
    let fit = |encoder: TableEncoder| said(encoder.fit(&table));
    let numbers = |name: &str| fit(TableEncoder::new().numbers([name], Numbers::standard()));
    assert_eq!(
        numbers("ages"),
        "column `ages`: there is no such column; the table has `age`, `fare`, `port`, `zip`, `alive`"
    );
    assert!(
        numbers("age").starts_with("column `age`, row 2 (counted from 0): the value is missing; fill it")
    );
    assert!(
        numbers("port")
            .starts_with("column `port`, row 0 (counted from 0): the column contains text, such as `S`;")
    );
    let twice = TableEncoder::new().numbers(["age", "age"], Numbers::standard().fill_mean());
    assert_eq!(fit(twice), "column `age`: the encoder has the column twice; name it once");
    let text = TableEncoder::new().categories(["age"], Categories::one_hot());
    assert!(fit(text).ends_with("the column contains numbers; read it as text by `Csv::text_columns([..])`"));
    assert!(
        fit(TableEncoder::new().categories(["port"], Categories::ids())).contains("row 3 (counted from 0)")
    );
    let nothing = csv("a\nNA\n").table().unwrap();
    let mean = TableEncoder::new().numbers(["a"], Numbers::standard().fill_mean());
    assert!(said(mean.fit(&nothing)).contains("every value is missing"));
    assert!(mean.fit(&nothing.drop_missing()).is_err());
    assert!(TableEncoder::new().numbers(["age"], Numbers::unscaled().fill(f64::NAN)).fit(&table).is_err());
    assert_eq!(
        said(table.number_labels("fare")),
        "column `fare`, row 0 (counted from 0): `7.25` is not a class label, which is a whole number from 0 on"
    );
    assert!(said(table.labels("port", &["S", "C"])).contains("row 3 (counted from 0): the value is missing"));
    let category = TableEncoder::new().categories(["zip"], Categories::ids()).fit(&table).unwrap();
    assert!(said(category.inverse(&Tensor::zeros(&[1, 0]))).contains("only numbers have an inverse"));
}

#[test]
fn splits_keep_every_row_once() {
    let rows: Vec<String> = (0..40).map(|i| format!("{i},{}", ["a", "b", "b", "b"][i % 4])).collect();
    let text = rows.join("\n");
    let table = csv(&format!("n,kind\n{text}")).table().unwrap();
    for (first, second) in [table.split(0.75, 4).unwrap(), table.split_stratified("kind", 0.8, 4).unwrap()] {
        let mut all: Vec<f64> =
            [&first, &second].map(|part| part.number_column("n").unwrap().to_vec()).concat();
        all.sort_by(f64::total_cmp);
        assert!(all.into_iter().eq((0..40).map(f64::from)));
    }
    let (first, second) = table.split_stratified("kind", 0.8, 4).unwrap();
    let rare = |part: &Table| part.text("kind").unwrap().1.iter().filter(|code| **code == 0).count();
    assert_eq!((first.rows(), rare(&first), second.rows(), rare(&second)), (32, 8, 8, 2));
    assert!(table.split(1.0, 0).is_err() && table.split_stratified("n", 0.5, 0).is_err());
}

#[test]
fn a_saved_encoder_is_the_same_and_damage_is_an_error() {
    let table = table();
    let encoder = TableEncoder::new()
        .numbers(["age"], Numbers::standard().fill_mean())
        .numbers(["fare"], Numbers::min_max().fill_median())
        .categories(["port"], Categories::one_hot().with_other())
        .categories(["zip"], Categories::ids().fill("00501"));
    let encoder = encoder.fit(&table).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("columns.json");
    encoder.save(&path).unwrap();
    let loaded = FittedTableEncoder::load(&path).unwrap();
    assert_eq!(loaded, encoder);
    assert_eq!(loaded.transform(&table).unwrap().as_slice(), encoder.transform(&table).unwrap().as_slice());
    let whole = std::fs::read(&path).unwrap();
    for length in 0..whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert!(FittedTableEncoder::load(&path).is_err(), "{length}");
    }
    for place in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x11;
        std::fs::write(&path, bytes).unwrap();
        let _ = FittedTableEncoder::load(&path);
    }
    for (from, to) in [("\"scale\":\"", "\"scale\":\"0\",\"x\":\""), ("table encoder 1", "table encoder 2")] {
        let text = String::from_utf8(whole.clone()).unwrap();
        assert!(text.contains(from));
        std::fs::write(&path, text.replace(from, to)).unwrap();
        assert!(FittedTableEncoder::load(&path).is_err(), "{from}");
    }
}
