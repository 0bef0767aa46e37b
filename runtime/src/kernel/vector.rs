//! SIMD registers, for loops where auto-vectorisation is not reliable.
//!
//! A method may be called only from a function that enables the instruction set of its register type.

use super::simd::Level;
use crate::Scalar;

/// A SIMD register of scalars.
pub(crate) trait Vector: Copy {
    /// The number of elements in a register.
    const WIDTH: usize;

    /// # Safety
    /// The processor has the type's instructions.
    unsafe fn splat(value: Scalar) -> Self;

    /// # Safety
    /// The processor has the type's instructions, and `from` is valid for `WIDTH` elements.
    unsafe fn load(from: *const Scalar) -> Self;

    /// # Safety
    /// The processor has the type's instructions, and `to` is valid for `WIDTH` elements.
    unsafe fn store(self, to: *mut Scalar);

    /// Returns `self + a · b`.
    ///
    /// # Safety
    /// The processor has the type's instructions.
    unsafe fn add_product(self, a: Self, b: Self) -> Self;

    /// Returns `self + other`.
    ///
    /// # Safety
    /// The processor has the type's instructions.
    unsafe fn add(self, other: Self) -> Self;

    /// Prefetches the cache line of an address that will be written soon. The address may be
    /// invalid.
    #[inline(always)]
    fn prefetch(_: *const Scalar) {}

    /// Prefetches the cache line of an address that will be read a few microseconds later, into L2. The address may
    /// be invalid.
    #[inline(always)]
    fn prefetch_for_later(_: *const Scalar) {}

    /// Reads a square of [`SQUARE`] rows at `from` and writes its transpose to `to`, row by row.
    ///
    /// # Safety
    /// The processor has the type's instructions. With the given strides, both squares are valid
    /// and do not overlap.
    #[inline(always)]
    unsafe fn transpose(from: *const Scalar, from_stride: usize, to: *mut Scalar, to_stride: usize) {
        for j in 0..SQUARE {
            for i in 0..SQUARE {
                // SAFETY: `i` and `j` are below `SQUARE`, and the caller guarantees both squares.
                unsafe { *to.add(j * to_stride + i) = *from.add(i * from_stride + j) };
            }
        }
    }
}

/// The number of rows, and of columns, in the squares that [`Vector::transpose`] transposes.
pub(crate) const SQUARE: usize = 8;

/// The number of elements in two registers of a level, which is the tile width of every kind of matmul.
pub(crate) fn two_registers(level: Level) -> usize {
    match level {
        Level::Plain => 2 * Plain::WIDTH,
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => 2 * Wide256::WIDTH,
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => 2 * Wide512::WIDTH,
        #[cfg(not(target_arch = "x86_64"))]
        _ => 2 * Plain::WIDTH,
    }
}

/// Registers of the baseline instruction set. Every 64-bit processor has registers of 16 bytes.
pub(crate) type Plain = [Scalar; 16 / size_of::<Scalar>()];

impl Vector for Plain {
    const WIDTH: usize = 16 / size_of::<Scalar>();

    #[inline(always)]
    unsafe fn splat(value: Scalar) -> Self {
        [value; Self::WIDTH]
    }

    #[inline(always)]
    unsafe fn load(from: *const Scalar) -> Self {
        // SAFETY: the caller guarantees `WIDTH` elements; the read needs no alignment.
        unsafe { from.cast::<Self>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut Scalar) {
        // SAFETY: the caller guarantees `WIDTH` elements; the write needs no alignment.
        unsafe { to.cast::<Self>().write_unaligned(self) }
    }

    #[inline(always)]
    unsafe fn add_product(self, a: Self, b: Self) -> Self {
        std::array::from_fn(|i| self[i] + a[i] * b[i])
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        std::array::from_fn(|i| self[i] + other[i])
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{Wide256, Wide512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64 as arch;

    use super::Vector;
    use crate::Scalar;

    macro_rules! register {
        ($name:ident, $inner:ty, $splat:ident, $load:ident, $store:ident, $fma:ident, $add:ident) => {
            /// A register with the width of its inner type, such as 256 bits for `__m256`.
            #[derive(Clone, Copy)]
            pub(crate) struct $name(pub(crate) $inner);

            impl Vector for $name {
                const WIDTH: usize = size_of::<$inner>() / size_of::<Scalar>();

                #[inline(always)]
                unsafe fn splat(value: Scalar) -> Self {
                    // SAFETY: the caller guarantees the instructions.
                    Self(unsafe { arch::$splat(value) })
                }

                #[inline(always)]
                unsafe fn load(from: *const Scalar) -> Self {
                    // SAFETY: the caller guarantees the instructions and `WIDTH` elements; this load needs no
                    // alignment.
                    Self(unsafe { arch::$load(from) })
                }

                #[inline(always)]
                unsafe fn store(self, to: *mut Scalar) {
                    // SAFETY: the caller guarantees the instructions and `WIDTH` elements; this store needs no
                    // alignment.
                    unsafe { arch::$store(to, self.0) }
                }

                #[inline(always)]
                unsafe fn add_product(self, a: Self, b: Self) -> Self {
                    // SAFETY: the caller guarantees the instructions.
                    Self(unsafe { arch::$fma(a.0, b.0, self.0) })
                }

                #[inline(always)]
                unsafe fn add(self, other: Self) -> Self {
                    // SAFETY: the caller guarantees the instructions.
                    Self(unsafe { arch::$add(self.0, other.0) })
                }

                #[inline(always)]
                fn prefetch(place: *const Scalar) {
                    // SAFETY: a prefetch has no effect at invalid addresses.
                    unsafe { arch::_mm_prefetch::<{ arch::_MM_HINT_T0 }>(place.cast()) }
                }

                #[inline(always)]
                fn prefetch_for_later(place: *const Scalar) {
                    // SAFETY: a prefetch has no effect at invalid addresses.
                    unsafe { arch::_mm_prefetch::<{ arch::_MM_HINT_T1 }>(place.cast()) }
                }

                #[cfg(not(feature = "f64"))]
                #[inline(always)]
                unsafe fn transpose(from: *const f32, from_stride: usize, to: *mut f32, to_stride: usize) {
                    // SAFETY: the caller guarantees the instructions, which include AVX2, and both squares.
                    unsafe { transpose(from, from_stride, to, to_stride) }
                }
            }
        };
    }

    /// Transposes eight rows of eight elements. Each register first combines halves of two rows, so that all
    /// later shuffles stay within halves of a register.
    ///
    /// # Safety
    /// The processor has AVX2. With the given strides, both squares are valid.
    #[cfg(not(feature = "f64"))]
    #[inline(always)]
    unsafe fn transpose(from: *const f32, from_stride: usize, to: *mut f32, to_stride: usize) {
        use arch::{
            _mm_loadu_ps, _mm256_castps128_ps256, _mm256_insertf128_ps, _mm256_setzero_ps, _mm256_shuffle_ps,
            _mm256_storeu_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
        };
        // SAFETY: the caller guarantees AVX2 and both squares.
        unsafe {
            // Half `h` of the columns: rows `i` and `i + 4` in one register.
            for h in 0..2 {
                let mut pairs = [_mm256_setzero_ps(); 4];
                for (i, pair) in pairs.iter_mut().enumerate() {
                    let low = _mm_loadu_ps(from.add(i * from_stride + 4 * h));
                    let high = _mm_loadu_ps(from.add((i + 4) * from_stride + 4 * h));
                    *pair = _mm256_insertf128_ps::<1>(_mm256_castps128_ps256(low), high);
                }
                let [a, b, c, d] = pairs;
                let (ab_low, ab_high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
                let (cd_low, cd_high) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
                let to = to.add(4 * h * to_stride);
                _mm256_storeu_ps(to, _mm256_shuffle_ps::<0x44>(ab_low, cd_low));
                _mm256_storeu_ps(to.add(to_stride), _mm256_shuffle_ps::<0xEE>(ab_low, cd_low));
                _mm256_storeu_ps(to.add(2 * to_stride), _mm256_shuffle_ps::<0x44>(ab_high, cd_high));
                _mm256_storeu_ps(to.add(3 * to_stride), _mm256_shuffle_ps::<0xEE>(ab_high, cd_high));
            }
        }
    }

    #[cfg(not(feature = "f64"))]
    register!(
        Wide256,
        arch::__m256,
        _mm256_set1_ps,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        _mm256_fmadd_ps,
        _mm256_add_ps
    );
    #[cfg(feature = "f64")]
    register!(
        Wide256,
        arch::__m256d,
        _mm256_set1_pd,
        _mm256_loadu_pd,
        _mm256_storeu_pd,
        _mm256_fmadd_pd,
        _mm256_add_pd
    );
    #[cfg(not(feature = "f64"))]
    register!(
        Wide512,
        arch::__m512,
        _mm512_set1_ps,
        _mm512_loadu_ps,
        _mm512_storeu_ps,
        _mm512_fmadd_ps,
        _mm512_add_ps
    );
    #[cfg(feature = "f64")]
    register!(
        Wide512,
        arch::__m512d,
        _mm512_set1_pd,
        _mm512_loadu_pd,
        _mm512_storeu_pd,
        _mm512_fmadd_pd,
        _mm512_add_pd
    );
}
