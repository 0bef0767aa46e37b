//! Reads a file of one of the formats. A value or an error may come of it, and nothing else.

use std::path::Path;

use training_loop::data::{FittedTableEncoder, Idx, ImageFolder, Npy, Npz};
use training_loop::prelude::*;

/// The formats, by the endings of their files.
#[allow(dead_code, reason = "a fuzz target has one of them")]
pub(crate) const FORMATS: [&str; 7] = ["safetensors", "csv", "idx", "npy", "npz", "png", "json"];

/// Whether the file was accepted. Pictures must be in a folder of their own class.
pub(crate) fn read(format: &str, path: &Path) -> bool {
    match format {
        "safetensors" => ModelFile::new(path).allow_not_finite().read().is_ok(),
        "csv" => {
            let csv = Csv::new(path).missing(["NA"]);
            let (table, labels) = (csv.table(), csv.header(false).classification());
            table.is_ok() || labels.is_ok()
        }
        "idx" => {
            let (tensor, labels) = (Idx::new(path).tensor(), Idx::new(path).labels());
            tensor.is_ok() || labels.is_ok()
        }
        "npy" => {
            let (tensor, labels) = (Npy::new(path).tensor(), Npy::new(path).labels());
            tensor.is_ok() || labels.is_ok()
        }
        "npz" => Npz::open(path).is_ok_and(|file| {
            let arrays = file.names().iter().map(|name| file.tensor(name).is_ok());
            arrays.collect::<Vec<_>>().contains(&true)
        }),
        "png" => ImageFolder::new(path.ancestors().nth(2).expect("a folder")).is_ok(),
        "json" => FittedTableEncoder::load(path).is_ok(),
        other => panic!("the format `{other}` is unknown"),
    }
}
