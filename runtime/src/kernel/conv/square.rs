//! Transposing squares of numbers as wide as a register, between rows of pixels and registers of channels.
//!
//! AVX-512 uses the squares of AVX2: the copies wait for the caches, not for the shuffles.

use crate::Scalar;
use crate::kernel::simd::Level;
#[cfg(target_arch = "x86_64")]
use crate::kernel::vector::Wide256;
use crate::kernel::vector::{Plain, Vector};

/// Calls `$body` with the registers of the level, in a function compiled for them.
macro_rules! on_registers {
    ($level:expr, $body:ident($($arg:ident: $ty:ty),* $(,)?)) => {{
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma")]
        fn wide($($arg: $ty),*) {
            // SAFETY: this function has the instructions.
            unsafe { $body::<$crate::kernel::vector::Wide256>($($arg),*) }
        }
        match $level {
            // SAFETY: every processor has these.
            $crate::kernel::simd::Level::Plain => unsafe { $body::<$crate::kernel::vector::Plain>($($arg),*) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a level above `Plain` is only given where the processor has AVX2 and FMA.
            _ => unsafe { wide($($arg),*) },
            #[cfg(not(target_arch = "x86_64"))]
            // SAFETY: as above.
            _ => unsafe { $body::<$crate::kernel::vector::Plain>($($arg),*) },
        }
    }};
}

pub(super) use on_registers;

/// Numbers in a register of the transforms.
pub(super) fn lanes(level: Level) -> usize {
    match level {
        Level::Plain => Plain::WIDTH,
        #[cfg(target_arch = "x86_64")]
        _ => Wide256::WIDTH,
        #[cfg(not(target_arch = "x86_64"))]
        _ => Plain::WIDTH,
    }
}

/// A register that can be one row of a square.
pub(super) trait Square: Vector {
    /// `to[j · to_row + i] = from[i · from_row + j]` for `i` and `j` below `WIDTH`.
    ///
    /// # Safety
    /// The processor has the type's instructions; `WIDTH` rows of `WIDTH` numbers may be read and written.
    #[inline(always)]
    unsafe fn turn(from: *const Scalar, from_row: usize, to: *mut Scalar, to_row: usize) {
        for i in 0..Self::WIDTH {
            for j in 0..Self::WIDTH {
                // SAFETY: the caller promises both squares.
                unsafe { *to.add(j * to_row + i) = *from.add(i * from_row + j) };
            }
        }
    }

    /// Negative numbers become 0; a NaN stays one.
    ///
    /// # Safety
    /// The processor has the type's instructions.
    unsafe fn rectify(self) -> Self;
}

impl Square for Plain {
    #[inline(always)]
    unsafe fn rectify(self) -> Self {
        self.map(|x| if x <= 0.0 { 0.0 } else { x })
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64 as arch;

    use super::Square;
    use crate::kernel::vector::Wide256;

    #[cfg(not(feature = "f64"))]
    impl Square for Wide256 {
        #[inline(always)]
        unsafe fn turn(from: *const f32, from_row: usize, to: *mut f32, to_row: usize) {
            // SAFETY: the caller promises the instructions and both squares, whose eight rows are this function's.
            unsafe { <Self as crate::kernel::vector::Vector>::transpose(from, from_row, to, to_row) };
        }

        #[inline(always)]
        unsafe fn rectify(self) -> Self {
            // SAFETY: the caller promises the instructions. Of a NaN and a number the second operand is taken.
            Self(unsafe { arch::_mm256_max_ps(arch::_mm256_setzero_ps(), self.0) })
        }
    }

    #[cfg(feature = "f64")]
    impl Square for Wide256 {
        #[inline(always)]
        unsafe fn rectify(self) -> Self {
            // SAFETY: as in single precision.
            Self(unsafe { arch::_mm256_max_pd(arch::_mm256_setzero_pd(), self.0) })
        }
    }
}
