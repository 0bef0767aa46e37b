//! Buffers of numbers and their reuse.
//!
//! A step of training takes the same buffers as the step before it. Each thread keeps what it drops, up to
//! [`KEPT_BYTES`], so that the steady state neither asks the system for memory nor touches new pages. What another
//! thread made goes back to the system, or a loader's batches would pile up here; and all that is kept goes back
//! when a parameter dies, since the next model will need other sizes.

use std::cell::RefCell;

use crate::kernel::lines::{LINE, Lines};
use crate::{Scalar, kernel};

/// How much dropped memory a thread keeps for reuse, in bytes.
const KEPT_BYTES: usize = 256 << 20;

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { classes: Vec::new(), bytes: 0 }) };
    /// Its address is this thread's name.
    static THREAD: u8 = const { 0 };
}

/// A number that is this thread's among all that live; 0 while the thread ends.
fn this_thread() -> usize {
    THREAD.try_with(|name| std::ptr::from_ref(name).addr()).unwrap_or(0)
}

/// Dropped buffers of this thread, by size class.
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

/// The class of a size in lines, and the class's own size: at most three significant bits, rounded up.
fn size_class(lines: usize) -> (usize, usize) {
    let mut shift = (usize::BITS - lines.leading_zeros()).saturating_sub(3) as usize;
    let mut head = lines.div_ceil(1 << shift);
    if head == 8 {
        head = 4;
        shift += 1;
    }
    (shift * 4 + head, head << shift)
}

/// A row of numbers that starts on a cache line and goes back to its thread's pool when dropped there.
pub(crate) struct Buffer {
    lines: Lines,
    len: usize,
    /// The thread that made it.
    home: usize,
}

/// Lets go of all memory that this thread keeps, when dropped.
#[derive(Debug)]
pub(crate) struct Trim;

impl Drop for Trim {
    fn drop(&mut self) {
        // The memory is freed after the pool is let go of.
        let _ = POOL.try_with(|pool| pool.replace(Pool { classes: Vec::new(), bytes: 0 }));
    }
}

impl Buffer {
    /// A buffer whose numbers are left over from earlier uses: the caller writes every one of them.
    ///
    /// # Panics
    /// If the system does not give the memory.
    #[track_caller]
    pub(crate) fn stale(len: usize) -> Self {
        match Self::try_stale(len) {
            Some(buffer) => buffer,
            None => panic!("out of memory: the system does not give room for {len} numbers"),
        }
    }

    /// As [`stale`](Self::stale); nothing where the system does not give the memory.
    pub(crate) fn try_stale(len: usize) -> Option<Self> {
        // Twice the size still fits in `isize`, so no class of it wraps around.
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

/// A row of bytes in a [`Buffer`]: kept and reused as those are.
pub(crate) struct Bytes {
    buffer: Buffer,
    len: usize,
}

impl Bytes {
    /// Bytes that are left over from earlier uses: the caller writes every one of them.
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
    /// How often this thread copied a buffer because two values shared it.
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
            // While a thread ends its pool may be gone already: then the memory simply goes back.
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
