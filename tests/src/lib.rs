//! Compiles the code of the README and of the guides: what it shows as right must build, what it shows as wrong must not.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The page about serving.
#[cfg(doctest)]
#[doc = include_str!("../../docs/serving.md")]
pub struct Serving;

/// The recipes.
#[cfg(doctest)]
#[doc = include_str!("../../docs/recipes.md")]
pub struct Recipes;
