//! Embedding lookup: `y[i] = w[ids[i]]`, and its derivative `dw[r] = Σ g[i]` over all `i` with `ids[i] = r`.
//!
//! Both passes copy or add whole rows and are bound by memory. The backward pass splits the table
//! by columns, not by rows. Each part iterates over all ids in order and adds to its own columns.
//! Two parts therefore never write the same element, and additions follow the order of the ids.

use super::pool::{self, Pieces};
use super::simd::multiversioned;
use crate::Scalar;

/// The number of elements that one part copies.
const PART: usize = 1 << 14;

/// The number of columns of the table in one part of the backward pass: a few cache lines, to avoid false
/// sharing.
const COLUMNS: usize = 64;

/// Computes `output[i] = table[ids[i]]` for rows of `width` elements.
pub(crate) fn take_rows(table: &[Scalar], width: usize, ids: &[u32], output: &mut [Scalar]) {
    assert_eq!(output.len(), ids.len() * width);
    if output.is_empty() {
        return;
    }
    let rows = PART.div_ceil(width);
    pool::chunks([output], rows * width, |number, [to]| {
        for (to, id) in to.chunks_exact_mut(width).zip(&ids[number * rows..]) {
            to.copy_from_slice(&table[*id as usize * width..][..width]);
        }
    });
}

/// Computes `table[r] = Σ rows[i]` over all `i` with `ids[i] = r`, except for `r = skip`, which
/// stays 0.
pub(crate) fn sum_rows(rows: &[Scalar], width: usize, ids: &[u32], skip: Option<u32>, table: &mut [Scalar]) {
    multiversioned!(
        fn body(
            rows: &[Scalar],
            width: usize,
            ids: &[u32],
            skip: Option<u32>,
            table: Pieces<Scalar>,
            start: usize,
            columns: usize,
        ) {
            for (from, id) in rows.chunks_exact(width).zip(ids) {
                if skip != Some(*id) {
                    // SAFETY: the parts have disjoint columns, and the table is borrowed until all parts are done.
                    let to = unsafe { table.piece(*id as usize * width + start, columns) };
                    for (to, from) in to.iter_mut().zip(&from[start..start + columns]) {
                        *to += *from;
                    }
                }
            }
        }
    );
    assert_eq!(rows.len(), ids.len() * width);
    table.fill(0.0);
    if rows.is_empty() {
        return;
    }
    let table = Pieces::new(table);
    pool::run(width.div_ceil(COLUMNS), |part| {
        let start = part * COLUMNS;
        let columns = COLUMNS.min(width - start);
        body(rows, width, ids, skip, table, start, columns);
    });
}

#[cfg(test)]
mod tests {
    use super::{sum_rows, take_rows};
    use crate::Scalar;
    use crate::kernel::simd::forced::on_each_level;

    #[test]
    fn rows_go_out_and_come_back() {
        for width in [0, 1, 3, 64, 65, 200] {
            let table: Vec<Scalar> = (0..5 * width).map(|i| i as Scalar).collect();
            let ids = [4, 0, 4, 2, 1, 4];
            let mut rows = vec![Scalar::NAN; ids.len() * width];
            take_rows(&table, width, &ids, &mut rows);
            let counts = [1.0, 0.0, 1.0, 0.0, 3.0];
            let run = || {
                let mut sums = vec![Scalar::NAN; table.len()];
                sum_rows(&rows, width, &ids, Some(1), &mut sums);
                sums
            };
            for sums in on_each_level(run).into_iter().chain([run()]) {
                assert!((0..sums.len()).all(|i| sums[i] == counts[i / width] * table[i]), "{width}");
            }
        }
    }
}
