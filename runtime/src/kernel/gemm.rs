//! The one door for matrix products.
//!
//! Large products run over packed panels (`plan`), so that the innermost loop (`tile`) reads memory in a row;
//! thin ones are sums of rows or dot products, and tiny ones three plain loops, without the price of packing.
//! The order of additions depends on sizes and the instruction set alone.

mod pack;
mod packed;
mod part;
mod plan;
mod sweep;
mod tile;

pub(crate) use packed::Panels;

use super::simd::{Level, dispatch, level};
use crate::Scalar;

/// One side of a product: a row-major matrix, read as it is or transposed.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    data: &'a [Scalar],
    transposed: bool,
}

/// A matrix as it is stored.
pub(crate) fn plain(data: &[Scalar]) -> Side<'_> {
    Side { data, transposed: false }
}

/// The transpose of a stored matrix.
pub(crate) fn flipped(data: &[Scalar]) -> Side<'_> {
    Side { data, transposed: true }
}

impl<'a> Side<'a> {
    /// The side as a matrix of `rows` and `columns` by its strides, checked against the slice.
    fn strided(self, rows: usize, columns: usize) -> Strided<'a> {
        assert!(
            self.data.len() >= rows * columns,
            "a side of [{rows}, {columns}] does not fit {} numbers",
            self.data.len()
        );
        let (row, column) = if self.transposed { (1, rows) } else { (columns, 1) };
        Strided { data: self.data, row, column }
    }
}

/// A matrix by its strides.
#[derive(Clone, Copy)]
struct Strided<'a> {
    data: &'a [Scalar],
    row: usize,
    column: usize,
}

impl<'a> Strided<'a> {
    /// The part that begins at a row and a column.
    fn from(self, row: usize, column: usize) -> Self {
        Self { data: &self.data[row * self.row + column * self.column..], ..self }
    }

    fn transpose(self) -> Self {
        Self { row: self.column, column: self.row, ..self }
    }

    /// The `columns` numbers of the first row, where they follow each other.
    fn first_row(self, columns: usize) -> Option<&'a [Scalar]> {
        (self.column == 1 || columns == 1).then(|| &self.data[..columns])
    }
}

/// Where a product goes: a matrix by its strides, which nobody else reads or writes.
#[derive(Clone, Copy)]
struct Target {
    start: *mut Scalar,
    row: usize,
    column: usize,
}

// SAFETY: whoever makes a target promises that its numbers are written by the product alone, whose parts write
// numbers of their own each.
unsafe impl Sync for Target {}
// SAFETY: as above.
unsafe impl Send for Target {}

impl Target {
    /// The part that begins at a row and a column, which lie inside.
    fn from(self, row: usize, column: usize) -> Self {
        Self { start: self.start.wrapping_add(row * self.row + column * self.column), ..self }
    }

    fn transpose(self) -> Self {
        Self { row: self.column, column: self.row, ..self }
    }
}

/// `m`, `k` and `n` of a product `[m, k] · [k, n]`.
pub(crate) type Sizes = (usize, usize, usize);

/// `c = a · b`, or `c += a · b` where `add` is set.
///
/// # Shapes
/// `a: [m, k]`, `b: [k, n]`, `c: [m, n]`, after transposing the flipped sides.
pub(crate) fn product(sizes: Sizes, a: Side<'_>, b: Side<'_>, c: &mut [Scalar], add: bool) {
    let (m, k, n) = sizes;
    if m == 0 || n == 0 {
        return;
    }
    assert!(c.len() >= m * n, "a product of [{m}, {n}] does not fit {} numbers", c.len());
    let c = Target { start: c.as_mut_ptr(), row: n, column: 1 };
    // SAFETY: the rows lie inside of the slice by the line above, and it is borrowed until the product is done.
    unsafe { product_at(level(), sizes, a.strided(m, k), b.strided(k, n), c, add) }
}

/// The product on a given instruction set; `m` and `n` are not 0.
///
/// # Safety
/// The numbers of `c` are there, and nobody else reads or writes them.
unsafe fn product_at(level: Level, (m, k, n): Sizes, a: Strided<'_>, b: Strided<'_>, c: Target, add: bool) {
    /// Multiplications up to which three plain loops are quickest.
    const TINY: usize = 512;
    if m * k * n <= TINY {
        // SAFETY: the same promise.
        return unsafe { tiny((m, k, n), a, b, c, add) };
    }
    let by_vector = if m == 1 && c.column == 1 {
        a.first_row(k).map(|vector| (b.transpose(), vector, n))
    } else if n == 1 && (c.row == 1 || m == 1) {
        b.transpose().first_row(k).map(|vector| (a, vector, m))
    } else {
        None
    };
    match by_vector {
        Some((matrix, vector, count)) if matrix.row == 1 || matrix.column == 1 => {
            // SAFETY: the numbers of a single row, or of a single column without gaps, follow each other.
            let c = unsafe { std::slice::from_raw_parts_mut(c.start, count) };
            if !add {
                c.fill(0.0);
            }
            matrix_by_vector(level, matrix, vector, c);
        }
        // SAFETY: the same promise; `k` is not 0, or the product were tiny.
        _ => unsafe { plan::product(level, (m, k, n), a, b, c, add) },
    }
}

/// `c += matrix · vector` for a matrix `[c, vector]` whose rows or columns are without gaps.
fn matrix_by_vector(level: Level, matrix: Strided<'_>, vector: &[Scalar], c: &mut [Scalar]) {
    if matrix.column == 1 {
        for (i, c) in c.iter_mut().enumerate() {
            *c += super::dot(&matrix.data[i * matrix.row..][..vector.len()], vector);
        }
    } else {
        #[inline(always)]
        fn body(matrix: &[Scalar], stride: usize, vector: &[Scalar], c: &mut [Scalar]) {
            for (l, x) in vector.iter().enumerate() {
                for (c, m) in c.iter_mut().zip(&matrix[l * stride..]) {
                    *c += x * m;
                }
            }
        }
        let (data, stride) = (matrix.data, matrix.column);
        dispatch!(level, [] body(data: &[Scalar], stride: usize, vector: &[Scalar], c: &mut [Scalar]));
    }
}

/// The product by three plain loops.
///
/// # Safety
/// As for [`product_at`].
unsafe fn tiny((m, k, n): Sizes, a: Strided<'_>, b: Strided<'_>, c: Target, add: bool) {
    for i in 0..m {
        for j in 0..n {
            let products =
                (0..k).map(|l| a.data[i * a.row + l * a.column] * b.data[l * b.row + j * b.column]);
            let total: Scalar = products.sum();
            // SAFETY: the caller promises the numbers of `c`.
            unsafe {
                let to = c.from(i, j).start;
                *to = if add { *to + total } else { total };
            }
        }
    }
}

#[cfg(test)]
mod tests;
