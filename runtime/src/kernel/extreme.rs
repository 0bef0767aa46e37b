//! The place of the first largest or smallest element of each line along an axis.
//!
//! Formula: the smallest `i` for which `xᵢ` is NaN; if there is no NaN, the smallest `i` whose `sign · xᵢ` is largest.
//! Layout: dense `[outer, length, inner]`; places `[outer, inner]`.
//! Blocking: if `inner` is 1, each line is read twice: in sixteen lanes for its best element, then up to the place of
//! this element. Otherwise the rows of a block of [`WIDTH`] columns are compared with the best elements so far. Threads
//! share lines or blocks of columns.
//! Bound: memory.

use super::elementwise::PART;
use super::lanes::LANES;
use super::pool;
use super::simd::multiversioned;
use crate::Scalar;

/// The number of columns whose best elements stay in L1.
const WIDTH: usize = 512;

/// Writes the place of the best element of each line along the middle axis, whose length is not 0: the largest element
/// if `sign` is 1, the smallest if it is -1.
pub(crate) fn first_best((length, inner): (usize, usize), sign: Scalar, x: &[Scalar], places: &mut [u32]) {
    assert!(x.len() == places.len() * length && length > 0);
    if places.is_empty() {
    } else if inner == 1 {
        pool::chunks([places], PART.div_ceil(length), |number, [places]| {
            let first = number * PART.div_ceil(length);
            for (row, place) in x[first * length..].chunks_exact(length).zip(places) {
                *place = along_row(row, sign);
            }
        });
    } else if inner <= WIDTH {
        let blocks = PART.div_ceil(length * inner);
        pool::chunks([places], blocks * inner, |number, [places]| {
            let first = number * blocks;
            let from = x[first * length * inner..].chunks_exact(length * inner);
            from.zip(places.chunks_exact_mut(inner)).for_each(|(x, places)| columns(x, inner, sign, places));
        });
    } else {
        for (x, places) in x.chunks_exact(length * inner).zip(places.chunks_exact_mut(inner)) {
            pool::chunks([places], WIDTH, |number, [places]| {
                columns(&x[number * WIDTH..], inner, sign, places);
            });
        }
    }
}

/// The place of the best element of a row.
fn along_row(row: &[Scalar], sign: Scalar) -> u32 {
    multiversioned!(
        fn body(row: &[Scalar], sign: Scalar) -> usize {
            // A lane that holds NaN keeps it.
            let better = |x: Scalar, held: Scalar| x > held || x.is_nan();
            let (chunks, rest) = row.as_chunks::<LANES>();
            let mut lanes = [sign * row[0]; LANES];
            for chunk in chunks {
                for (lane, x) in lanes.iter_mut().zip(chunk) {
                    let x = sign * *x;
                    *lane = if better(x, *lane) { x } else { *lane };
                }
            }
            let rest = rest.iter().map(|x| sign * *x);
            let best = rest.chain(lanes).reduce(|held, x| if better(x, held) { x } else { held });
            let best = best.unwrap_or_default();
            row.iter().position(|x| sign * *x == best || (best.is_nan() && x.is_nan())).unwrap_or_default()
        }
    );
    body(row, sign) as u32
}

/// The places of the best elements of at most [`WIDTH`] columns. The rows of `x` are `stride` apart.
fn columns(x: &[Scalar], stride: usize, sign: Scalar, places: &mut [u32]) {
    multiversioned!(
        fn body(row: &[Scalar], sign: Scalar, number: u32, best: &mut [Scalar], places: &mut [u32]) {
            for ((x, best), place) in row.iter().zip(best).zip(places) {
                let x = sign * *x;
                let better = x > *best || (x.is_nan() && !best.is_nan());
                *best = if better { x } else { *best };
                *place = if better { number } else { *place };
            }
        }
    );
    let width = places.len();
    let mut best = [0.0; WIDTH];
    let best = &mut best[..width];
    best.iter_mut().zip(x).for_each(|(best, x)| *best = sign * *x);
    places.fill(0);
    for (number, row) in x.chunks(stride).enumerate().skip(1) {
        body(&row[..width], sign, number as u32, best, places);
    }
}

#[cfg(test)]
mod tests {
    use super::first_best;
    use crate::Scalar;
    use crate::kernel::pool::tests::with_threads;
    use crate::kernel::simd::forced::on_each_level;

    /// Small integers, so that equal elements are frequent, and sometimes NaN.
    fn numbers(count: usize, nan_every: usize) -> Vec<Scalar> {
        let value = |i: usize| {
            if i % nan_every == nan_every - 1 { Scalar::NAN } else { (i * 7919 % 13) as Scalar - 6.0 }
        };
        (0..count).map(value).collect()
    }

    fn plain(x: &[Scalar], (length, inner): (usize, usize), sign: Scalar) -> Vec<u32> {
        let line = |place: usize| {
            let first = place / inner * length * inner + place % inner;
            let mut best = 0;
            for i in 1..length {
                let (held, new) = (x[first + best * inner], x[first + i * inner]);
                if !held.is_nan() && (new.is_nan() || sign * new > sign * held) {
                    best = i;
                }
            }
            best as u32
        };
        (0..x.len() / length).map(line).collect()
    }

    #[test]
    fn places_are_those_of_a_plain_search() {
        for (outer, length, inner) in [
            (1, 1, 1),
            (7, 10, 1),
            (3, 16, 1),
            (2, 129, 1),
            (5, 1, 3),
            (4, 9, 5),
            (2, 33, 512),
            (1, 5, 513),
            (3, 4, 1100),
            (0, 3, 2),
            (700, 64, 1),
            (90, 40, 17),
            (2, 9, 9000),
        ] {
            for nan_every in [2, 41, usize::MAX] {
                let x = numbers(outer * length * inner, nan_every);
                for sign in [1.0, -1.0] {
                    let wanted = plain(&x, (length, inner), sign);
                    let ours = || {
                        let mut places = vec![9; outer * inner];
                        first_best((length, inner), sign, &x, &mut places);
                        places
                    };
                    assert!(
                        on_each_level(ours).iter().all(|places| *places == wanted),
                        "{outer} {length} {inner}"
                    );
                    assert_eq!(with_threads(3, ours), wanted);
                }
            }
        }
    }
}
