//! The derivative of attention. Each block takes five matmuls. One of them recomputes the scores.
//! The attention weights are computed from the scores and the saved statistics.
//!
//! With weights `p`, the output's gradient `g` and `D = Σ g y` per row: `dv = pᵀ g`, `ds = p (g vᵀ - D)`,
//! `dq = scale · ds k`, `dk = scale · dsᵀ q`.

use super::{BlockMask, KEYS, Plan, QUERIES, Window, exp, pack_rows, pack_transposed, padded, with_scratch};
use crate::Scalar;
use crate::kernel::lanes::{LANES, total};
use crate::kernel::pool::{self, Pieces};
use crate::kernel::simd::{Level, level, multiversioned};
use crate::kernel::small::{Matmul, Reach, matmul};

/// The inputs, the output and the statistics of the forward pass.
pub(crate) struct Saved<'a> {
    pub(crate) sides: [&'a [Scalar]; 3],
    pub(crate) mask: Option<&'a [Scalar]>,
    pub(crate) output: &'a [Scalar],
    pub(crate) stats: &'a [Scalar],
}

/// Writes the gradients of queries, keys and values to `gradients`, in the layouts of the plan.
///
/// `slots` contains three indices into `gradients`: for the queries, the keys and the values, in
/// this order. An index is `None` if the gradient is not needed.
pub(crate) fn backward<const N: usize>(
    plan: &Plan,
    saved: &Saved<'_>,
    gradient: &[Scalar],
    gradients: [&mut [Scalar]; N],
    slots: [Option<usize>; 3],
) {
    check(plan, saved, gradient, &gradients, slots);
    let level = level();
    let gradients = gradients.map(Pieces::new);
    pool::run(plan.pairs(), |pair| {
        let head = Head { level, plan, saved, gradient, pair, wants: slots.map(|slot| slot.is_some()) };
        head.run(|side, time, sums, scale| {
            if let Some(slot) = slots[side] {
                let (_, width) = plan.side(side);
                // SAFETY: the gradients are borrowed until all parts are done. By `check` the rows
                // of different heads, sides and times do not overlap, and a row is written only by
                // the part of its head, one row at a time.
                let row = unsafe { gradients[slot].piece(plan.at(side, pair, time), width) };
                row.iter_mut().zip(sums).for_each(|(to, sum)| *to = sum * scale);
            }
        });
    });
}

fn check(
    plan: &Plan,
    saved: &Saved<'_>,
    gradient: &[Scalar],
    gradients: &[&mut [Scalar]],
    slots: [Option<usize>; 3],
) {
    assert!((0..3).all(|side| plan.fits(side, saved.sides[side].len())));
    let rows = plan.pairs() * plan.queries;
    assert!(gradient.len() == rows * plan.values && saved.output.len() == rows * plan.values);
    assert!(saved.stats.len() == rows * 2);
    let strip = |side: usize| {
        let (length, width) = plan.side(side);
        let place = plan.places[side];
        (length, place.row, place.start, place.start + plan.heads * width)
    };
    for (side, slot) in slots.iter().enumerate() {
        let Some(slot) = *slot else { continue };
        assert!(plan.fits(side, gradients[slot].len()));
        for other in (0..side).filter(|other| slots[*other] == Some(slot)) {
            let ((t, row, start, end), (other_t, other_row, other_start, other_end)) =
                (strip(side), strip(other));
            assert!(t == other_t && row == other_row && (end <= other_start || other_end <= start));
        }
    }
}

/// The arguments of the backward pass of one head.
struct Head<'a> {
    level: Level,
    plan: &'a Plan,
    saved: &'a Saved<'a>,
    /// The gradient of the output.
    gradient: &'a [Scalar],
    /// The index of this head among all pairs of a batch and a head.
    pair: usize,
    /// Whether the gradients of queries, of keys and of values are needed, in this order.
    wants: [bool; 3],
}

/// Buffers for the backward pass of one head. [`Head::rows`] returns the lengths of their rows.
struct Scratch<'a> {
    /// The packed queries, `[queries, width]`; `query_gradient` has the same shape.
    queries: &'a mut [Scalar],
    query_gradient: &'a mut [Scalar],
    /// The packed gradient of the output, `[queries, values]`.
    output_gradient: &'a mut [Scalar],
    /// The row sums `D = Σ g y`, `[queries]`.
    deltas: &'a mut [Scalar],
    /// The keys of the block, `[KEYS, width]`; `key_gradient` has the same shape.
    keys: &'a mut [Scalar],
    key_gradient: &'a mut [Scalar],
    /// The transposed keys of the block, multiplied by the scale, `[width, KEYS]`.
    keys_transposed: &'a mut [Scalar],
    /// The transposed values of the block, `[values, KEYS]`.
    values_transposed: &'a mut [Scalar],
    /// The gradient of the values of the block, `[KEYS, values]`.
    value_gradient: &'a mut [Scalar],
    /// The scores of a block, and later its attention weights, `[QUERIES, KEYS]`.
    weights: &'a mut [Scalar],
    /// The product `g vᵀ` of a block, and later the gradient of its scores, `[QUERIES, KEYS]`.
    score_gradient: &'a mut [Scalar],
}

/// The row lengths of the buffers, padded to whole tiles and whole lanes.
struct Rows {
    /// The row length of queries and keys.
    width: usize,
    /// The row length of values.
    values: usize,
    /// The row length of a block of scores.
    keys: usize,
}

impl Head<'_> {
    /// Calls `write(side, time, row, scale)` for each row of the gradients of queries (`side` 0), keys (1)
    /// and values (2). The gradient of row `time` is `scale · row`.
    fn run(&self, mut write: impl FnMut(usize, usize, &[Scalar], Scalar)) {
        let plan = self.plan;
        let rows = self.rows();
        self.with_scratch(|scratch| {
            self.pack_queries(scratch);
            for key in (0..plan.keys).step_by(KEYS) {
                let count = KEYS.min(plan.keys - key);
                self.pack_keys((key, count), scratch);
                for query in (plan.first_query(key) / QUERIES * QUERIES..plan.queries).step_by(QUERIES) {
                    let queries = QUERIES.min(plan.queries - query);
                    let window = Window::new(plan.causal, (query, queries), (key, count), rows.keys);
                    self.differentiate_scores(window, (query, key), scratch);
                    self.accumulate(window, query, scratch);
                }
                for i in 0..count {
                    write(1, key + i, &scratch.key_gradient[i * rows.width..][..plan.width], plan.scale);
                    write(2, key + i, &scratch.value_gradient[i * rows.values..][..plan.values], 1.0);
                }
            }
            for i in 0..plan.queries {
                write(0, i, &scratch.query_gradient[i * rows.width..][..plan.width], plan.scale);
            }
        });
    }

    fn rows(&self) -> Rows {
        let [width, values, keys] =
            [self.plan.width, self.plan.values, KEYS.min(self.plan.keys)].map(|n| padded(self.level, n));
        Rows { width, values, keys }
    }

    /// Runs `work` with scratch buffers. Their contents are arbitrary, except for the query gradient, which
    /// is zeroed.
    fn with_scratch(&self, work: impl FnOnce(&mut Scratch<'_>)) {
        let Plan { width, values, queries, .. } = *self.plan;
        let rows = self.rows();
        let lengths = [
            queries * rows.width,
            queries * rows.width,
            queries * rows.values,
            queries,
            rows.keys * rows.width,
            rows.keys * rows.width,
            width * rows.keys,
            values * rows.keys,
            rows.keys * rows.values,
            QUERIES * rows.keys,
            QUERIES * rows.keys,
        ];
        with_scratch(lengths, |buffers| {
            let [
                queries,
                query_gradient,
                output_gradient,
                deltas,
                keys,
                key_gradient,
                keys_transposed,
                values_transposed,
                value_gradient,
                weights,
                score_gradient,
            ] = buffers;
            query_gradient.fill(0.0);
            work(&mut Scratch {
                queries,
                query_gradient,
                output_gradient,
                deltas,
                keys,
                key_gradient,
                keys_transposed,
                values_transposed,
                value_gradient,
                weights,
                score_gradient,
            });
        });
    }

    /// Packs the queries and the output's gradient, and computes the row sums `D = Σ g y`.
    fn pack_queries(&self, scratch: &mut Scratch<'_>) {
        let Plan { width, values, queries, heads, .. } = *self.plan;
        if queries == 0 {
            return;
        }
        let rows = self.rows();
        let start = self.plan.output_at(self.pair, 0);
        let (gradient, output) = (&self.gradient[start..], &self.saved.output[start..]);
        let from = self.plan.rows(0, self.saved.sides[0], self.pair, 0);
        pack_rows(from, (queries, width), scratch.queries, rows.width);
        pack_rows((gradient, heads * values), (queries, values), scratch.output_gradient, rows.values);
        row_dots(scratch.output_gradient, rows.values, output, heads * values, values, scratch.deltas);
    }

    /// Packs `count` keys, from the key `key` on, and the values of these keys. Zeroes the
    /// gradients of the keys and of the values.
    fn pack_keys(&self, (key, count): (usize, usize), scratch: &mut Scratch<'_>) {
        let Plan { width, values, scale, .. } = *self.plan;
        let rows = self.rows();
        let from = |side: usize| self.plan.rows(side, self.saved.sides[side], self.pair, key);
        pack_transposed(self.level, from(1), (count, width), scale, scratch.keys_transposed, rows.keys);
        pack_transposed(self.level, from(2), (count, values), 1.0, scratch.values_transposed, rows.keys);
        pack_rows(from(1), (count, width), scratch.keys, rows.width);
        scratch.key_gradient.fill(0.0);
        scratch.value_gradient.fill(0.0);
    }

    /// Computes the attention weights of a block and the gradient of its scores.
    fn differentiate_scores(&self, window: Window, (query, key): (usize, usize), scratch: &mut Scratch<'_>) {
        let plan = self.plan;
        let rows = self.rows();
        let by_keys = |a, a_row, depth, b| Matmul {
            sizes: (window.rows, window.columns, depth),
            a,
            a_strides: (a_row, 1),
            b,
            b_row: rows.keys,
            c_row: rows.keys,
            add: false,
            reach: window.reach(Reach::Columns),
        };
        let queries = &scratch.queries[query * rows.width..];
        let scores = by_keys(queries, rows.width, plan.width, scratch.keys_transposed);
        matmul(self.level, &scores, scratch.weights);
        let gradient = &scratch.output_gradient[query * rows.values..];
        let weight_gradient = by_keys(gradient, rows.values, plan.values, scratch.values_transposed);
        matmul(self.level, &weight_gradient, scratch.score_gradient);
        let mask = plan.block_mask(self.saved.mask, self.pair, query, key);
        let stats = &self.saved.stats[(self.pair * plan.queries + query) * 2..];
        let deltas = &scratch.deltas[query..];
        differentiate(window, mask, stats, deltas, scratch.weights, scratch.score_gradient);
    }

    /// Adds the contribution of a block of scores to the gradients of its queries, keys and values.
    fn accumulate(&self, window: Window, query: usize, scratch: &mut Scratch<'_>) {
        let Plan { width, values, .. } = *self.plan;
        let rows = self.rows();
        let over_queries = |a, width, b, row| Matmul {
            sizes: (window.columns, width, window.rows),
            a,
            a_strides: (1, rows.keys),
            b,
            b_row: row,
            c_row: row,
            add: true,
            reach: window.reach(Reach::From),
        };
        if self.wants[2] {
            let gradient = &scratch.output_gradient[query * rows.values..];
            let to_values = over_queries(scratch.weights, values, gradient, rows.values);
            matmul(self.level, &to_values, scratch.value_gradient);
        }
        if self.wants[1] {
            let queries = &scratch.queries[query * rows.width..];
            let to_keys = over_queries(scratch.score_gradient, width, queries, rows.width);
            matmul(self.level, &to_keys, scratch.key_gradient);
        }
        if self.wants[0] {
            let to_queries = Matmul {
                sizes: (window.rows, width, window.columns),
                a: scratch.score_gradient,
                a_strides: (rows.keys, 1),
                b: scratch.keys,
                b_row: rows.width,
                c_row: rows.width,
                add: true,
                reach: window.reach(Reach::Before),
            };
            matmul(self.level, &to_queries, &mut scratch.query_gradient[query * rows.width..]);
        }
    }
}

multiversioned!(
    /// Computes `D = Σ g y`: the dot product of each row of the output's gradient with the same row of the
    /// output.
    fn row_dots(
        gradient: &[Scalar],
        wide: usize,
        output: &[Scalar],
        stride: usize,
        width: usize,
        dots: &mut [Scalar],
    ) {
        for (i, dot) in dots.iter_mut().enumerate() {
            let (g, y) = (&gradient[i * wide..][..width], &output[i * stride..][..width]);
            let mut lanes = [0.0; LANES];
            let ((gs, g_rest), (ys, y_rest)) = (g.as_chunks::<LANES>(), y.as_chunks::<LANES>());
            for (g, y) in gs.iter().zip(ys) {
                for i in 0..LANES {
                    lanes[i] += g[i] * y[i];
                }
            }
            *dot = total(lanes) + g_rest.iter().zip(y_rest).map(|(g, y)| g * y).sum::<Scalar>();
        }
    }
);

multiversioned!(
    /// Turns a block of scores into attention weights, and the block of `g vᵀ` into the gradient of the scores.
    fn differentiate(
        window: Window,
        mask: BlockMask<'_>,
        stats: &[Scalar],
        deltas: &[Scalar],
        weights: &mut [Scalar],
        score_gradient: &mut [Scalar],
    ) {
        for i in 0..window.rows {
            let (base, inverse, delta) = (stats[2 * i], stats[2 * i + 1], deltas[i]);
            let row = window.row(i, weights);
            mask.add_to(i, window.visible(i), row);
            let gradient = window.zeroed_row(i, score_gradient);
            for (p, s) in row.as_chunks_mut::<LANES>().0.iter_mut().zip(gradient.as_chunks_mut::<LANES>().0) {
                for (p, s) in p.iter_mut().zip(s) {
                    *p = exp(*p - base) * inverse;
                    *s = *p * (*s - delta);
                }
            }
        }
    }
);
