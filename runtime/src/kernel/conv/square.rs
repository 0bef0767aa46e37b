//! Transposes squares between rows of pixels and registers of channels. A square has as many rows
//! as a register has elements.
//!
//! AVX-512 uses the squares of AVX2, because the caches and not the shuffles limit the speed.

use crate::Scalar;
use crate::kernel::simd::Level;
#[cfg(target_arch = "x86_64")]
use crate::kernel::vector::Wide256;
use crate::kernel::vector::{Plain, Vector};

/// Declares a function that is generic over a register type `V` and compiled for each type. A call runs the
/// version for the registers of [`level`].
///
/// The body may use the instructions of `V`, because only the declared function calls the body, and
/// that function enables these instructions.
///
/// [`level`]: crate::kernel::simd::level
macro_rules! on_registers {
    (
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident<$V:ident: Square>($($arg:ident: $ty:ty),* $(,)?) $body:block
    ) => {
        $(#[$attribute])*
        $visibility fn $name($($arg: $ty),*) {
            #[inline(always)]
            unsafe fn on<$V: Square>($($arg: $ty),*) $body
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn wide($($arg: $ty),*) {
                // SAFETY: AVX2 and FMA are enabled in this function.
                unsafe { on::<$crate::kernel::vector::Wide256>($($arg),*) }
            }
            match $crate::kernel::simd::level() {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: `level` returns a level above `Plain` only where the processor has AVX2 and FMA.
                $crate::kernel::simd::Level::Avx2 | $crate::kernel::simd::Level::Avx512 => unsafe { wide($($arg),*) },
                // SAFETY: plain registers need no instructions beyond the target's own.
                _ => unsafe { on::<$crate::kernel::vector::Plain>($($arg),*) },
            }
        }
    };
}

pub(super) use on_registers;

/// The number of elements in a register of the transforms.
pub(super) fn lanes(level: Level) -> usize {
    match level {
        Level::Plain => Plain::WIDTH,
        #[cfg(target_arch = "x86_64")]
        _ => Wide256::WIDTH,
        #[cfg(not(target_arch = "x86_64"))]
        _ => Plain::WIDTH,
    }
}

/// A register type that can transpose squares. Each row of a square fills one register.
pub(super) trait Square: Vector {
    /// Computes `to[j · to_row + i] = from[i · from_row + j]` for `i` and `j` below `WIDTH`.
    ///
    /// # Safety
    /// The processor has the type's instructions; `from` and `to` are valid for `WIDTH` rows of `WIDTH` elements.
    #[inline(always)]
    unsafe fn turn(from: *const Scalar, from_row: usize, to: *mut Scalar, to_row: usize) {
        for i in 0..Self::WIDTH {
            for j in 0..Self::WIDTH {
                // SAFETY: `i` and `j` are below `WIDTH`, and the caller guarantees both squares.
                unsafe { *to.add(j * to_row + i) = *from.add(i * from_row + j) };
            }
        }
    }

    /// Replaces negative elements by 0; NaN propagates.
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
            // SAFETY: the caller guarantees AVX2 and both squares, which have eight rows, as `transpose` requires.
            unsafe { <Self as crate::kernel::vector::Vector>::transpose(from, from_row, to, to_row) };
        }

        #[inline(always)]
        unsafe fn rectify(self) -> Self {
            // SAFETY: the caller guarantees AVX. For a NaN the instruction returns its second operand.
            Self(unsafe { arch::_mm256_max_ps(arch::_mm256_setzero_ps(), self.0) })
        }
    }

    #[cfg(feature = "f64")]
    impl Square for Wide256 {
        #[inline(always)]
        unsafe fn rectify(self) -> Self {
            // SAFETY: the caller guarantees AVX. For a NaN the instruction returns its second operand.
            Self(unsafe { arch::_mm256_max_pd(arch::_mm256_setzero_pd(), self.0) })
        }
    }
}
