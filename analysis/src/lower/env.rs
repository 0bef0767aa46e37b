//! What names mean while a function is lowered: scopes, places, and the values in them.

pub(super) mod bind;
mod names;
pub(super) mod origin;
mod parts;
mod tensor;
pub(super) mod value;
