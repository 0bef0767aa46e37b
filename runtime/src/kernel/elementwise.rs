//! Elementwise loops over one or two slices of equal length, and copies of rows.
//!
//! Formula: `y[i] = f(a[i], b[i])`.
//! Layout: dense slices.
//! Blocking: threads share a long slice in parts of [`PART`] elements. A part takes some
//! microseconds.
//! Bound: memory for cheap functions, arithmetic for the functions of [`math`](super::math).

use super::pool;
use super::simd::multiversioned;
use crate::Scalar;

/// The number of elements in one part of a shared loop. Loops of fewer than two parts are not shared.
pub(super) const PART: usize = 1 << 14;

/// The number of elements in one part of a loop over `len` elements.
pub(super) fn part(len: usize) -> usize {
    if len < 2 * PART { len.max(1) } else { PART }
}

/// Computes `output[i] = f(input[i])`.
pub(crate) fn map(input: &[Scalar], output: &mut [Scalar], f: impl Fn(Scalar) -> Scalar + Copy + Sync) {
    multiversioned!(
        fn body<F: Copy + Fn(Scalar) -> Scalar>(input: &[Scalar], output: &mut [Scalar], f: F) {
            for (y, x) in output.iter_mut().zip(input) {
                *y = f(*x);
            }
        }
    );
    assert_eq!(input.len(), output.len());
    let size = part(output.len());
    pool::chunks([output], size, |number, [output]| {
        let input = &input[number * size..][..output.len()];
        body(input, output, f);
    });
}

/// Computes `values[i] = f(values[i])`.
pub(crate) fn map_in_place(values: &mut [Scalar], f: impl Fn(Scalar) -> Scalar + Copy + Sync) {
    multiversioned!(
        fn body<F: Copy + Fn(Scalar) -> Scalar>(values: &mut [Scalar], f: F) {
            for y in values {
                *y = f(*y);
            }
        }
    );
    let size = part(values.len());
    pool::chunks([values], size, |_, [values]| {
        body(values, f);
    });
}

/// Computes `a[i] = f(a[i], b[i])`.
pub(crate) fn zip_in_place(
    a: &mut [Scalar],
    b: &[Scalar],
    f: impl Fn(Scalar, Scalar) -> Scalar + Copy + Sync,
) {
    multiversioned!(
        fn body<F: Copy + Fn(Scalar, Scalar) -> Scalar>(a: &mut [Scalar], b: &[Scalar], f: F) {
            for (y, x) in a.iter_mut().zip(b) {
                *y = f(*y, *x);
            }
        }
    );
    assert_eq!(a.len(), b.len());
    let size = part(a.len());
    pool::chunks([a], size, |number, [a]| {
        let b = &b[number * size..][..a.len()];
        body(a, b, f);
    });
}

/// Computes `output[i] = f(a[i], b[i])`.
pub(crate) fn zip(
    a: &[Scalar],
    b: &[Scalar],
    output: &mut [Scalar],
    f: impl Fn(Scalar, Scalar) -> Scalar + Copy + Sync,
) {
    multiversioned!(
        fn body<F: Copy + Fn(Scalar, Scalar) -> Scalar>(
            a: &[Scalar],
            b: &[Scalar],
            output: &mut [Scalar],
            f: F,
        ) {
            for ((y, a), b) in output.iter_mut().zip(a).zip(b) {
                *y = f(*a, *b);
            }
        }
    );
    assert!(a.len() == output.len() && b.len() == output.len());
    let size = part(output.len());
    pool::chunks([output], size, |number, [output]| {
        let (a, b) = (&a[number * size..][..output.len()], &b[number * size..][..output.len()]);
        body(a, b, output, f);
    });
}

/// Splits `output` into blocks of whole rows, and calls `work(first, rows)` for each block on one
/// of several threads. A row has `width` elements, and `first` is the index of the block's first
/// row.
///
/// `cost` is the number of elements that a cheap loop processes in the time that `work` needs for
/// one row.
pub(crate) fn share_rows(
    output: &mut [Scalar],
    width: usize,
    cost: usize,
    work: impl Fn(usize, &mut [Scalar]) + Sync,
) {
    if output.is_empty() {
        return;
    }
    let rows = output.len() / width;
    let block = if rows * cost < 2 * PART { rows } else { PART.div_ceil(cost.max(1)) };
    pool::chunks([output], block * width, |number, [output]| work(number * block, output));
}

/// Fills `output` with copies of `row`.
pub(crate) fn repeat(row: &[Scalar], output: &mut [Scalar]) {
    if let [value] = row {
        fill(output, *value);
    } else if !row.is_empty() {
        share_rows(output, row.len(), row.len(), |_, output| {
            output.chunks_exact_mut(row.len()).for_each(|to| to.copy_from_slice(row));
        });
    }
}

/// Sets every element of `output` to `value`.
pub(crate) fn fill(output: &mut [Scalar], value: Scalar) {
    let size = part(output.len());
    pool::chunks([output], size, |_, [output]| output.fill(value));
}

/// Copies `input` to `output`.
pub(crate) fn copy(input: &[Scalar], output: &mut [Scalar]) {
    assert_eq!(input.len(), output.len());
    let size = part(output.len());
    pool::chunks([output], size, |number, [output]| {
        output.copy_from_slice(&input[number * size..][..output.len()]);
    });
}

#[cfg(test)]
mod tests {
    use super::{PART, copy, fill, map, map_in_place, repeat, zip, zip_in_place};
    use crate::Scalar;
    use crate::kernel::simd::forced::on_each_level;

    const LENGTHS: [usize; 10] = [0, 1, 2, 7, 16, 63, 511, 513, 1500, 2 * PART + 17];

    /// `length + 1` pseudo-random values. The values after the first are not aligned for wide
    /// loads.
    fn numbers(length: usize, seed: usize) -> Vec<Scalar> {
        (0..=length).map(|i| ((i * 7919 + seed * 104_729) % 1999) as Scalar / 1000.0 - 1.0).collect()
    }

    #[test]
    fn every_level_and_the_pool_give_the_bits_of_plain_loops() {
        for length in LENGTHS {
            let (a, b) = (numbers(length, 1), numbers(length, 2));
            let (a, b) = (&a[1..], &b[1..]);
            let work = || {
                let mut y = vec![0.0; length];
                map(a, &mut y, |x| 3.0 * x + 1.0);
                map_in_place(&mut y, |x| x * x - 0.5);
                zip_in_place(&mut y, b, |y, b| y * b + b);
                let mut z = vec![0.0; length];
                zip(&y, a, &mut z, |y, a| y / (2.0 + a));
                z
            };
            let plain = |(a, b): (&Scalar, &Scalar)| {
                let y = 3.0 * a + 1.0;
                let y = y * y - 0.5;
                (y * b + b) / (2.0 + a)
            };
            let expected: Vec<Scalar> = a.iter().zip(b).map(plain).collect();
            assert_eq!(work(), expected);
            assert!(on_each_level(work).iter().all(|result| *result == expected));
        }
    }

    #[test]
    fn rows_are_repeated_and_numbers_copied() {
        let mut copies = vec![0.0; 6];
        repeat(&[1.0, 2.0, 3.0], &mut copies);
        assert_eq!(copies, [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
        repeat(&[], &mut []);
        for rows in [1, 700, 2000] {
            let row = numbers(38, 3);
            let mut many = vec![0.0; rows * 39];
            repeat(&row, &mut many);
            assert!(many.chunks(39).all(|copy| copy == row));
            let mut twin = vec![0.0; many.len()];
            copy(&many, &mut twin);
            assert_eq!(twin, many);
            fill(&mut twin, 2.5);
            assert!(twin.iter().all(|&value| value == 2.5));
        }
    }
}
