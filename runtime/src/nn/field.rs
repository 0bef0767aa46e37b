//! The types that a module can have as fields.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::marker::PhantomData;

use super::{Activation, Buffer, KeyValueCache, Mode, Module, Visitor};
use crate::metric::Average;
use crate::{
    Attention, Conv, Conv3, ConvTranspose, Interpolation, Labels, Padding, Pair, Parameter, Pool, Resize,
    Rotary, Tensor, Triple,
};

/// A field of a module: a module, a parameter, a buffer, a mode, a collection of these, or a plain value
/// without parameters.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a module nor a plain value",
    label = "this field",
    note = "derive `Module` for it if it is a struct with something to train; above a field with nothing to train, as an \
            enum of settings, write `#[module(skip)]`",
    note = "a tensor that is trained is a `Parameter`, one that is only saved and loaded a `Buffer`; both are made by \
            `new(tensor)`, and `self.field.tensor()` computes with them"
)]
pub trait Field {
    /// Passes the contents of the field to the visitor. `name` is the name of the field.
    fn visit_field(&self, name: &str, visitor: &mut dyn Visitor);
}

#[diagnostic::do_not_recommend]
impl<M: Module> Field for M {
    fn visit_field(&self, name: &str, visitor: &mut dyn Visitor) {
        visitor.enter(name);
        visitor.module(self.identity());
        self.visit(visitor);
        visitor.leave();
    }
}

impl Field for Parameter {
    fn visit_field(&self, name: &str, visitor: &mut dyn Visitor) {
        visitor.parameter(name, self);
    }
}

impl Field for Buffer {
    fn visit_field(&self, name: &str, visitor: &mut dyn Visitor) {
        visitor.buffer(name, self);
    }
}

impl Field for Mode {
    fn visit_field(&self, _: &str, visitor: &mut dyn Visitor) {
        visitor.mode(self);
    }
}

impl<T: Field> Field for Option<T> {
    fn visit_field(&self, name: &str, visitor: &mut dyn Visitor) {
        if let Some(field) = self {
            field.visit_field(name, visitor);
        }
    }
}

impl<T: Field> Field for Vec<T> {
    fn visit_field(&self, name: &str, visitor: &mut dyn Visitor) {
        visit_all(name, visitor, self.iter().enumerate());
    }
}

impl<T: Field, const N: usize> Field for [T; N] {
    fn visit_field(&self, name: &str, visitor: &mut dyn Visitor) {
        visit_all(name, visitor, self.iter().enumerate());
    }
}

impl<K: Display, T: Field> Field for BTreeMap<K, T> {
    fn visit_field(&self, name: &str, visitor: &mut dyn Visitor) {
        visit_all(name, visitor, self.iter());
    }
}

/// Visits the fields of a collection. The name of a field consists of the collection's name and the
/// field's index or key, as in `layers.0`.
fn visit_all<'a, F: Field + 'a>(
    name: &str,
    visitor: &mut dyn Visitor,
    fields: impl Iterator<Item = (impl Display, &'a F)>,
) {
    visitor.enter(name);
    for (key, field) in fields {
        field.visit_field(&key.to_string(), visitor);
    }
    visitor.leave();
}

macro_rules! tuples {
    ($(($($field:ident $index:tt),+))*) => {$(
        impl<$($field: Field),+> Field for ($($field,)+) {
            fn visit_field(&self, name: &str, visitor: &mut dyn Visitor) {
                visitor.enter(name);
                $(self.$index.visit_field(stringify!($index), visitor);)+
                visitor.leave();
            }
        }
    )*};
}

tuples! { (A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4) }

/// Implements `Field` for types without parameters, such as numbers and strings.
macro_rules! plain {
    ($($plain:ty),* $(,)?) => {$(
        impl Field for $plain {
            fn visit_field(&self, _: &str, _: &mut dyn Visitor) {}
        }
    )*};
}

plain! {
    (), bool, char, f32, f64, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize,
    String, &'static str, std::time::Duration, std::path::PathBuf,
    &'static [&'static str], Labels, Activation, Average, Attention, Conv, Conv3, ConvTranspose, Interpolation, KeyValueCache, Padding, Pair,
    Pool, Resize, Rotary, Triple, fn(&Tensor) -> Tensor,
}

impl<T: ?Sized> Field for PhantomData<T> {
    fn visit_field(&self, _: &str, _: &mut dyn Visitor) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Settings and names are allowed as fields of a model.
    #[test]
    fn plain_values_have_nothing_to_train() {
        fn assert_plain(field: &impl Field) {
            struct Nothing;
            impl Visitor for Nothing {
                fn enter(&mut self, name: &str) {
                    panic!("{name} is entered");
                }
            }
            field.visit_field("field", &mut Nothing);
        }
        const NAMES: &[&str] = &["bitter", "sour"];
        assert_plain(&NAMES);
        assert_plain(&Activation::Relu);
        assert_plain(&Average::Micro);
        assert_plain(&Pool::new(2));
        assert_plain(&Pair::from([2, 3]));
    }
}
