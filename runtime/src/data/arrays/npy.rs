//! NPY files, the format of `numpy.save`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::{BYTES, Kind, Layout, in_file, read};
use crate::file::atomic_write;
use crate::{DataFileProblem as Problem, Labels, Result, Scalar, Tensor};

/// The first bytes of a file.
const MAGIC: &[u8] = b"\x93NUMPY";
/// The maximum number of axes of an array in `NumPy` 2.
const AXES: usize = 64;

/// A file of `numpy.save`: versions 1 to 3, with whole numbers, floating-point numbers of 32 or 64 bits or
/// booleans, of either byte order and either memory order. Nothing in the file is executed.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) if the file cannot be read or is not a regular file.
/// [`Error::DataFile`](crate::Error::DataFile) if the file is of another format, damaged, cut short or longer
/// than the limit, if its elements have another type, or if a number does not fit.
///
/// # Example
/// ```
/// use training_loop::prelude::*;
/// use training_loop::data::{Npy, save_npy};
///
/// # fn main() -> Result<()> {
/// # let path = std::env::temp_dir().join(format!("x-{}.npy", std::process::id()));
/// let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
/// save_npy(&path, &x)?; // For `numpy.load`.
/// assert_eq!(Npy::new(&path).tensor()?.as_slice(), x.as_slice());
/// # std::fs::remove_file(&path).map_err(|error| Error::io(&path, "remove", error))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Npy {
    path: PathBuf,
    limit: u64,
}

impl Npy {
    /// The file at `path`. The file is not opened yet.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_path_buf(), limit: BYTES }
    }

    /// Sets the maximum size of the file in bytes; by default 4 GiB.
    pub fn max_bytes(self, bytes: u64) -> Self {
        Self { limit: bytes, ..self }
    }

    /// Reads the array as numbers.
    pub fn tensor(&self) -> Result<Tensor> {
        tensor(&read(&self.path, self.limit)?).map_err(|problem| in_file(&self.path, problem))
    }

    /// Reads the array as labels: whole numbers from 0 on.
    pub fn labels(&self) -> Result<Labels> {
        labels(&read(&self.path, self.limit)?).map_err(|problem| in_file(&self.path, problem))
    }
}

pub(super) fn tensor(bytes: &[u8]) -> Result<Tensor, Problem> {
    layout(bytes).and_then(|(layout, start)| layout.tensor(&bytes[start..]))
}

pub(super) fn labels(bytes: &[u8]) -> Result<Labels, Problem> {
    layout(bytes).and_then(|(layout, start)| layout.labels(&bytes[start..]))
}

/// The layout of the array, and the offset of the elements.
fn layout(bytes: &[u8]) -> Result<(Layout, usize), Problem> {
    let cut_short = || Problem::CutShort { bytes: bytes.len() as u64 };
    let rest = bytes.strip_prefix(MAGIC).ok_or(Problem::Format { expected: "an NPY file" })?;
    let (length, start) = match rest {
        [1, _, a, b, ..] => (usize::from(u16::from_le_bytes([*a, *b])), 10),
        [2 | 3, _, a, b, c, d, ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, 12),
        [1..=3, ..] | [] => return Err(cut_short()),
        [version, ..] => return Err(header(format!("the version {version} is unknown"))),
    };
    let end = start + length;
    let text = bytes.get(start..end).ok_or_else(cut_short)?;
    let text = std::str::from_utf8(text).map_err(|_| header("it is not UTF-8".to_owned()))?;
    let Header { descr, is_fortran, shape } = Header::parse(text).map_err(header)?;
    let (kind, is_big_endian) = kind(descr)?;
    Ok((Layout::new(kind, is_big_endian, &shape, is_fortran, bytes.len() - end)?, end))
}

fn header(reason: String) -> Problem {
    Problem::Header { reason }
}

/// The element type of a text such as `<f4`, and whether it is big-endian.
fn kind(descr: &str) -> Result<(Kind, bool), Problem> {
    let unknown = || Problem::Kind { found: crate::error::shorten(descr) };
    let order = descr.chars().next().ok_or_else(unknown)?;
    let kind = match &descr[order.len_utf8()..] {
        "b1" => Kind::Bool,
        "u1" => Kind::U8,
        "i1" => Kind::I8,
        "u2" => Kind::U16,
        "i2" => Kind::I16,
        "u4" => Kind::U32,
        "i4" => Kind::I32,
        "u8" => Kind::U64,
        "i8" => Kind::I64,
        "f4" => Kind::F32,
        "f8" => Kind::F64,
        _ => return Err(unknown()),
    };
    match order {
        '<' => Ok((kind, false)),
        '>' => Ok((kind, true)),
        '|' if kind.width() == 1 => Ok((kind, false)),
        _ => Err(unknown()),
    }
}

/// The fields of a header, which is a dictionary of Python.
struct Header<'a> {
    descr: &'a str,
    is_fortran: bool,
    shape: Vec<u64>,
}

impl<'a> Header<'a> {
    fn parse(text: &'a str) -> Result<Self, String> {
        let mut rest = Rest(text.trim());
        let (mut descr, mut is_fortran, mut shape) = (None, None, None);
        rest.expect("{")?;
        while !rest.skip("}") {
            let key = rest.string()?;
            rest.expect(":")?;
            let is_repeated = match key {
                "descr" => descr.replace(rest.string()?).is_some(),
                "fortran_order" => is_fortran.replace(rest.flag()?).is_some(),
                "shape" => shape.replace(rest.tuple()?).is_some(),
                _ => return Err(format!("the field `{key}` is unknown")),
            };
            if is_repeated {
                return Err(format!("the field `{key}` is repeated"));
            }
            if !rest.skip(",") {
                rest.expect("}")?;
                break;
            }
        }
        if !rest.0.is_empty() {
            return Err("there is text after the dictionary".to_owned());
        }
        let missing = |name: &str| format!("the field `{name}` is missing");
        Ok(Self {
            descr: descr.ok_or_else(|| missing("descr"))?,
            is_fortran: is_fortran.ok_or_else(|| missing("fortran_order"))?,
            shape: shape.ok_or_else(|| missing("shape"))?,
        })
    }
}

/// The text that is not parsed yet.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn skip(&mut self, token: &str) -> bool {
        let rest = self.0.trim_start().strip_prefix(token);
        self.0 = rest.unwrap_or(self.0).trim_start();
        rest.is_some()
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.skip(token) { Ok(()) } else { Err(format!("`{token}` is missing")) }
    }

    fn string(&mut self) -> Result<&'a str, String> {
        let quote = if self.skip("\"") {
            '"'
        } else if self.skip("'") {
            '\''
        } else {
            return Err("a string is missing".to_owned());
        };
        let (string, rest) = self.0.split_once(quote).ok_or("a string does not end")?;
        self.0 = rest;
        Ok(string)
    }

    fn flag(&mut self) -> Result<bool, String> {
        if self.skip("True") {
            return Ok(true);
        }
        if self.skip("False") {
            Ok(false)
        } else {
            Err("`fortran_order` is neither True nor False".to_owned())
        }
    }

    fn tuple(&mut self) -> Result<Vec<u64>, String> {
        self.expect("(")?;
        let mut numbers = Vec::new();
        while !self.skip(")") {
            let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
            let number =
                self.0[..end].parse().map_err(|_| "an axis of `shape` is not a whole number from 0 on")?;
            self.0 = &self.0[end..];
            self.skip("L"); // Written by Python 2.
            if numbers.len() == AXES {
                return Err(format!("`shape` has more than {AXES} axes"));
            }
            numbers.push(number);
            if !self.skip(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(numbers)
    }
}

/// Writes a tensor as an NPY file (version 1, little-endian), completely or not at all.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) if the file cannot be written.
pub fn save_npy(path: impl AsRef<Path>, tensor: &Tensor) -> Result<()> {
    let mut shape = String::new();
    for axis in tensor.shape() {
        let _ = write!(shape, "{axis},");
    }
    let kind = size_of::<Scalar>();
    let mut header = format!("{{'descr': '<f{kind}', 'fortran_order': False, 'shape': ({shape}), }}");
    // The elements begin at a multiple of 64 bytes, and the header ends with a line break.
    let length = (MAGIC.len() + 4 + header.len() + 1).next_multiple_of(64) - MAGIC.len() - 4;
    header.extend(std::iter::repeat_n(' ', length - 1 - header.len()));
    header.push('\n');
    atomic_write(path.as_ref(), |file| {
        file.write_all(MAGIC)?;
        file.write_all(&[1, 0])?;
        file.write_all(&(length as u16).to_le_bytes())?;
        file.write_all(header.as_bytes())?;
        tensor.as_slice().iter().try_for_each(|number| file.write_all(&number.to_le_bytes()))
    })
    .map(drop)
}
