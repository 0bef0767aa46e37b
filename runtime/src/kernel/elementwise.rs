//! Loops over one or two slices of equal length.

use super::simd::{dispatch, level};
use crate::Scalar;

/// `output[i] = f(input[i])`
pub(crate) fn map(input: &[Scalar], output: &mut [Scalar], f: impl Fn(Scalar) -> Scalar + Copy) {
    #[inline(always)]
    fn body<F: Fn(Scalar) -> Scalar + Copy>(input: &[Scalar], output: &mut [Scalar], f: F) {
        assert_eq!(input.len(), output.len());
        for (y, x) in output.iter_mut().zip(input) {
            *y = f(*x);
        }
    }
    dispatch!(level(), [F: Fn(Scalar) -> Scalar + Copy] body(input: &[Scalar], output: &mut [Scalar], f: F));
}

/// `values[i] = f(values[i])`
pub(crate) fn map_in_place(values: &mut [Scalar], f: impl Fn(Scalar) -> Scalar + Copy) {
    #[inline(always)]
    fn body<F: Fn(Scalar) -> Scalar + Copy>(values: &mut [Scalar], f: F) {
        for y in values {
            *y = f(*y);
        }
    }
    dispatch!(level(), [F: Fn(Scalar) -> Scalar + Copy] body(values: &mut [Scalar], f: F));
}

/// `a[i] = f(a[i], b[i])`
pub(crate) fn zip_in_place(a: &mut [Scalar], b: &[Scalar], f: impl Fn(Scalar, Scalar) -> Scalar + Copy) {
    #[inline(always)]
    fn body<F: Fn(Scalar, Scalar) -> Scalar + Copy>(a: &mut [Scalar], b: &[Scalar], f: F) {
        assert_eq!(a.len(), b.len());
        for (y, x) in a.iter_mut().zip(b) {
            *y = f(*y, *x);
        }
    }
    dispatch!(level(), [F: Fn(Scalar, Scalar) -> Scalar + Copy] body(a: &mut [Scalar], b: &[Scalar], f: F));
}

/// `output[i] = f(a[i], b[i])`
pub(crate) fn zip(
    a: &[Scalar],
    b: &[Scalar],
    output: &mut [Scalar],
    f: impl Fn(Scalar, Scalar) -> Scalar + Copy,
) {
    #[inline(always)]
    fn body<F: Fn(Scalar, Scalar) -> Scalar + Copy>(a: &[Scalar], b: &[Scalar], output: &mut [Scalar], f: F) {
        assert!(a.len() == output.len() && b.len() == output.len());
        for ((y, a), b) in output.iter_mut().zip(a).zip(b) {
            *y = f(*a, *b);
        }
    }
    dispatch!(
        level(),
        [F: Fn(Scalar, Scalar) -> Scalar + Copy]
        body(a: &[Scalar], b: &[Scalar], output: &mut [Scalar], f: F)
    );
}

/// The sum of all numbers: sixteen lanes over blocks, the blocks added in double precision.
///
/// The order of additions depends on the length alone.
pub(crate) fn sum(values: &[Scalar]) -> Scalar {
    #[inline(always)]
    fn body(values: &[Scalar]) -> f64 {
        let mut total = 0.0;
        for block in values.chunks(512) {
            let mut lanes = [0.0 as Scalar; 16];
            let mut chunks = block.chunks_exact(16);
            for chunk in &mut chunks {
                for (lane, value) in lanes.iter_mut().zip(chunk) {
                    *lane += *value;
                }
            }
            for (lane, value) in lanes.iter_mut().zip(chunks.remainder()) {
                *lane += *value;
            }
            total += lanes.iter().map(|lane| f64::from(*lane)).sum::<f64>();
        }
        total
    }
    dispatch!(level(), [] body(values: &[Scalar]) -> f64) as Scalar
}

/// `sums[j] += Σ rows[i][j]` for rows of the length of `sums`.
pub(crate) fn add_rows(rows: &[Scalar], sums: &mut [Scalar]) {
    #[inline(always)]
    fn body(rows: &[Scalar], sums: &mut [Scalar]) {
        for row in rows.chunks_exact(sums.len()) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += *value;
            }
        }
    }
    match sums {
        [] => {}
        [total] => *total += sum(rows),
        _ => dispatch!(level(), [] body(rows: &[Scalar], sums: &mut [Scalar])),
    }
}

/// Fills `output` with copies of `row`.
pub(crate) fn repeat(row: &[Scalar], output: &mut [Scalar]) {
    if let [value] = row {
        output.fill(*value);
    } else if !row.is_empty() {
        output.chunks_exact_mut(row.len()).for_each(|to| to.copy_from_slice(row));
    }
}

/// `Σ a[i] b[i]`, added up as in [`sum`].
pub(crate) fn dot(a: &[Scalar], b: &[Scalar]) -> Scalar {
    #[inline(always)]
    fn body(a: &[Scalar], b: &[Scalar]) -> f64 {
        let mut total = 0.0;
        for (a, b) in a.chunks(512).zip(b.chunks(512)) {
            let mut lanes = [0.0 as Scalar; 16];
            let (mut xs, mut ys) = (a.chunks_exact(16), b.chunks_exact(16));
            for (x, y) in (&mut xs).zip(&mut ys) {
                for ((lane, x), y) in lanes.iter_mut().zip(x).zip(y) {
                    *lane += x * y;
                }
            }
            for ((lane, x), y) in lanes.iter_mut().zip(xs.remainder()).zip(ys.remainder()) {
                *lane += *x * *y;
            }
            total += lanes.iter().map(|lane| f64::from(*lane)).sum::<f64>();
        }
        total
    }
    assert_eq!(a.len(), b.len());
    dispatch!(level(), [] body(a: &[Scalar], b: &[Scalar]) -> f64) as Scalar
}

#[cfg(test)]
mod tests {
    use super::{add_rows, dot, map, map_in_place, repeat, sum, zip, zip_in_place};
    use crate::Scalar;
    use crate::kernel::simd::forced::on_each_level;

    const LENGTHS: [usize; 12] = [0, 1, 2, 7, 8, 15, 16, 17, 63, 511, 513, 1500];

    /// Numbers at an address that no wide load likes.
    fn numbers(length: usize, seed: usize) -> Vec<Scalar> {
        (0..=length).map(|i| ((i * 7919 + seed * 104_729) % 1999) as Scalar / 1000.0 - 1.0).collect()
    }

    /// Every level gives the same bits.
    fn assert_equal_on_each_level(work: impl Fn() -> Vec<Scalar>) {
        let results = on_each_level(work);
        assert!(results.iter().all(|result| *result == results[0]));
    }

    #[test]
    fn every_level_gives_the_bits_of_the_plain_one() {
        for length in LENGTHS {
            let (a, b) = (numbers(length, 1), numbers(length, 2));
            let (a, b) = (&a[1..], &b[1..]);
            assert_equal_on_each_level(|| {
                let mut y = vec![0.0; length];
                map(a, &mut y, |x| 3.0 * x + 1.0);
                map_in_place(&mut y, |x| x * x - 0.5);
                zip_in_place(&mut y, b, |y, b| y * b + b);
                let mut z = vec![0.0; length];
                zip(&y, a, &mut z, |y, a| y / (2.0 + a));
                z.extend([sum(a), dot(a, b)]);
                z
            });
        }
    }

    #[test]
    fn sums_and_products_are_right() {
        for length in LENGTHS {
            let (a, b) = (numbers(length, 3), numbers(length, 4));
            let (a, b) = (&a[1..], &b[1..]);
            let near = |ours: Scalar, theirs: f64| (f64::from(ours) - theirs).abs() < 1e-4;
            assert!(near(sum(a), a.iter().map(|x| f64::from(*x)).sum()));
            assert!(near(dot(a, b), a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()));
        }
    }

    #[test]
    fn rows_are_added_and_repeated() {
        let rows: Vec<Scalar> = (0..12_u8).map(Scalar::from).collect();
        let mut sums = vec![1.0; 4];
        add_rows(&rows, &mut sums);
        assert_eq!(sums, [13.0, 16.0, 19.0, 22.0]);
        let mut one = vec![1.0];
        add_rows(&rows, &mut one);
        assert_eq!(one, [67.0]);
        add_rows(&[], &mut []);
        let mut copies = vec![0.0; 6];
        repeat(&[1.0, 2.0, 3.0], &mut copies);
        assert_eq!(copies, [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
        repeat(&[], &mut []);
    }
}
