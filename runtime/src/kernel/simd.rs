//! The instruction set that the kernels use.

use std::sync::OnceLock;

/// An instruction set that kernels are compiled for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Level {
    Plain,
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code))]
    Avx2,
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code))]
    Avx512,
}

/// The best level of this processor, or the plain level under `TRAINING_LOOP_SIMD=off`.
pub(crate) fn level() -> Level {
    static LEVEL: OnceLock<Level> = OnceLock::new();
    #[cfg(test)]
    if let Some(level) = forced::LEVEL.get() {
        return level;
    }
    *LEVEL.get_or_init(|| match std::env::var("TRAINING_LOOP_SIMD") {
        Ok(value) if value == "off" => Level::Plain,
        _ => best(),
    })
}

#[cfg(target_arch = "x86_64")]
pub(crate) fn best() -> Level {
    if is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512dq")
    {
        Level::Avx512
    } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        Level::Avx2
    } else {
        Level::Plain
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn best() -> Level {
    Level::Plain
}

/// Declares a function that is compiled for every level and runs the version for [`level`].
///
/// The versions differ only in the instructions that the compiler may use. Each slice is a
/// parameter of its own. If the slices were fields of a struct, the compiler would not know that
/// they do not overlap. Call the macro with parentheses, because rustfmt does not format macro
/// arguments in braces.
macro_rules! multiversioned {
    (
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident
        $(<$f:ident: Copy + Fn($($input:ty),*) $(-> $output:ty)? $(, const $n:ident: usize)?>)?
        ($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block
    ) => {
        $(#[$attribute])*
        $visibility fn $name$(<$f: Copy + Fn($($input),*) $(-> $output)? $(, const $n: usize)?>)?($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            fn plain$(<$f: Copy + Fn($($input),*) $(-> $output)? $(, const $n: usize)?>)?($($arg: $ty),*) $(-> $ret)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                fn avx2$(<$f: Copy + Fn($($input),*) $(-> $output)? $(, const $n: usize)?>)?($($arg: $ty),*) $(-> $ret)? {
                    plain($($arg),*)
                }
                #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
                fn avx512$(<$f: Copy + Fn($($input),*) $(-> $output)? $(, const $n: usize)?>)?($($arg: $ty),*) $(-> $ret)? {
                    plain($($arg),*)
                }
                match $crate::kernel::simd::level() {
                    // SAFETY: `level` returns this only where the processor has the enabled features.
                    $crate::kernel::simd::Level::Avx512 => unsafe { avx512($($arg),*) },
                    // SAFETY: `level` returns this only where the processor has AVX2 and FMA.
                    $crate::kernel::simd::Level::Avx2 => unsafe { avx2($($arg),*) },
                    $crate::kernel::simd::Level::Plain => plain($($arg),*),
                }
            }
            #[cfg(not(target_arch = "x86_64"))]
            plain($($arg),*)
        }
    };
}
pub(crate) use multiversioned;

/// Lets tests run the same code on every level.
#[cfg(test)]
pub(crate) mod forced {
    use std::cell::Cell;

    use super::{Level, best};

    thread_local! {
        pub(super) static LEVEL: Cell<Option<Level>> = const { Cell::new(None) };
    }

    /// Whether a test has forced a level on this thread. Other threads are not affected.
    pub(crate) fn is_on() -> bool {
        LEVEL.get().is_some()
    }

    /// The results of `work` on each level of this processor, the plain one first.
    pub(crate) fn on_each_level<R>(work: impl Fn() -> R) -> Vec<R> {
        let levels = [Level::Plain, Level::Avx2, Level::Avx512].into_iter().filter(|&level| level <= best());
        levels
            .map(|level| {
                LEVEL.set(Some(level));
                let result = work();
                LEVEL.set(None);
                result
            })
            .collect()
    }
}
