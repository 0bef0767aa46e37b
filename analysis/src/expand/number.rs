//! The numbers and times of a spec. The loop declares and checks each number at its start, and then
//! uses the number by name.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Lit;

use super::{Printer, mixed};
use crate::plan::{Number, NumberValue};
use crate::spec::TimeUnit;

impl Printer<'_> {
    /// Declares a number and checks its rule.
    pub(super) fn number(&self, number: &Number) -> TokenStream {
        let (path, at) = (&self.path, mixed(number.at));
        let rule = number.rule;
        let (name, text, help) = (rule.name, rule.text, rule.help);
        let binding = match (&number.value, number.unit) {
            (NumberValue::Literal(_), _) => return TokenStream::new(),
            (NumberValue::Parameter(_), _) => TokenStream::new(),
            (NumberValue::Bound(local, value), None) => {
                let number = rule.number_type(path, at);
                quote_spanned!(at=> let #local: #number = #value;)
            }
            (NumberValue::Bound(local, value), Some(unit)) => {
                let seconds = Literal::u32_unsuffixed(unit.seconds());
                return quote_spanned! {at=>
                    let #local = #path::private::duration(#value, #seconds, #name, #text, #help)?;
                };
            }
        };
        let value = value(number);
        let shown = rule.shown(&value, at);
        let check = rule.condition(&value, at).map(|condition| {
            quote_spanned!(at=> #path::private::require(#condition, #name, #shown, #text, #help)?;)
        });
        quote!(#binding #check)
    }

    /// An optional number as `Some(20)` or `None`.
    pub(super) fn optional(&self, number: Option<&Number>) -> TokenStream {
        number.map_or_else(
            || quote_spanned!(self.here=> None),
            |number| {
                let value = value(number);
                quote_spanned!(mixed(number.at)=> Some(#value))
            },
        )
    }
}

/// The expression of a number in the loop: a literal, or the name of a variable.
pub(super) fn value(number: &Number) -> TokenStream {
    match &number.value {
        NumberValue::Literal(literal) => match number.unit {
            None => literal.clone(),
            Some(unit) => duration(literal, unit, mixed(number.at)),
        },
        NumberValue::Parameter(name) | NumberValue::Bound(name, _) => {
            let mut name = name.clone();
            name.set_span(name.span().located_at(number.at));
            quote!(#name)
        }
    }
}

/// A literal number of seconds, minutes or hours as a `Duration`.
fn duration(literal: &TokenStream, unit: TimeUnit, at: Span) -> TokenStream {
    let is_float = matches!(syn::parse2::<Lit>(literal.clone()), Ok(Lit::Float(_)));
    let seconds = match (unit, is_float) {
        (TimeUnit::Seconds, _) => literal.clone(),
        (TimeUnit::Minutes | TimeUnit::Hours, false) => {
            let factor = Literal::u32_unsuffixed(unit.seconds());
            quote_spanned!(at=> #literal * #factor)
        }
        (TimeUnit::Minutes | TimeUnit::Hours, true) => {
            let factor = Literal::f64_unsuffixed(unit.seconds().into());
            quote_spanned!(at=> #literal * #factor)
        }
    };
    let make = if is_float { quote_spanned!(at=> from_secs_f64) } else { quote_spanned!(at=> from_secs) };
    quote_spanned!(at=> ::core::time::Duration::#make(#seconds))
}
