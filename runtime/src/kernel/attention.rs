//! Scaled dot-product attention of many heads: `y = softmax(scale · q kᵀ + mask) · v`, and its derivative.
//!
//! **Layout.** Heads are read and written where they lie: the row of head `h` at time `i` of a batch is a run of
//! numbers somewhere in row `i` ([`Place`]), so a packed projection `[batch, time, 3 · width]` is three sides of one
//! matrix, and the output is a matrix `[batch, time, heads · width]`, with no permuted copy of either.
//!
//! **Blocking.** A block of scores, [`QUERIES`] by [`KEYS`], is made, turned into shares and used before it leaves
//! the first caches, so memory is linear in the lengths. Rows keep their largest score and the sum of their shares,
//! and scale down what was summed under a smaller maximum (Milakov and Gimelshein 2018; Dao et al. 2022). Backwards
//! the scores are computed again. Under a causal mask what lies above the diagonal is not computed.
//!
//! **Bound.** The multiply-adds of two products forwards and five backwards (half of them if causal).
//! **Threads.** A part is one head with up to [`CHUNK`] queries, or backwards one whole head: it alone writes its
//! rows, and adds in an order that depends on sizes alone.

mod backward;
mod block;

use std::cell::RefCell;

use super::lanes::{LANES, largest, total};
use super::lines::{LINE, Lines};
use super::math::exp;
use super::pool::{self, Pieces};
use super::simd::{Level, dispatch, level};
use super::small::{Product, Reach, product};
use crate::Scalar;
pub(crate) use backward::{Saved, backward};
use block::{BlockMask, Window, pack_rows, pack_transposed, padded};

/// Queries of a block of scores.
const QUERIES: usize = 64;
/// Keys of a block of scores.
const KEYS: usize = 64;
/// The most queries of one part.
const CHUNK: usize = 256;

/// How the heads of one side lie in a row-major matrix `[batches · time, row]`: row `i` of head `h` begins at number
/// `start + h · width` of its row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) start: usize,
    pub(crate) row: usize,
}

/// How a mask, which is added to the scores, lies in memory.
#[derive(Clone)]
pub(crate) struct MaskPlace {
    /// Where the mask of each head of each batch begins.
    pub(crate) starts: Vec<usize>,
    /// Between its rows, and between its columns: 0 where it is the same for all.
    pub(crate) row: usize,
    pub(crate) column: usize,
}

/// Sizes and options of an attention.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) batches: usize,
    pub(crate) heads: usize,
    pub(crate) queries: usize,
    pub(crate) keys: usize,
    /// Of queries and keys.
    pub(crate) width: usize,
    /// Of values.
    pub(crate) values: usize,
    /// Query `i` sees keys up to `i`.
    pub(crate) causal: bool,
    pub(crate) scale: Scalar,
    /// Of queries, keys and values.
    pub(crate) places: [Place; 3],
    pub(crate) mask: Option<MaskPlace>,
}

impl Plan {
    /// Heads of all batches.
    pub(crate) fn pairs(&self) -> usize {
        self.batches * self.heads
    }

    /// Time and width of the sides.
    fn side(&self, side: usize) -> (usize, usize) {
        [(self.queries, self.width), (self.keys, self.width), (self.keys, self.values)][side]
    }

    /// Where row `time` of a head begins.
    fn at(&self, side: usize, pair: usize, time: usize) -> usize {
        let (length, width) = self.side(side);
        let Place { start, row } = self.places[side];
        (pair / self.heads * length + time) * row + start + pair % self.heads * width
    }

    /// The side's rows of one head, from row `time` on, and the distance between them.
    fn rows<'a>(&self, side: usize, data: &'a [Scalar], pair: usize, time: usize) -> (&'a [Scalar], usize) {
        (&data[self.at(side, pair, time)..], self.places[side].row)
    }

    /// Where row `time` of a head of the output begins.
    fn output_at(&self, pair: usize, time: usize) -> usize {
        ((pair / self.heads * self.queries + time) * self.heads + pair % self.heads) * self.values
    }

    /// Whether a matrix has room for a side, with the heads beside each other in its rows.
    fn fits(&self, side: usize, len: usize) -> bool {
        let (length, width) = self.side(side);
        let Place { start, row } = self.places[side];
        len == self.batches * length * row && start + self.heads * width <= row
    }

    /// The first query that sees the key, and the end of the keys that a query sees.
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

/// Runs `work` with stale scratch memory of these lengths, each from a cache line on.
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

/// Writes the output, and for each row its largest score and one by the sum of its shares.
///
/// # Shapes
/// `sides`: queries, keys and values as the plan says; `output: [batches, queries, heads · values]`,
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
        // SAFETY: the statistics are borrowed until all parts are done, and each part has queries of its own.
        let stats = unsafe { stats.piece((pair * plan.queries + start) * 2, queries * 2) };
        chunk(level, plan, sides, mask, (pair, start, queries), stats, |i, sums, scale| {
            // SAFETY: as above: `output_at` gives each row of each head a place of its own.
            let row = unsafe { output.piece(plan.output_at(pair, start + i), plan.values) };
            row.iter_mut().zip(sums).for_each(|(to, sum)| *to = sum * scale);
        });
    });
}

/// Some queries of one head against all keys that they see. `write` gets the sums of each row and their scale.
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
                let at = Product {
                    sizes: (m, n, d),
                    a,
                    a_strides: (a_row, 1),
                    b: transposed,
                    b_row: keys,
                    c_row: keys,
                    add: false,
                    reach: window.offset.map_or(Reach::All, Reach::Columns),
                };
                product(level, &at, scores);
                let mask = plan.block_mask(mask, pair, start + query, key);
                let sums = &mut sums[query * wide..][..m * wide];
                soften(level, window, mask, scores, (&mut maxima[query..], &mut totals[query..]), sums);
                let at = Product {
                    sizes: (m, e, n),
                    a: scores,
                    a_strides: (keys, 1),
                    b: values,
                    b_row: wide,
                    c_row: wide,
                    add: true,
                    reach: window.offset.map_or(Reach::All, Reach::Before),
                };
                product(level, &at, sums);
            }
        }
        for (i, stats) in stats.chunks_exact_mut(2).enumerate() {
            // A row that sees no key has no shares: its output is 0, as PyTorch has it.
            let inverse = if totals[i] == 0.0 { 0.0 } else { 1.0 / totals[i] };
            stats.copy_from_slice(&[finite_base(maxima[i]), inverse]);
            write(i, &sums[i * wide..][..e], inverse);
        }
    });
}

/// What scores are taken relative to: the largest, or 0 where all are minus infinity.
#[inline(always)]
fn finite_base(max: Scalar) -> Scalar {
    if max == Scalar::NEG_INFINITY { 0.0 } else { max }
}

/// Turns a block of scores into `exp(score - max)`, and brings maxima, totals and sums of its rows up to date.
fn soften(
    level: Level,
    window: Window,
    mask: BlockMask<'_>,
    scores: &mut [Scalar],
    (maxima, totals): (&mut [Scalar], &mut [Scalar]),
    sums: &mut [Scalar],
) {
    #[inline(always)]
    fn body(
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
            mask.add_to(i, window.seen(i), row);
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
    dispatch!(level, [] body(
        window: Window, mask: BlockMask<'_>, scores: &mut [Scalar], maxima: &mut [Scalar], totals: &mut [Scalar], sums: &mut [Scalar],
    ));
}
