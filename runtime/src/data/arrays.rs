//! Arrays in files: IDX, NPY and NPZ.
//!
//! The header of a file is checked against the number of bytes that follow before memory for the values is
//! allocated.

mod idx;
mod npy;
#[cfg(feature = "npz")]
mod npz;

use std::path::Path;

use ndarray::{ArrayD, IxDyn, ShapeBuilder as _};

pub use self::idx::{Idx, mnist};
pub use self::npy::{Npy, save_npy};
#[cfg(feature = "npz")]
pub use self::npz::Npz;
use super::files::{read_whole, unpacked};
use crate::{DataFileProblem as Problem, Error, Labels, Result, Scalar, Tensor, memory};

/// The default limit of the size of a file, unpacked, in bytes. MNIST takes 47 MB.
const BYTES: u64 = 4 << 30;

/// The bytes of a file, without the compression.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    unpacked(read_whole(path, limit)?, limit).map_err(|problem| in_file(path, problem))
}

fn in_file(path: &Path, problem: Problem) -> Error {
    Error::DataFile { path: path.to_path_buf(), problem }
}

/// The supported element types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

impl Kind {
    fn width(self) -> usize {
        match self {
            Self::Bool | Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }
}

/// The layout of an array, as its header states it.
struct Layout {
    kind: Kind,
    is_big_endian: bool,
    shape: Vec<usize>,
    /// Whether the first axis varies fastest.
    is_fortran: bool,
}

impl Layout {
    /// Checks a shape against the bytes that follow the header.
    fn new(
        kind: Kind,
        is_big_endian: bool,
        shape: &[u64],
        is_fortran: bool,
        available: usize,
    ) -> Result<Self, Problem> {
        let bytes = |shape: &[u64]| {
            // The product of the axes that are not 0, which `ndarray` limits too.
            let mut filled = shape.iter().filter(|&&axis| axis != 0);
            let count = filled.try_fold(kind.width() as u64, |n, &axis| n.checked_mul(axis))?;
            isize::try_from(count).ok()?;
            Some(if shape.contains(&0) { 0 } else { count })
        };
        let needed = bytes(shape);
        if needed != Some(available as u64) {
            return Err(Problem::Size { shape: shape.to_vec(), needed, available: available as u64 });
        }
        let shape = shape.iter().map(|&axis| axis as usize).collect();
        Ok(Self { kind, is_big_endian, shape, is_fortran })
    }

    /// The array as numbers. A whole number that [`Scalar`] cannot represent, NaN and infinities are refused.
    fn tensor(&self, bytes: &[u8]) -> Result<Tensor, Problem> {
        let fit = |index: usize, number: Number| {
            let (value, is_exact) = match number {
                Number::Whole(value) => (value as Scalar, (value as Scalar) as i128 == value),
                Number::Decimal(value) => {
                    if !value.is_finite() {
                        return Err(Problem::NotFinite { index, text: value.to_string() });
                    }
                    (value as Scalar, (value as Scalar).is_finite())
                }
            };
            if is_exact { Ok(value) } else { Err(Problem::Unfit { index, text: number.text() }) }
        };
        // The tensor copies the numbers into a buffer that is up to a quarter larger.
        self.array(bytes, fit).map(Tensor::from)
    }

    /// The array as labels: whole numbers from 0 on.
    fn labels(&self, bytes: &[u8]) -> Result<Labels, Problem> {
        let fit = |index: usize, number: Number| {
            let label = match number {
                Number::Whole(value) => u32::try_from(value).ok(),
                Number::Decimal(_) => None,
            };
            label.ok_or_else(|| Problem::NotALabel { index, text: number.text() })
        };
        self.array(bytes, fit).map(Labels::from)
    }

    fn array<T>(
        &self,
        bytes: &[u8],
        fit: impl Fn(usize, Number) -> Result<T, Problem>,
    ) -> Result<ArrayD<T>, Problem> {
        let count = bytes.len() / self.kind.width();
        memory::check((count * size_of::<T>()) as u64 / 4 * 9).map_err(|_| Problem::Memory)?;
        let mut values = memory::list(count).map_err(|_| Problem::Memory)?;
        for (index, bytes) in bytes.chunks_exact(self.kind.width()).enumerate() {
            values.push(fit(index, self.number(bytes))?);
        }
        let shape = IxDyn(&self.shape).set_f(self.is_fortran);
        Ok(ArrayD::from_shape_vec(shape, values).expect("`new` checked the size"))
    }

    fn number(&self, bytes: &[u8]) -> Number {
        // Big-endian, padded with zeros in front.
        let mut padded = [0; 8];
        let width = bytes.len();
        padded[8 - width..].copy_from_slice(bytes);
        if !self.is_big_endian {
            padded[8 - width..].reverse();
        }
        let bits = u64::from_be_bytes(padded);
        match self.kind {
            Kind::Bool | Kind::U8 | Kind::U16 | Kind::U32 | Kind::U64 => Number::Whole(i128::from(bits)),
            Kind::I8 => Number::Whole(i128::from((bits as u8).cast_signed())),
            Kind::I16 => Number::Whole(i128::from((bits as u16).cast_signed())),
            Kind::I32 => Number::Whole(i128::from((bits as u32).cast_signed())),
            Kind::I64 => Number::Whole(i128::from(bits.cast_signed())),
            Kind::F32 => Number::Decimal(f64::from(f32::from_bits(bits as u32))),
            Kind::F64 => Number::Decimal(f64::from_bits(bits)),
        }
    }
}

/// An element of a file.
#[derive(Clone, Copy)]
enum Number {
    Whole(i128),
    Decimal(f64),
}

impl Number {
    fn text(self) -> String {
        match self {
            Self::Whole(value) => value.to_string(),
            Self::Decimal(value) => value.to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
