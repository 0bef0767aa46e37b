//! Which instruction set the kernels use.

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

/// The best level of this processor, or the plain one under `TRAINING_LOOP_SIMD=off`.
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

/// Calls `$body($args)` compiled for the level at hand.
///
/// `$body` is an `#[inline(always)]` function, generic over `const FMA: bool` where it wants to fuse multiply
/// and add. The three copies differ in nothing but the instructions that the compiler may use.
macro_rules! dispatch {
    ($level:expr, [$($generics:tt)*] $body:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $(where $($bounds:tt)*)?) => {{
        #[cfg(target_arch = "x86_64")]
        {
            #[target_feature(enable = "avx2,fma")]
            fn avx2<$($generics)*>($($arg: $ty),*) $(-> $ret)? $(where $($bounds)*)? { $body($($arg),*) }
            #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
            fn avx512<$($generics)*>($($arg: $ty),*) $(-> $ret)? $(where $($bounds)*)? { $body($($arg),*) }
            match $level {
                // SAFETY: `level` gives these only where the processor has the features.
                $crate::kernel::simd::Level::Avx512 => unsafe { avx512($($arg),*) },
                // SAFETY: as above.
                $crate::kernel::simd::Level::Avx2 => unsafe { avx2($($arg),*) },
                $crate::kernel::simd::Level::Plain => $body($($arg),*),
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            let _ = $level;
            $body($($arg),*)
        }
    }};
}
pub(crate) use dispatch;

/// Lets tests run one piece of code on every level.
#[cfg(test)]
pub(crate) mod forced {
    use std::cell::Cell;

    use super::{Level, best};

    thread_local! {
        pub(super) static LEVEL: Cell<Option<Level>> = const { Cell::new(None) };
    }

    /// Whether this thread runs on a level that a test chose; other threads would not.
    pub(crate) fn is_on() -> bool {
        LEVEL.get().is_some()
    }

    /// What `work` gives on each level that this processor has, the plain one first.
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
