//! Names of the standard library: wrappers, collections, `Option` and `Result`, iterators, macros
//! and conversions. They have the same meaning in all code.

mod conversions;
mod functions;
mod iterators;
mod keywords;
mod macros;
mod outcomes;
mod types;

pub use conversions::{
    handles_errors, is_forced, is_pure, is_question, is_reading, is_transparent, is_view, passes_errors,
    view_of_wrapper,
};
pub use functions::{is_drop, is_mem_take, is_remainder, runs_closure_once};
pub use iterators::{
    Drive, ErrorFilter, LENGTH, Lazy, Numbering, borrows_iterator, drive, error_filter, is_length, is_next,
    is_ok, lazy, numbering, takes,
};
pub use keywords::{
    PathRoot, is_break, is_field_of_self, is_meant_unused, is_self, is_self_name, is_self_type, is_test,
    names_module, own_field,
};
pub use macros::{MacroEffect, macro_effect};
pub use outcomes::{Question, Variant, question};
pub use types::{TypeShape, is_number, is_option, is_pointer, is_result, type_shape};

use super::CallEffect;

/// Methods of wrappers (`Option`, `Mutex`, `Box`, ...) that return the wrapped value.
pub(super) const WRAPPERS: &[(&str, usize, CallEffect)] = &[
    ("as_mut", 0, CallEffect::Passes),
    ("as_ref", 0, CallEffect::Passes),
    ("as_deref", 0, CallEffect::Passes),
    ("as_deref_mut", 0, CallEffect::Passes),
    ("borrow", 0, CallEffect::Passes),
    ("borrow_mut", 0, CallEffect::Passes),
    ("lock", 0, CallEffect::Passes),
    ("write", 0, CallEffect::Passes),
    ("get_mut", 0, CallEffect::Passes),
    ("unwrap", 0, CallEffect::Passes),
    ("expect", 1, CallEffect::Passes),
    ("by_ref", 0, CallEffect::Passes),
    ("take", 0, CallEffect::Takes),
];
