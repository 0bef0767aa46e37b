//! Reusable buffers of scalars.
//!
//! All training steps use buffers of the same sizes. Each thread keeps dropped buffers for reuse,
//! up to [`KEPT_BYTES`], so that later steps neither request memory from the system nor touch new
//! pages. A thread does not keep a buffer that another thread made, because otherwise the batches
//! of a loader thread would accumulate. All kept memory is freed when a parameter is dropped,
//! because the next model needs other sizes.

use std::cell::RefCell;

use crate::kernel::lines::{LINE, Lines};
use crate::{Scalar, kernel};

/// The maximum number of bytes that a thread keeps for reuse.
const KEPT_BYTES: usize = 256 << 20;

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { classes: Vec::new(), bytes: 0 }) };
    /// A variable whose address identifies this thread.
    static THREAD: u8 = const { 0 };
}

/// The id of this thread, unique among live threads; 0 while the thread ends.
fn this_thread() -> usize {
    THREAD.try_with(|name| std::ptr::from_ref(name).addr()).unwrap_or(0)
}

/// The dropped buffers that this thread keeps, by size class.
struct Pool {
    classes: Vec<Vec<Lines>>,
    bytes: usize,
}

impl Pool {
    fn take(&mut self, class: usize) -> Option<Lines> {
        let lines = self.classes.get_mut(class)?.pop()?;
        self.bytes -= lines.count() * 64;
        Some(lines)
    }

    fn keep(&mut self, lines: Lines) {
        let bytes = lines.count() * 64;
        if self.bytes + bytes > KEPT_BYTES {
            return;
        }
        let (class, _) = size_class(lines.count());
        if self.classes.len() <= class {
            self.classes.resize_with(class + 1, Vec::new);
        }
        self.classes[class].push(lines);
        self.bytes += bytes;
    }
}

/// The size class of a buffer of `lines` cache lines. Returns the index of the class, and the size
/// in lines of every buffer of the class. The size is `lines`, rounded up to three significant
/// bits.
fn size_class(lines: usize) -> (usize, usize) {
    let mut shift = (usize::BITS - lines.leading_zeros()).saturating_sub(3) as usize;
    let mut head = lines.div_ceil(1 << shift);
    if head == 8 {
        head = 4;
        shift += 1;
    }
    (shift * 4 + head, head << shift)
}

/// A cache-aligned buffer of scalars. A buffer that is dropped on the thread that created it
/// returns to the thread's pool.
pub(crate) struct Buffer {
    lines: Lines,
    len: usize,
    /// The thread that created the buffer.
    home: usize,
}

/// A guard: when it is dropped, the thread frees all memory that it keeps for reuse.
#[derive(Debug)]
pub(crate) struct Trim;

impl Drop for Trim {
    fn drop(&mut self) {
        // The memory is freed after the pool is no longer borrowed.
        let _ = POOL.try_with(|pool| pool.replace(Pool { classes: Vec::new(), bytes: 0 }));
    }
}

impl Buffer {
    /// A recycled buffer with arbitrary contents. The caller must overwrite all elements.
    ///
    /// # Panics
    /// If the system refuses the memory.
    #[track_caller]
    pub(crate) fn stale(len: usize) -> Self {
        match Self::try_stale(len) {
            Some(buffer) => buffer,
            None => panic!("out of memory: the system refuses memory for {len} numbers"),
        }
    }

    /// Like [`stale`](Self::stale), but returns `None` if the system refuses the memory.
    pub(crate) fn try_stale(len: usize) -> Option<Self> {
        // The size class of a longer buffer could overflow.
        if len > isize::MAX as usize / (2 * size_of::<Scalar>()) {
            return None;
        }
        let (class, count) = size_class(len.div_ceil(LINE));
        let kept = POOL.try_with(|pool| pool.borrow_mut().take(class)).ok().flatten();
        let lines = match kept {
            Some(lines) => lines,
            None => Lines::try_zeroed(count)?,
        };
        Some(Self { lines, len, home: this_thread() })
    }

    #[track_caller]
    pub(crate) fn filled(len: usize, value: Scalar) -> Self {
        let mut buffer = Self::stale(len);
        kernel::fill(buffer.as_mut_slice(), value);
        buffer
    }

    #[track_caller]
    pub(crate) fn copied(values: &[Scalar]) -> Self {
        let mut buffer = Self::stale(values.len());
        kernel::copy(values, buffer.as_mut_slice());
        buffer
    }

    pub(crate) fn as_slice(&self) -> &[Scalar] {
        self.lines.as_slice(self.len)
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [Scalar] {
        self.lines.as_mut_slice(self.len)
    }
}

/// A buffer of bytes, stored in a [`Buffer`] that is recycled.
pub(crate) struct Bytes {
    buffer: Buffer,
    len: usize,
}

impl Bytes {
    /// A recycled buffer of bytes with arbitrary contents. The caller must overwrite all bytes.
    #[track_caller]
    pub(crate) fn stale(len: usize) -> Self {
        Self { buffer: Buffer::stale(len.div_ceil(size_of::<Scalar>())), len }
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        self.buffer.lines.as_bytes(self.len)
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        self.buffer.lines.as_mut_bytes(self.len)
    }
}

#[cfg(test)]
thread_local! {
    /// The number of buffer copies that this thread made because it wrote to a shared value.
    pub(crate) static COPIES: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        #[cfg(test)]
        COPIES.set(COPIES.get() + 1);
        Self::copied(self.as_slice())
    }
}

impl std::fmt::Debug for Buffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Buffer({})", self.len)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        if lines.count() > 0 && self.home == this_thread() {
            // While a thread ends, its pool may be gone. The memory is then freed.
            let _ = POOL.try_with(|pool| pool.borrow_mut().keep(lines));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Buffer, POOL, Trim, size_class};

    #[test]
    fn classes_hold_their_sizes_and_waste_at_most_a_quarter() {
        for lines in 0..5000 {
            let (class, size) = size_class(lines);
            assert!(size >= lines && size * 4 <= lines * 5 + 4, "{lines} -> {size}");
            assert_eq!(size_class(size), (class, size), "{lines}");
        }
    }

    #[test]
    fn a_dropped_buffer_comes_back() {
        let first = Buffer::filled(100_000, 3.0);
        let address = first.as_slice().as_ptr();
        drop(first);
        let second = Buffer::stale(99_990);
        assert_eq!(second.as_slice().as_ptr(), address);
        assert_eq!(address as usize % 64, 0);
        assert_eq!(second.as_slice().len(), 99_990);
    }

    #[test]
    fn what_another_thread_made_is_not_kept() {
        drop(Trim);
        let guest = std::thread::spawn(|| Buffer::filled(50_000, 1.0)).join().unwrap();
        assert_eq!(guest.as_slice()[49_999], 1.0);
        drop(guest);
        POOL.with(|pool| assert_eq!(pool.borrow().bytes, 0));
        drop(Buffer::filled(50_000, 1.0));
        POOL.with(|pool| assert!(pool.borrow().bytes >= 50_000 * size_of::<crate::Scalar>()));
    }

    #[test]
    fn the_last_of_a_model_takes_the_kept_memory_along() {
        let parameter = crate::Parameter::new(ndarray::Array1::zeros(5000));
        (parameter.tensor() * 2.0).sum().backward();
        POOL.with(|pool| assert!(pool.borrow().bytes > 0));
        drop(parameter);
        POOL.with(|pool| assert_eq!(pool.borrow().bytes, 0));
    }

    #[test]
    fn empty_buffers_take_nothing() {
        drop(Buffer::stale(0));
        POOL.with(|pool| assert_eq!(pool.borrow().bytes % 64, 0));
    }
}
