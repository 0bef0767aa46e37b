//! The innermost loop: one tile of the output, held in registers.

use super::Target;
use crate::Scalar;
use crate::kernel::lines::LINE;
use crate::kernel::simd::Level;
use crate::kernel::vector::{Plain, Vector};
#[cfg(target_arch = "x86_64")]
use crate::kernel::vector::{Wide256, Wide512};

/// Picks the loop for the number of rows, with two registers across.
macro_rules! by_rows {
    ($vector:ty, $at:expr, $c:expr, $($rows:literal)*) => {
        match $at.rows {
            // SAFETY: the caller's promise is the same.
            $($rows => unsafe { run::<$vector, $rows>($at, $c) },)*
            rows => unreachable!("a tile of {rows} rows"),
        }
    };
}

/// The columns of the widest tile.
const MOST_COLUMNS: usize = 2 * LINE;

/// How many rows and columns a tile has.
#[derive(Clone, Copy)]
pub(super) struct Widths {
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl Widths {
    pub(super) fn of(level: Level) -> Self {
        match level {
            Level::Plain => Self { rows: 4, columns: LINE / 2 },
            Level::Avx2 => Self { rows: 6, columns: LINE },
            Level::Avx512 => Self { rows: 12, columns: 2 * LINE },
        }
    }
}

/// `[rows, depth]` of the left side against a packed panel `[depth, Widths::columns]`.
#[derive(Clone, Copy)]
pub(super) struct Tile<'a> {
    pub(super) rows: usize,
    /// How many of the panel's columns the output has.
    pub(super) columns: usize,
    pub(super) depth: usize,
    pub(super) a: &'a [Scalar],
    pub(super) a_strides: (usize, usize),
    pub(super) panel: &'a [Scalar],
    pub(super) add: bool,
}

/// Computes one tile and writes it to `c`, or adds it.
///
/// # Safety
/// The numbers of `c` are there, and nobody else reads or writes them.
pub(super) unsafe fn tile(level: Level, at: Tile<'_>, c: Target) {
    let widths = Widths::of(level);
    let last = |(row, column): (usize, usize), rows: usize, columns: usize| {
        (rows - 1) * row + (columns - 1) * column
    };
    assert!(
        (1..=widths.rows).contains(&at.rows) && (1..=widths.columns).contains(&at.columns) && at.depth > 0
    );
    assert!(at.panel.len() >= at.depth * widths.columns);
    assert!(at.a.len() > last(at.a_strides, at.rows, at.depth));
    // SAFETY: the lines above are what `run` demands of the rows, the panel and the left side, for the widths that
    // `Widths::of` gives this level, and the caller promises the output; a level above `Plain` is only given where the processor
    // has its instructions.
    unsafe {
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => avx512(at, c),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => avx2(at, c),
            _ => least(at, c),
        }
    }
}

/// # Safety
/// As [`run`], with up to four rows.
unsafe fn least(at: Tile<'_>, c: Target) {
    by_rows!(Plain, at, c, 1 2 3 4);
}

/// # Safety
/// As [`run`], with up to six rows; the processor has AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(at: Tile<'_>, c: Target) {
    by_rows!(Wide256, at, c, 1 2 3 4 5 6);
}

/// # Safety
/// As [`run`], with up to twelve rows; the processor has AVX-512.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
unsafe fn avx512(at: Tile<'_>, c: Target) {
    by_rows!(Wide512, at, c, 1 2 3 4 5 6 7 8 9 10 11 12);
}

/// One tile of `ROWS` rows and two registers across.
///
/// # Safety
/// The function that this is inlined into has the instructions of `V`.
/// `at.panel` holds `at.depth · 2 · V::WIDTH` numbers; `at.a` the place of `[ROWS - 1, at.depth - 1]` by its
/// strides; `c` has `ROWS` rows of `at.columns`, at most `2 · V::WIDTH`, that nobody else reads or writes.
#[inline(always)]
unsafe fn run<V: Vector, const ROWS: usize>(at: Tile<'_>, c: Target) {
    let (row, column) = at.a_strides;
    let (mut a, mut b) = (at.a.as_ptr(), at.panel.as_ptr());
    // SAFETY: see above: every place read lies below the last one that the caller promises. The pointers move
    // past the end only after the last round, by wrapping arithmetic, and are not read there.
    unsafe {
        let mut sums = [[V::splat(0.0); 2]; ROWS];
        for _ in 0..at.depth {
            let (b0, b1) = (V::load(b), V::load(b.add(V::WIDTH)));
            let mut i = 0;
            while i < ROWS {
                let x = V::splat(*a.add(i * row));
                sums[i][0] = sums[i][0].add_product(x, b0);
                sums[i][1] = sums[i][1].add_product(x, b1);
                i += 1;
            }
            a = a.wrapping_add(column);
            b = b.wrapping_add(2 * V::WIDTH);
        }
        if c.column == 1 && at.columns == 2 * V::WIDTH {
            let mut i = 0;
            while i < ROWS {
                let to = c.start.add(i * c.row);
                let next = to.add(V::WIDTH);
                if at.add {
                    V::load(to).add(sums[i][0]).store(to);
                    V::load(next).add(sums[i][1]).store(next);
                } else {
                    sums[i][0].store(to);
                    sums[i][1].store(next);
                }
                i += 1;
            }
        } else {
            let mut rows = [[0.0; MOST_COLUMNS]; ROWS];
            let mut i = 0;
            while i < ROWS {
                sums[i][0].store(rows[i].as_mut_ptr());
                sums[i][1].store(rows[i].as_mut_ptr().add(V::WIDTH));
                i += 1;
            }
            scatter(&rows, at, c);
        }
    }
}

/// Writes a tile to places that are not neighbours, or to less than its width.
///
/// # Safety
/// As [`run`] for `c`.
#[inline(always)]
unsafe fn scatter<const ROWS: usize>(sums: &[[Scalar; MOST_COLUMNS]; ROWS], at: Tile<'_>, c: Target) {
    for j in 0..at.columns.min(MOST_COLUMNS) {
        for (i, sums) in sums.iter().enumerate() {
            // SAFETY: `i` is below `ROWS` and `j` below the tile's columns.
            unsafe {
                let to = c.from(i, j).start;
                *to = if at.add { *to + sums[j] } else { sums[j] };
            }
        }
    }
}
