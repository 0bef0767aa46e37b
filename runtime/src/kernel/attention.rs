//! Multi-head scaled dot-product attention: `y = softmax(scale · q kᵀ + mask) · v`, and its derivative.
//!
//! **Layout.** Row `i` of head `h` is a contiguous run within row `i` of a matrix ([`Place`]).
//! Queries, keys and values may share a packed matrix `[batch, time, 3 · width]`. The output is
//! `[batch, time, heads · width]`. No pass copies the heads into another order.
//!
//! **Blocking.** A block of [`QUERIES`] by [`KEYS`] scores is computed, exponentiated and used
//! while it is in L1, so the memory is linear in the sequence lengths. Each row has a running
//! maximum and a running sum of exponentials. Earlier sums are rescaled when the maximum grows
//! (Milakov and Gimelshein 2018; Dao et al. 2022). The backward pass recomputes the scores. A
//! causal mask skips everything above the diagonal.
//!
//! **Bound.** Arithmetic: two matmuls forward and five backward. A causal mask halves the work.
//! **Threads.** In the forward pass, a part is up to [`CHUNK`] queries of one head. In the backward pass, a part is one
//! whole head. Parts write disjoint rows. The order of additions depends on sizes alone.

mod backward;
mod block;

use std::cell::RefCell;

use super::lanes::{LANES, largest, total};
use super::lines::{LINE, Lines};
use super::math::exp;
use super::pool::{self, Pieces};
use super::simd::{Level, level, multiversioned};
use super::small::{Matmul, Reach, matmul};
use crate::Scalar;
pub(crate) use backward::{Saved, backward};
use block::{BlockMask, Window, pack_rows, pack_transposed, padded};

/// The number of queries in a block of scores.
const QUERIES: usize = 64;
/// The number of keys in a block of scores.
const KEYS: usize = 64;
/// The maximum number of queries in one thread's part of the forward pass.
const CHUNK: usize = 256;

/// The layout of the queries, keys or values in a row-major matrix `[batches · time, row]`.
///
/// The elements of head `h` start at index `start + h · width` of each row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) start: usize,
    pub(crate) row: usize,
}

/// The layout of an additive mask.
#[derive(Clone)]
pub(crate) struct MaskPlace {
    /// For each score matrix, the offset of its mask.
    pub(crate) starts: Vec<usize>,
    /// The strides between rows (`row`) and between columns (`column`); 0 along an axis that is broadcast.
    pub(crate) row: usize,
    pub(crate) column: usize,
}

/// The sizes and options of an attention pass, and the layouts of its inputs.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) batches: usize,
    pub(crate) heads: usize,
    pub(crate) queries: usize,
    pub(crate) keys: usize,
    /// The width of one head's queries and keys.
    pub(crate) width: usize,
    /// The width of one head's values.
    pub(crate) values: usize,
    /// Whether query `i` attends only to keys `0..=i`.
    pub(crate) causal: bool,
    pub(crate) scale: Scalar,
    /// The layouts of queries, keys and values, in this order.
    pub(crate) places: [Place; 3],
    pub(crate) mask: Option<MaskPlace>,
}

impl Plan {
    /// The number of pairs of a batch and a head. In the pair `pair`, the batch is `pair / heads`
    /// and the head is `pair % heads`.
    pub(crate) fn pairs(&self) -> usize {
        self.batches * self.heads
    }

    /// The number of rows and the row width of one head's queries (`side` 0), keys (1) or values
    /// (2).
    fn side(&self, side: usize) -> (usize, usize) {
        [(self.queries, self.width), (self.keys, self.width), (self.keys, self.values)][side]
    }

    /// The offset of row `time` of the head `pair` in the matrix of queries (`side` 0), keys (1) or values
    /// (2).
    fn at(&self, side: usize, pair: usize, time: usize) -> usize {
        let (length, width) = self.side(side);
        let Place { start, row } = self.places[side];
        (pair / self.heads * length + time) * row + start + pair % self.heads * width
    }

    /// Returns the elements of `data` from row `time` of the head `pair` on, and the stride between
    /// rows. `data` is the matrix of queries (`side` 0), keys (1) or values (2).
    fn rows<'a>(&self, side: usize, data: &'a [Scalar], pair: usize, time: usize) -> (&'a [Scalar], usize) {
        (&data[self.at(side, pair, time)..], self.places[side].row)
    }

    /// The offset of row `time` of the head `pair` in the output.
    fn output_at(&self, pair: usize, time: usize) -> usize {
        ((pair / self.heads * self.queries + time) * self.heads + pair % self.heads) * self.values
    }

    /// Whether a matrix of `len` elements fits the layout `places[side]`. In each row of this
    /// layout, the heads are next to each other.
    fn fits(&self, side: usize, len: usize) -> bool {
        let (length, width) = self.side(side);
        let Place { start, row } = self.places[side];
        len == self.batches * length * row && start + self.heads * width <= row
    }

    /// The first query that attends to `key`. With a causal mask this is query `key`, else query 0.
    fn first_query(&self, key: usize) -> usize {
        if self.causal { key } else { 0 }
    }

    fn visible_keys(&self, query: usize) -> usize {
        if self.causal { self.keys.min(query + 1) } else { self.keys }
    }

    fn block_mask<'a>(
        &self,
        data: Option<&'a [Scalar]>,
        pair: usize,
        query: usize,
        key: usize,
    ) -> BlockMask<'a> {
        match (&self.mask, data) {
            (Some(place), Some(data)) => BlockMask {
                data: &data[place.starts[pair] + query * place.row + key * place.column..],
                row: place.row,
                column: place.column,
            },
            _ => BlockMask { data: &[], row: 0, column: 0 },
        }
    }
}

thread_local! {
    static SCRATCH: RefCell<Lines> = RefCell::new(Lines::zeroed(0));
}

/// Runs `work` with one scratch buffer for each length in `lengths`. The buffers have arbitrary
/// contents, and each buffer starts at a cache line.
fn with_scratch<const N: usize>(lengths: [usize; N], work: impl FnOnce([&mut [Scalar]; N])) {
    let lines: usize = lengths.iter().map(|length| length.div_ceil(LINE)).sum();
    SCRATCH.with_borrow_mut(|scratch| {
        if scratch.count() < lines {
            *scratch = Lines::zeroed(lines);
        }
        let mut rest = scratch.as_mut_slice(lines * LINE);
        work(lengths.map(|length| {
            let (these, behind) = std::mem::take(&mut rest).split_at_mut(length.next_multiple_of(LINE));
            rest = behind;
            &mut these[..length]
        }));
    });
}

/// Computes the attention and writes `output` and `stats`. For each query of each head, `stats`
/// contains the largest score and the reciprocal of the sum of exponentials.
///
/// # Shapes
/// `sides`: queries, keys and values in the layout of the plan; `output: [batches, queries, heads · values]`,
/// `stats: [batches · heads, queries, 2]`.
pub(crate) fn forward(
    plan: &Plan,
    sides: [&[Scalar]; 3],
    mask: Option<&[Scalar]>,
    output: &mut [Scalar],
    stats: &mut [Scalar],
) {
    assert!((0..3).all(|side| plan.fits(side, sides[side].len())));
    assert!(output.len() == plan.pairs() * plan.queries * plan.values);
    assert!(stats.len() == plan.pairs() * plan.queries * 2);
    let level = level();
    let chunks = plan.queries.div_ceil(CHUNK);
    let (output, stats) = (Pieces::new(output), Pieces::new(stats));
    pool::run(plan.pairs() * chunks, |part| {
        let (pair, start) = (part / chunks, part % chunks * CHUNK);
        let queries = CHUNK.min(plan.queries - start);
        // SAFETY: the statistics are borrowed until all parts are done, and the parts have disjoint queries.
        let stats = unsafe { stats.piece((pair * plan.queries + start) * 2, queries * 2) };
        chunk(level, plan, sides, mask, (pair, start, queries), stats, |i, sums, scale| {
            // SAFETY: the output is borrowed until all parts are done, and by `output_at` the rows of different heads
            // and queries are disjoint.
            let row = unsafe { output.piece(plan.output_at(pair, start + i), plan.values) };
            row.iter_mut().zip(sums).for_each(|(to, sum)| *to = sum * scale);
        });
    });
}

/// Computes the output rows and the statistics of `queries` queries of one head. The first query is
/// `start`. Calls `write(i, sums, scale)` for output row `start + i`, whose value is
/// `scale · sums`.
fn chunk(
    level: Level,
    plan: &Plan,
    [q, k, v]: [&[Scalar]; 3],
    mask: Option<&[Scalar]>,
    (pair, start, queries): (usize, usize, usize),
    stats: &mut [Scalar],
    mut write: impl FnMut(usize, &[Scalar], Scalar),
) {
    let (d, e) = (plan.width, plan.values);
    let wide = padded(level, e);
    let keys = padded(level, KEYS.min(plan.keys));
    let lengths = [d * keys, keys * wide, QUERIES * keys, queries * wide, queries, queries];
    with_scratch(lengths, |[transposed, values, scores, sums, maxima, totals]| {
        sums.fill(0.0);
        maxima.fill(Scalar::NEG_INFINITY);
        totals.fill(0.0);
        for key in (0..plan.visible_keys(start + queries - 1)).step_by(KEYS) {
            let n = KEYS.min(plan.keys - key);
            pack_transposed(level, plan.rows(1, k, pair, key), (n, d), plan.scale, transposed, keys);
            pack_rows(plan.rows(2, v, pair, key), (n, e), values, wide);
            let first = plan.first_query(key).max(start) - start;
            for query in (first / QUERIES * QUERIES..queries).step_by(QUERIES) {
                let m = QUERIES.min(queries - query);
                let window = Window::new(plan.causal, (start + query, m), (key, n), keys);
                let (a, a_row) = plan.rows(0, q, pair, start + query);
                let at = Matmul {
                    sizes: (m, n, d),
                    a,
                    a_strides: (a_row, 1),
                    b: transposed,
                    b_row: keys,
                    c_row: keys,
                    add: false,
                    reach: window.reach(Reach::Columns),
                };
                matmul(level, &at, scores);
                let mask = plan.block_mask(mask, pair, start + query, key);
                let sums = &mut sums[query * wide..][..m * wide];
                exponentiate(window, mask, scores, &mut maxima[query..], &mut totals[query..], sums);
                let at = Matmul {
                    sizes: (m, e, n),
                    a: scores,
                    a_strides: (keys, 1),
                    b: values,
                    b_row: wide,
                    c_row: wide,
                    add: true,
                    reach: window.reach(Reach::Before),
                };
                matmul(level, &at, sums);
            }
        }
        for (i, stats) in stats.chunks_exact_mut(2).enumerate() {
            // A row without a visible key has no weights: its output is 0, as in PyTorch.
            let inverse = if totals[i] == 0.0 { 0.0 } else { 1.0 / totals[i] };
            stats.copy_from_slice(&[finite_base(maxima[i]), inverse]);
            write(i, &sums[i * wide..][..e], inverse);
        }
    });
}

/// The value that is subtracted from a row's scores before `exp`: the maximum score `max`, or 0 if
/// `max` is minus infinity.
#[inline(always)]
fn finite_base(max: Scalar) -> Scalar {
    if max == Scalar::NEG_INFINITY { 0.0 } else { max }
}

multiversioned!(
    /// Replaces the scores of a block by `exp(score - max)`, and updates the maximum, the total and the
    /// output sums of each row.
    fn exponentiate(
        window: Window,
        mask: BlockMask<'_>,
        scores: &mut [Scalar],
        maxima: &mut [Scalar],
        totals: &mut [Scalar],
        sums: &mut [Scalar],
    ) {
        let wide = sums.len() / window.rows;
        for i in 0..window.rows {
            let row = window.row(i, scores);
            mask.add_to(i, window.visible(i), row);
            let max = largest(row, maxima[i]);
            let base = finite_base(max);
            let mut lanes = [0.0; LANES];
            for chunk in row.as_chunks_mut::<LANES>().0 {
                for (lane, score) in lanes.iter_mut().zip(chunk) {
                    *score = exp(*score - base);
                    *lane += *score;
                }
            }
            let shrink = exp(maxima[i] - base);
            if shrink != 1.0 && totals[i] != 0.0 {
                sums[i * wide..][..wide].iter_mut().for_each(|sum| *sum *= shrink);
            }
            totals[i] = totals[i] * shrink + total(lanes);
            maxima[i] = max;
        }
    }
);
