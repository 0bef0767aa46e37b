//! The transforms of Winograd's scheme F(4×4, 3×3), on registers of channels.
//!
//! `y = Aᵀ [(G w Gᵀ) ⊙ (Bᵀ x B)] A` (Lavin and Gray 2015). Tiles `x` are `[6, 6]`, tiles `y` are
//! `[4, 4]`, and kernels `w` are `[3, 3]`. The points are 0, 1, -1, 1/2, -2 and ∞ (Barabasz et al.
//! 2020). With these points, rounding errors are a third of those with the points 0, ±1, ±2. The
//! sum over channels is inside the brackets, where it is a matmul. The derivatives are the
//! transposed maps: `dx = B [(G w Gᵀ) ⊙ (A g Aᵀ)] Bᵀ`, `dw = Gᵀ [(Bᵀ x B) ⊙ (A g Aᵀ)] G`. The
//! matrices are constants, so a factor of 0 is free and a factor of ±1 costs an addition.

use crate::Scalar;
use crate::kernel::vector::Vector;

/// The matrix `B` that transforms input tiles.
pub(super) const B: [[Scalar; 6]; 6] = transposed([
    [1.0, -1.5, -2.0, 1.5, 1.0, 0.0],
    [0.0, -1.0, 0.5, 2.5, 1.0, 0.0],
    [0.0, 1.0, -2.5, 0.5, 1.0, 0.0],
    [0.0, -2.0, -1.0, 2.0, 1.0, 0.0],
    [0.0, 0.5, -1.0, -0.5, 1.0, 0.0],
    [0.0, 1.0, -1.5, -2.0, 1.5, 1.0],
]);

/// The matrix `A` that transforms points to output tiles.
pub(super) const A: [[Scalar; 4]; 6] = transposed([
    [1.0, 1.0, 1.0, 1.0, 1.0, 0.0],
    [0.0, 1.0, -1.0, 0.5, -2.0, 0.0],
    [0.0, 1.0, 1.0, 0.25, 4.0, 0.0],
    [0.0, 1.0, -1.0, 0.125, -8.0, 1.0],
]);

/// The matrix `G` that transforms the weight.
pub(super) const G: [[Scalar; 3]; 6] = [
    [1.0, 0.0, 0.0],
    [1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0],
    [-1.0 / 3.0, 1.0 / 3.0, -1.0 / 3.0],
    [-16.0 / 15.0, -8.0 / 15.0, -4.0 / 15.0],
    [1.0 / 15.0, -2.0 / 15.0, 4.0 / 15.0],
    [0.0, 0.0, 1.0],
];

/// The transpose of a matrix.
pub(super) const fn transposed<const R: usize, const C: usize>(m: [[Scalar; C]; R]) -> [[Scalar; R]; C] {
    let mut t = [[0.0; R]; C];
    let mut i = 0;
    while i < R {
        let mut j = 0;
        while j < C {
            t[j][i] = m[i][j];
            j += 1;
        }
        i += 1;
    }
    t
}

/// A matrix of `OUT` rows and `IN` columns that is known at compile time.
pub(super) trait Map<const OUT: usize, const IN: usize> {
    const ROWS: [[Scalar; IN]; OUT];
}

macro_rules! maps {
    ($($(#[$doc:meta])* $name:ident: $out:literal, $in:literal = $rows:expr;)*) => {$(
        $(#[$doc])*
        pub(super) struct $name;

        impl Map<$out, $in> for $name {
            const ROWS: [[Scalar; $in]; $out] = $rows;
        }
    )*};
}

maps! {
    /// Maps input tiles to points.
    Input: 6, 6 = transposed(B);
    /// Maps points to tiles of the input's gradient. These tiles overlap.
    InputGradient: 6, 6 = B;
    /// Maps points to output tiles.
    Output: 4, 6 = transposed(A);
    /// Maps tiles of the output's gradient to points.
    OutputGradient: 6, 4 = A;
    /// Maps kernels to points.
    Weight: 6, 3 = G;
    /// Maps points to the gradients of kernels.
    WeightGradient: 3, 6 = transposed(G);
}

/// Multiplies the constant matrix `M` by a vector of registers.
///
/// # Safety
/// The caller enables the instructions of `V`.
#[inline(always)]
unsafe fn apply<V: Vector, M: Map<OUT, IN>, const OUT: usize, const IN: usize>(x: [V; IN]) -> [V; OUT] {
    // SAFETY: the caller guarantees the instructions of `V`.
    unsafe {
        let mut y = [V::splat(0.0); OUT];
        let mut i = 0;
        while i < OUT {
            let mut first = true;
            let mut j = 0;
            while j < IN {
                let factor = M::ROWS[i][j];
                if factor == 1.0 {
                    y[i] = if first { x[j] } else { y[i].add(x[j]) };
                    first = false;
                } else if factor != 0.0 {
                    y[i] = y[i].add_product(V::splat(factor), x[j]);
                    first = false;
                }
                j += 1;
            }
            i += 1;
        }
        y
    }
}

/// Computes `M x Mᵀ` for a square `x` of registers.
///
/// `load(i, j)` returns an entry of `x`, and `store(i, j, y)` receives an entry of the result.
///
/// # Safety
/// The caller enables the instructions of `V`.
#[inline(always)]
pub(super) unsafe fn square<V: Vector, M: Map<OUT, IN>, const OUT: usize, const IN: usize>(
    load: impl Fn(usize, usize) -> V,
    mut store: impl FnMut(usize, usize, V),
) {
    // SAFETY: the caller guarantees the instructions of `V`.
    unsafe {
        let mut between = [[V::splat(0.0); IN]; OUT];
        let mut j = 0;
        while j < IN {
            let column = apply::<V, M, OUT, IN>(std::array::from_fn(|i| load(i, j)));
            let mut i = 0;
            while i < OUT {
                between[i][j] = column[i];
                i += 1;
            }
            j += 1;
        }
        let mut i = 0;
        while i < OUT {
            let row = apply::<V, M, OUT, IN>(between[i]);
            let mut j = 0;
            while j < OUT {
                store(i, j, row[j]);
                j += 1;
            }
            i += 1;
        }
    }
}
