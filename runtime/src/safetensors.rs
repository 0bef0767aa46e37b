//! Reading and writing safetensors files.
//!
//! A file consists of 8 bytes for the header's length, the header as JSON (name → dtype, shape,
//! byte range), and the values. The values are little-endian and have no gaps. Each length in the
//! header is checked against the file before memory of that length is allocated. Values are read
//! one tensor at a time, so reading needs only the memory of the result.

mod header;
mod kind;

use std::fmt::{Debug, Write as _};
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use ndarray::IxDyn;
use serde_json::Value;

pub(crate) use self::header::Entry;
use self::kind::{Kind, from_bf16, from_f16};
use crate::error::shorten;
use crate::file::irregular;
use crate::memory;
use crate::{Array, Error, ModelFileProblem as Problem, Result, Scalar};

/// The number of bytes of the header's length field.
const PREFIX: u64 = 8;
/// The length in bytes of the longest header that the reference implementation accepts.
const HEADER_BYTES: u64 = 100_000_000;
/// The default limit of the number of entries. The largest published model files have about 100,000
/// entries.
const ENTRIES: usize = 1_000_000;
/// The number of bytes of values that are converted at a time.
const CHUNK: usize = 64 << 10;
/// An upper bound, in bytes, of the memory that an entry needs in addition to its name and its
/// values.
const ENTRY_BYTES: u64 = size_of::<(String, Array)>() as u64 + 64;
/// The name that the element type [`Scalar`] has in a file.
const OWN_KIND: &str = if size_of::<Scalar>() == 4 { "F32" } else { "F64" };

/// Limits on the contents of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) header_bytes: u64,
    /// The maximum number of tensors and metadata keys together.
    pub(crate) entries: usize,
    /// Whether NaN and infinities are accepted.
    pub(crate) is_any_number: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { header_bytes: HEADER_BYTES, entries: ENTRIES, is_any_number: false }
    }
}

/// Writes tensors with these names and shapes. `values` writes the values of one tensor.
pub(crate) fn write(
    file: &mut dyn Write,
    tensors: &[(&str, Vec<usize>)],
    values: impl Fn(usize, &mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let header = header(tensors);
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    (0..tensors.len()).try_for_each(|index| values(index, file))
}

/// The header, with the tensors in order. The end of the header is padded to whole words, so that
/// the values are aligned.
fn header(tensors: &[(&str, Vec<usize>)]) -> String {
    let mut header = String::from(r#"{"__metadata__":{"format":"pt"}"#);
    let mut begin = 0;
    for (name, shape) in tensors {
        let end = begin + shape.iter().product::<usize>() * size_of::<Scalar>();
        let (name, shape) = (Value::from(*name), Value::from(&**shape));
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

pub(crate) fn write_numbers(file: &mut dyn Write, value: &Array) -> io::Result<()> {
    let Some(numbers) = value.as_slice() else {
        return value.iter().try_for_each(|number| file.write_all(&number.to_le_bytes()));
    };
    let mut bytes = [0; 4096];
    for numbers in numbers.chunks(bytes.len() / size_of::<Scalar>()) {
        let bytes = &mut bytes[..size_of_val(numbers)];
        for (bytes, number) in bytes.chunks_exact_mut(size_of::<Scalar>()).zip(numbers) {
            bytes.copy_from_slice(&number.to_le_bytes());
        }
        file.write_all(bytes)?;
    }
    Ok(())
}

/// Reads names and values. Before any value is read, `check` is called with the names and shapes. It may
/// rename entries, and mark entries whose values are not wanted.
pub(crate) fn load(
    path: &Path,
    limits: Limits,
    check: impl FnOnce(&mut [Entry]) -> Result<()>,
) -> Result<Vec<(String, Array)>> {
    let unread = |error| Error::io(path, "read", error);
    // Opening a named pipe would block, and a device may have no end.
    let kind = irregular(&std::fs::metadata(path).map_err(unread)?).filter(|kind| *kind != "a folder");
    if let Some(kind) = kind {
        let text = format!("it is {kind}, and only a regular file is read");
        return Err(unread(io::Error::new(io::ErrorKind::InvalidInput, text)));
    }
    let file = File::open(path).map_err(unread)?;
    let bytes = file.metadata().map_err(unread)?.len();
    read(path, bytes, file, limits, check)
}

/// Reads names and values from a file of `bytes` bytes. Errors contain `path`.
fn read(
    path: &Path,
    bytes: u64,
    file: impl Read,
    limits: Limits,
    check: impl FnOnce(&mut [Entry]) -> Result<()>,
) -> Result<Vec<(String, Array)>> {
    let problem = |problem| Error::ModelFile { path: path.to_path_buf(), problem };
    let mut file = BufReader::with_capacity(CHUNK, file);
    let header = read_header(path, bytes, &mut file, limits)?;
    let available = bytes - PREFIX - header.len() as u64;
    let mut entries = header::parse(&header, available, limits).map_err(problem)?;
    check(&mut entries)?;
    let needed = entries.iter().filter(|entry| entry.is_wanted).map(memory_of).fold(0, u64::saturating_add);
    let refused = |_| problem(Problem::Memory { needed });
    memory::check(needed).map_err(refused)?;
    let mut chunk = memory::list(CHUNK).map_err(refused)?;
    chunk.resize(CHUNK, 0);
    let mut tensors = memory::list(entries.len()).map_err(refused)?;
    for entry in &entries {
        if !entry.is_wanted {
            skip(&mut file, entry.bytes.len()).map_err(|error| Error::io(path, "read", error))?;
            continue;
        }
        let mut numbers = memory::list(entry.count()).map_err(refused)?;
        let mut left = entry.bytes.len();
        while left > 0 {
            let part = &mut chunk[..left.min(CHUNK)];
            file.read_exact(part).map_err(|error| Error::io(path, "read", error))?;
            append(entry, part, limits.is_any_number, &mut numbers).map_err(problem)?;
            left -= part.len();
        }
        let value = Array::from_shape_vec(IxDyn(&entry.shape), numbers).expect("`parse` checked the sizes");
        tensors.push((entry.name.clone().into_owned(), value));
    }
    Ok(tensors)
}

/// Reads and drops this number of bytes.
fn skip(file: &mut impl Read, bytes: usize) -> io::Result<()> {
    let skipped = io::copy(&mut file.take(bytes as u64), &mut io::sink())?;
    if skipped == bytes as u64 { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Reads the bytes of the header. The length of the header is checked before memory is allocated.
fn read_header(path: &Path, bytes: u64, file: &mut impl Read, limits: Limits) -> Result<Vec<u8>> {
    let problem = |problem| Error::ModelFile { path: path.to_path_buf(), problem };
    let unread = |error| Error::io(path, "read", error);
    if bytes < PREFIX {
        return Err(problem(Problem::CutShort { bytes, needed: PREFIX }));
    }
    let mut prefix = [0; PREFIX as usize];
    file.read_exact(&mut prefix).map_err(unread)?;
    if prefix.starts_with(b"PK\x03\x04") || prefix.starts_with(&[0x80, 2]) {
        return Err(problem(Problem::Pickled));
    }
    let length = u64::from_le_bytes(prefix);
    let needed = length.saturating_add(PREFIX);
    if needed > bytes {
        return Err(problem(Problem::CutShort { bytes, needed }));
    }
    if length > limits.header_bytes {
        return Err(problem(Problem::LongHeader { bytes: length, limit: limits.header_bytes }));
    }
    let mut header = memory::list(length as usize).map_err(|_| problem(Problem::Memory { needed }))?;
    header.resize(length as usize, 0);
    file.read_exact(&mut header).map_err(unread)?;
    Ok(header)
}

/// The size of a tensor in memory, in bytes.
fn memory_of(entry: &Entry) -> u64 {
    // `ndarray` stores up to four axes inline.
    let axes = if entry.shape.len() > 4 { 2 * entry.shape.len() } else { 0 };
    let numbers = entry.count().saturating_mul(size_of::<Scalar>());
    ENTRY_BYTES + (entry.name.len() + axes * size_of::<usize>()) as u64 + numbers as u64
}

/// Converts the values of a tensor to [`Scalar`]. A value that [`Scalar`] cannot represent is an
/// error.
///
/// `F64` values are rounded to the nearest [`Scalar`]. Integers are never rounded. The other types are
/// converted exactly.
fn append(entry: &Entry, bytes: &[u8], is_any: bool, numbers: &mut Vec<Scalar>) -> Result<(), Problem> {
    let narrow = |x: f32| (is_any || x.is_finite()).then_some(x as Scalar);
    let whole = |x: i64| (x as Scalar as i128 == i128::from(x)).then_some(x as Scalar);
    match entry.kind {
        Kind::F16 => convert(entry, bytes, from_f16, numbers, narrow),
        Kind::Bf16 => convert(entry, bytes, from_bf16, numbers, narrow),
        Kind::F32 => convert(entry, bytes, f32::from_le_bytes, numbers, narrow),
        Kind::F64 => convert(entry, bytes, f64::from_le_bytes, numbers, |x| {
            let narrow = x as Scalar;
            (narrow.is_finite() || (is_any && !x.is_finite())).then_some(narrow)
        }),
        Kind::Bool => {
            convert(entry, bytes, u8::from_le_bytes, numbers, |x| (x < 2).then_some(Scalar::from(x)))
        }
        Kind::U8 => convert(entry, bytes, u8::from_le_bytes, numbers, |x| Some(Scalar::from(x))),
        Kind::I8 => convert(entry, bytes, i8::from_le_bytes, numbers, |x| Some(Scalar::from(x))),
        Kind::I16 => convert(entry, bytes, i16::from_le_bytes, numbers, |x| Some(Scalar::from(x))),
        Kind::I32 => convert(entry, bytes, i32::from_le_bytes, numbers, |x| whole(i64::from(x))),
        Kind::I64 => convert(entry, bytes, i64::from_le_bytes, numbers, whole),
    }
}

fn convert<const WIDTH: usize, T: Copy + Debug>(
    entry: &Entry,
    bytes: &[u8],
    decode: fn([u8; WIDTH]) -> T,
    numbers: &mut Vec<Scalar>,
    fit: impl Fn(T) -> Option<Scalar>,
) -> Result<(), Problem> {
    for bytes in bytes.as_chunks().0 {
        let number = decode(*bytes);
        let Some(fitting) = fit(number) else {
            let (name, index, text) = (shorten(&entry.name), numbers.len(), format!("{number:?}"));
            return Err(if ["NaN", "inf", "-inf"].contains(&&*text) {
                Problem::NotFinite { name, index, text }
            } else {
                Problem::Unfit { name, index, text }
            });
        };
        numbers.push(fitting);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
