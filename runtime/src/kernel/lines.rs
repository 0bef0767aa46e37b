//! Memory in whole cache lines, so that no wide load straddles two cache lines.

use std::alloc::{Layout, alloc_zeroed};

use crate::Scalar;

/// The number of elements in one cache line of 64 bytes.
pub(crate) const LINE: usize = 64 / size_of::<Scalar>();

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([Scalar; LINE]);

/// An initialised allocation of whole cache lines.
#[derive(Default)]
pub(crate) struct Lines(Vec<Line>);

impl Lines {
    /// An allocation of `count` lines, which the allocator fills with zeros.
    #[track_caller]
    pub(crate) fn zeroed(count: usize) -> Self {
        let Some(lines) = Self::try_zeroed(count) else {
            panic!("out of memory: no room for {count} cache lines")
        };
        lines
    }

    /// Does the same as [`zeroed`](Self::zeroed), but returns `None` if the allocation fails.
    #[allow(clippy::cast_ptr_alignment)] // The layout has the alignment of `Line`.
    #[allow(clippy::same_length_and_capacity)] // The whole allocation is initialised.
    pub(crate) fn try_zeroed(count: usize) -> Option<Self> {
        if count == 0 {
            return Some(Self::default());
        }
        let layout = Layout::array::<Line>(count).ok()?;
        // SAFETY: the layout has at least one line, so its size is not 0.
        let start = unsafe { alloc_zeroed(layout) }.cast::<Line>();
        if start.is_null() {
            return None;
        }
        // SAFETY: the global allocator returned `start` for the layout of a vector of `count` lines, and zero bits are
        // lines of 0.0.
        Some(Self(unsafe { Vec::from_raw_parts(start, count, count) }))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The first `len` elements of the lines.
    pub(crate) fn as_slice(&self, len: usize) -> &[Scalar] {
        assert!(len <= self.0.len() * LINE);
        // SAFETY: `Line` is a `repr(C)` array of `LINE` scalars without padding (its size is its alignment), so the
        // vector holds `self.0.len() * LINE` contiguous initialised scalars, and `len` is at most that.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast::<Scalar>(), len) }
    }

    /// The first `len` elements of the lines, mutably.
    pub(crate) fn as_mut_slice(&mut self, len: usize) -> &mut [Scalar] {
        assert!(len <= self.0.len() * LINE);
        // SAFETY: the vector holds that many contiguous initialised scalars, see `as_slice`; the exclusive borrow of
        // `self` makes this the only view.
        unsafe { std::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast::<Scalar>(), len) }
    }

    /// The first `len` bytes of the lines.
    pub(crate) fn as_bytes(&self, len: usize) -> &[u8] {
        assert!(len <= self.0.len() * 64);
        // SAFETY: the vector holds that many contiguous initialised bytes, see `as_slice`, and every bit pattern is a
        // valid byte.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast::<u8>(), len) }
    }

    /// The first `len` bytes of the lines, mutably.
    pub(crate) fn as_mut_bytes(&mut self, len: usize) -> &mut [u8] {
        assert!(len <= self.0.len() * 64);
        // SAFETY: the vector holds that many contiguous initialised bytes, see `as_slice`. Every bit pattern is a valid
        // scalar, and the exclusive borrow of `self` makes this the only view.
        unsafe { std::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast::<u8>(), len) }
    }
}

const _: () = assert!(size_of::<Line>() == 64 && align_of::<Line>() == 64);
