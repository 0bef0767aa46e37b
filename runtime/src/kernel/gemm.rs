//! The one door for matrix products.

use crate::Scalar;

/// One side of a product: a dense row-major matrix, read as it is or transposed.
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

/// `c = a · b`, or `c += a · b` where `add` is set.
///
/// # Shapes
/// `a: [m, k]`, `b: [k, n]`, `c: [m, n]`, after transposing the flipped sides.
pub(crate) fn product(
    (m, k, n): (usize, usize, usize),
    a: Side<'_>,
    b: Side<'_>,
    c: &mut [Scalar],
    add: bool,
) {
    assert!(a.data.len() == m * k && b.data.len() == k * n && c.len() == m * n);
    if c.is_empty() {
        return;
    }
    if k == 0 {
        if !add {
            c.fill(0.0);
        }
        return;
    }
    let (rsa, csa) = if a.transposed { (1, m) } else { (k, 1) };
    let (rsb, csb) = if b.transposed { (1, k) } else { (n, 1) };
    library(m, k, n, (a.data, rsa, csa), (b.data, rsb, csb), if add { 1.0 } else { 0.0 }, c);
}

fn library(
    m: usize,
    k: usize,
    n: usize,
    (a, rsa, csa): (&[Scalar], usize, usize),
    (b, rsb, csb): (&[Scalar], usize, usize),
    beta: Scalar,
    c: &mut [Scalar],
) {
    #[cfg(feature = "f64")]
    use matrixmultiply::dgemm as gemm;
    #[cfg(not(feature = "f64"))]
    use matrixmultiply::sgemm as gemm;
    // SAFETY: `product` has checked that the three slices hold m·k, k·n and m·n numbers; the strides are those
    // of dense matrices in one of the two orders, so every index stays inside; `c` is borrowed exclusively.
    unsafe {
        gemm(
            m,
            k,
            n,
            1.0,
            a.as_ptr(),
            rsa.cast_signed(),
            csa.cast_signed(),
            b.as_ptr(),
            rsb.cast_signed(),
            csb.cast_signed(),
            beta,
            c.as_mut_ptr(),
            n.cast_signed(),
            1,
        );
    }
}
