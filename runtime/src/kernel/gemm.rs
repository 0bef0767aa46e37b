//! The single entry point for matmuls.
//!
//! Large matmuls run over packed panels (`plan`), so that the innermost loop (`tile`) reads memory sequentially.
//! Matmuls with a vector are sums of rows or dot products. Tiny matmuls are three nested loops, without the
//! cost of packing. The order of additions depends only on the sizes and on the instruction set.

mod pack;
mod packed;
mod part;
mod plan;
mod sweep;
mod tile;

pub(crate) use packed::Panels;

use super::simd::{Level, level, multiversioned};
use crate::Scalar;

/// An operand of a matmul: a row-major matrix, or the transpose of one.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    data: &'a [Scalar],
    transposed: bool,
}

/// The operand whose matrix is `data` itself.
pub(crate) fn plain(data: &[Scalar]) -> Side<'_> {
    Side { data, transposed: false }
}

/// The operand whose matrix is the transpose of `data`.
pub(crate) fn transposed(data: &[Scalar]) -> Side<'_> {
    Side { data, transposed: true }
}

impl<'a> Side<'a> {
    /// Returns the operand as a strided matrix of `rows` rows and `columns` columns. Checks that
    /// the slice contains all elements.
    fn strided(self, rows: usize, columns: usize) -> Strided<'a> {
        assert!(
            self.data.len() >= rows * columns,
            "an operand of [{rows}, {columns}] does not fit {} elements",
            self.data.len()
        );
        let (row, column) = if self.transposed { (1, rows) } else { (columns, 1) };
        Strided { data: self.data, row, column }
    }
}

/// A strided matrix: element `[i, j]` is at `i · row + j · column` in `data`.
#[derive(Clone, Copy)]
struct Strided<'a> {
    data: &'a [Scalar],
    row: usize,
    column: usize,
}

impl<'a> Strided<'a> {
    /// The submatrix whose first element is `[row, column]` of this matrix.
    fn from(self, row: usize, column: usize) -> Self {
        Self { data: &self.data[row * self.row + column * self.column..], ..self }
    }

    fn transpose(self) -> Self {
        Self { row: self.column, column: self.row, ..self }
    }

    /// The `columns` elements of the first row, if they are contiguous.
    fn first_row(self, columns: usize) -> Option<&'a [Scalar]> {
        (self.column == 1 || columns == 1).then(|| &self.data[..columns])
    }
}

/// The output of a matmul: a strided matrix. While the matmul runs, nothing else reads or writes the
/// elements.
#[derive(Clone, Copy)]
struct Target {
    start: *mut Scalar,
    row: usize,
    column: usize,
}

// SAFETY: whoever makes a target guarantees that only the matmul accesses its elements, and the parts of the matmul
// write disjoint elements.
unsafe impl Sync for Target {}
// SAFETY: as for `Sync`: only the matmul accesses the elements.
unsafe impl Send for Target {}

impl Target {
    /// The part of the output whose first element is `[row, column]` of this output.
    fn from(self, row: usize, column: usize) -> Self {
        Self { start: self.start.wrapping_add(row * self.row + column * self.column), ..self }
    }

    fn transpose(self) -> Self {
        Self { row: self.column, column: self.row, ..self }
    }
}

/// The sizes `m`, `k` and `n` of a matmul `[m, k] · [k, n]`.
pub(crate) type Sizes = (usize, usize, usize);

/// Computes `c = a · b`, or `c += a · b` if `add` is set.
///
/// # Shapes
/// `a: [m, k]`, `b: [k, n]`, `c: [m, n]`. The shape of a transposed operand is the shape after the
/// transposition.
pub(crate) fn matmul(sizes: Sizes, a: Side<'_>, b: Side<'_>, c: &mut [Scalar], add: bool) {
    let (m, k, n) = sizes;
    if m == 0 || n == 0 {
        return;
    }
    assert!(c.len() >= m * n, "an output of [{m}, {n}] does not fit {} elements", c.len());
    let c = Target { start: c.as_mut_ptr(), row: n, column: 1 };
    // SAFETY: by the assertion above the rows are within the slice, which stays borrowed until the matmul is done.
    unsafe { matmul_at(level(), sizes, a.strided(m, k), b.strided(k, n), c, add) }
}

/// Computes the matmul with the instructions of `level`. `m` and `n` must not be 0.
///
/// # Safety
/// The elements of `c` are valid, and nothing else reads or writes them.
unsafe fn matmul_at(level: Level, (m, k, n): Sizes, a: Strided<'_>, b: Strided<'_>, c: Target, add: bool) {
    /// The maximum number of multiplications of a matmul for which three nested loops are fastest.
    const TINY: usize = 512;
    if m * k * n <= TINY {
        // SAFETY: the caller guarantees exclusive access to `c`.
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
            // SAFETY: a single row, or a single column of stride 1, is contiguous, and the caller guarantees exclusive
            // access to `c`.
            let c = unsafe { std::slice::from_raw_parts_mut(c.start, count) };
            if !add {
                c.fill(0.0);
            }
            matrix_by_vector(matrix, vector, c);
        }
        // SAFETY: the caller guarantees exclusive access to `c`, and `k` is not 0, because a matmul
        // with `k = 0` is tiny.
        _ => unsafe { plan::matmul(level, (m, k, n), a, b, c, add) },
    }
}

/// Computes `c += matrix · vector`. The matrix has `c.len()` rows, `vector.len()` columns, and contiguous
/// rows or columns.
fn matrix_by_vector(matrix: Strided<'_>, vector: &[Scalar], c: &mut [Scalar]) {
    if matrix.column == 1 {
        for (i, c) in c.iter_mut().enumerate() {
            *c += super::dot(&matrix.data[i * matrix.row..][..vector.len()], vector);
        }
    } else {
        multiversioned!(
            fn body(matrix: &[Scalar], stride: usize, vector: &[Scalar], c: &mut [Scalar]) {
                for (l, x) in vector.iter().enumerate() {
                    for (c, m) in c.iter_mut().zip(&matrix[l * stride..]) {
                        *c += x * m;
                    }
                }
            }
        );
        let (data, stride) = (matrix.data, matrix.column);
        body(data, stride, vector, c);
    }
}

/// Computes the matmul as three nested loops.
///
/// # Safety
/// The elements of `c` are valid, and nothing else reads or writes them.
unsafe fn tiny((m, k, n): Sizes, a: Strided<'_>, b: Strided<'_>, c: Target, add: bool) {
    for i in 0..m {
        for j in 0..n {
            let products =
                (0..k).map(|l| a.data[i * a.row + l * a.column] * b.data[l * b.row + j * b.column]);
            let total: Scalar = products.sum();
            // SAFETY: the caller guarantees exclusive access to `c`.
            unsafe {
                let to = c.from(i, j).start;
                *to = if add { *to + total } else { total };
            }
        }
    }
}

#[cfg(test)]
mod tests;
