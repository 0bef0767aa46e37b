//! Compiles the code of the README: what it shows as right must build, what it shows as wrong must not.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
