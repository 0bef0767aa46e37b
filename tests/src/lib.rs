//! Compiles the code of the README and of the guides: code that they show as right must compile, code that they show as
//! wrong must not.

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

/// PyTorch's tutorials and their counterparts.
#[cfg(doctest)]
#[doc = include_str!("../../docs/from-pytorch.md")]
pub struct FromPytorch;
