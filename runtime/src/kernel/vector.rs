//! Registers of several numbers, where the compiler's own vectorising cannot be relied on.
//!
//! Every method must be called from a function compiled with the instruction set of its type.

use crate::Scalar;

/// A register.
pub(crate) trait Vector: Copy {
    /// Numbers in it.
    const WIDTH: usize;

    /// # Safety
    /// The processor has the type's instructions.
    unsafe fn splat(value: Scalar) -> Self;

    /// # Safety
    /// The processor has the type's instructions, and `WIDTH` numbers follow `from`.
    unsafe fn load(from: *const Scalar) -> Self;

    /// # Safety
    /// The processor has the type's instructions, and `WIDTH` numbers follow `to`.
    unsafe fn store(self, to: *mut Scalar);

    /// `self + a · b`
    ///
    /// # Safety
    /// The processor has the type's instructions.
    unsafe fn add_product(self, a: Self, b: Self) -> Self;

    /// `self + other`
    ///
    /// # Safety
    /// The processor has the type's instructions.
    unsafe fn add(self, other: Self) -> Self;
}

/// Registers of the plain instruction set: 16 bytes, which every processor of 64 bits has.
pub(crate) type Plain = [Scalar; 16 / size_of::<Scalar>()];

impl Vector for Plain {
    const WIDTH: usize = 16 / size_of::<Scalar>();

    #[inline(always)]
    unsafe fn splat(value: Scalar) -> Self {
        [value; Self::WIDTH]
    }

    #[inline(always)]
    unsafe fn load(from: *const Scalar) -> Self {
        // SAFETY: the caller promises the numbers; the read needs no alignment.
        unsafe { from.cast::<Self>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut Scalar) {
        // SAFETY: as for `load`.
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
            /// A register of the instruction set of that width.
            #[derive(Clone, Copy)]
            pub(crate) struct $name($inner);

            impl Vector for $name {
                const WIDTH: usize = size_of::<$inner>() / size_of::<Scalar>();

                #[inline(always)]
                unsafe fn splat(value: Scalar) -> Self {
                    // SAFETY: the caller promises the instructions.
                    Self(unsafe { arch::$splat(value) })
                }

                #[inline(always)]
                unsafe fn load(from: *const Scalar) -> Self {
                    // SAFETY: the caller promises the instructions and the numbers; this load needs no alignment.
                    Self(unsafe { arch::$load(from) })
                }

                #[inline(always)]
                unsafe fn store(self, to: *mut Scalar) {
                    // SAFETY: as for `load`.
                    unsafe { arch::$store(to, self.0) }
                }

                #[inline(always)]
                unsafe fn add_product(self, a: Self, b: Self) -> Self {
                    // SAFETY: the caller promises the instructions.
                    Self(unsafe { arch::$fma(a.0, b.0, self.0) })
                }

                #[inline(always)]
                unsafe fn add(self, other: Self) -> Self {
                    // SAFETY: the caller promises the instructions.
                    Self(unsafe { arch::$add(self.0, other.0) })
                }
            }
        };
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
