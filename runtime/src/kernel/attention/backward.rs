//! The derivative: scores again from the saved rows, then five products for each block.
//!
//! With shares `p`, the output's gradient `g` and `D = Σ g y` of each row: `dv = pᵀ g`, `ds = p (g vᵀ - D)`,
//! `dq = scale · ds k`, `dk = scale · dsᵀ q`.

use super::{BlockMask, KEYS, Plan, QUERIES, Window, exp, pack_rows, pack_transposed, padded, with_scratch};
use crate::Scalar;
use crate::kernel::lanes::{LANES, total};
use crate::kernel::pool::{self, Pieces};
use crate::kernel::simd::{Level, dispatch, level};
use crate::kernel::small::{Product, Reach, product};

/// What the forward pass left.
pub(crate) struct Saved<'a> {
    pub(crate) sides: [&'a [Scalar]; 3],
    pub(crate) mask: Option<&'a [Scalar]>,
    pub(crate) output: &'a [Scalar],
    pub(crate) stats: &'a [Scalar],
}

/// Writes the gradients of queries, keys and values where these lie.
///
/// `slots` tells in which of the matrices `gradients` each of the three lies, if it is wanted at all.
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
        head(
            level,
            plan,
            saved,
            gradient,
            pair,
            slots.map(|slot| slot.is_some()),
            |side, time, sums, scale| {
                if let Some(slot) = slots[side] {
                    let (_, width) = plan.side(side);
                    // SAFETY: the gradients are borrowed until all parts are done; `check` has seen that no two heads,
                    // sides or times share a place, and each row is written by the part of its head, one at a time.
                    let row = unsafe { gradients[slot].piece(plan.at(side, pair, time), width) };
                    row.iter_mut().zip(sums).for_each(|(to, sum)| *to = sum * scale);
                }
            },
        );
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

/// The gradients of one head; `write` gets the side, the time, the sums of the row and their scale.
fn head(
    level: Level,
    plan: &Plan,
    saved: &Saved<'_>,
    gradient: &[Scalar],
    pair: usize,
    wants: [bool; 3],
    mut write: impl FnMut(usize, usize, &[Scalar], Scalar),
) {
    let (d, e, queries) = (plan.width, plan.values, plan.queries);
    let (dw, ew, kw) = (padded(level, d), padded(level, e), padded(level, KEYS.min(plan.keys)));
    let [q, k, v] = saved.sides;
    let output_row = plan.heads * e;
    let lengths = [
        queries * dw,
        queries * ew,
        queries * dw,
        queries,
        d * kw,
        e * kw,
        kw * dw,
        kw * dw,
        kw * ew,
        QUERIES * kw,
        QUERIES * kw,
    ];
    let work = |[qs, gs, dq, along, kt, vt, ks, dk, dv, shares, slopes]: [&mut [Scalar]; 11]| {
        if queries > 0 {
            pack_rows(plan.rows(0, q, pair, 0), (queries, d), qs, dw);
            pack_rows((&gradient[plan.output_at(pair, 0)..], output_row), (queries, e), gs, ew);
            let output = &saved.output[plan.output_at(pair, 0)..];
            row_products(level, gs, ew, (output, output_row), e, along);
        }
        dq.fill(0.0);
        for key in (0..plan.keys).step_by(KEYS) {
            let n = KEYS.min(plan.keys - key);
            pack_transposed(level, plan.rows(1, k, pair, key), (n, d), plan.scale, kt, kw);
            pack_transposed(level, plan.rows(2, v, pair, key), (n, e), 1.0, vt, kw);
            pack_rows(plan.rows(1, k, pair, key), (n, d), ks, dw);
            dk.fill(0.0);
            dv.fill(0.0);
            for query in (plan.first_query(key) / QUERIES * QUERIES..queries).step_by(QUERIES) {
                let m = QUERIES.min(queries - query);
                let window = Window::new(plan.causal, (query, m), (key, n), kw);
                let (columns, before, from) = match window.offset {
                    Some(offset) => (Reach::Columns(offset), Reach::Before(offset), Reach::From(offset)),
                    None => (Reach::All, Reach::All, Reach::All),
                };
                let (qs, gs) = (&qs[query * dw..], &gs[query * ew..]);
                let to_keys = |a, a_row, depth, b| Product {
                    sizes: (m, n, depth),
                    a,
                    a_strides: (a_row, 1),
                    b,
                    b_row: kw,
                    c_row: kw,
                    add: false,
                    reach: columns,
                };
                product(level, &to_keys(qs, dw, d, kt), shares);
                product(level, &to_keys(gs, ew, e, vt), slopes);
                let mask = plan.block_mask(saved.mask, pair, query, key);
                let stats = &saved.stats[(pair * queries + query) * 2..];
                differentiate(level, window, mask, stats, &along[query..], shares, slopes);
                let over_queries = |a, width, b, wide| Product {
                    sizes: (n, width, m),
                    a,
                    a_strides: (1, kw),
                    b,
                    b_row: wide,
                    c_row: wide,
                    add: true,
                    reach: from,
                };
                if wants[2] {
                    product(level, &over_queries(shares, e, gs, ew), dv);
                }
                if wants[1] {
                    product(level, &over_queries(slopes, d, qs, dw), dk);
                }
                if wants[0] {
                    let at = Product {
                        sizes: (m, d, n),
                        a: slopes,
                        a_strides: (kw, 1),
                        b: ks,
                        b_row: dw,
                        c_row: dw,
                        add: true,
                        reach: before,
                    };
                    product(level, &at, &mut dq[query * dw..]);
                }
            }
            for i in 0..n {
                write(1, key + i, &dk[i * dw..][..d], plan.scale);
                write(2, key + i, &dv[i * ew..][..e], 1.0);
            }
        }
        for i in 0..queries {
            write(0, i, &dq[i * dw..][..d], plan.scale);
        }
    };
    with_scratch(lengths, work);
}

/// `D`: the product of each row of the gradient with that row of the output.
fn row_products(
    level: Level,
    gradient: &[Scalar],
    wide: usize,
    (output, stride): (&[Scalar], usize),
    width: usize,
    products: &mut [Scalar],
) {
    #[inline(always)]
    fn body(
        gradient: &[Scalar],
        wide: usize,
        output: &[Scalar],
        stride: usize,
        width: usize,
        products: &mut [Scalar],
    ) {
        for (i, product) in products.iter_mut().enumerate() {
            let (g, y) = (&gradient[i * wide..][..width], &output[i * stride..][..width]);
            let mut lanes = [0.0; LANES];
            let ((gs, g_rest), (ys, y_rest)) = (g.as_chunks::<LANES>(), y.as_chunks::<LANES>());
            for (g, y) in gs.iter().zip(ys) {
                for i in 0..LANES {
                    lanes[i] += g[i] * y[i];
                }
            }
            *product = total(lanes) + g_rest.iter().zip(y_rest).map(|(g, y)| g * y).sum::<Scalar>();
        }
    }
    dispatch!(level, [] body(
        gradient: &[Scalar], wide: usize, output: &[Scalar], stride: usize, width: usize, products: &mut [Scalar],
    ));
}

/// Turns a block of scores into shares, and the block of `g vᵀ` into the slopes of the scores.
fn differentiate(
    level: Level,
    window: Window,
    mask: BlockMask<'_>,
    stats: &[Scalar],
    along: &[Scalar],
    shares: &mut [Scalar],
    slopes: &mut [Scalar],
) {
    #[inline(always)]
    fn body(
        window: Window,
        mask: BlockMask<'_>,
        stats: &[Scalar],
        along: &[Scalar],
        shares: &mut [Scalar],
        slopes: &mut [Scalar],
    ) {
        for i in 0..window.rows {
            let (base, inverse, along) = (stats[2 * i], stats[2 * i + 1], along[i]);
            let row = window.row(i, shares);
            mask.add_to(i, window.seen(i), row);
            let slopes = window.zeroed_row(i, slopes);
            for (p, s) in row.as_chunks_mut::<LANES>().0.iter_mut().zip(slopes.as_chunks_mut::<LANES>().0) {
                for (p, s) in p.iter_mut().zip(s) {
                    *p = exp(*p - base) * inverse;
                    *s = *p * (*s - along);
                }
            }
        }
    }
    dispatch!(level, [] body(
        window: Window, mask: BlockMask<'_>, stats: &[Scalar], along: &[Scalar], shares: &mut [Scalar], slopes: &mut [Scalar],
    ));
}
