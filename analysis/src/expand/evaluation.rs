//! The body of a function that evaluates a model without training.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::object::Role;
use super::{Printer, mixed};

impl Printer<'_> {
    /// The statements of the body. The tail expression has the span of the return type.
    pub(super) fn evaluation(&self, output: Span) -> TokenStream {
        let (plan, path, run) = (self.plan, &self.path, self.local("run"));
        let Some(validation) = &plan.validation else { return TokenStream::new() };
        let unused = plan.unused.iter().map(|name| quote_spanned!(self.here=> let _ = &#name;));
        let made = [&plan.model, &validation.data].map(|object| Self::made(object, false));
        let numbers = plan.numbers().map(|number| self.number(number));
        let loader = self.loader(&validation.data, Role::Valid);
        let check = quote_spanned!(mixed(validation.data.at)=> #loader.check("valid")?;);
        let (seed, pass) = (self.seed(), self.pass(validation, &quote!(0)));
        let result = quote_spanned!(mixed(output)=> Ok(#run.into_row()));
        quote_spanned! {self.here=>
            #(#unused)*
            #(#made)*
            #(#numbers)*
            let mut #run = #path::private::Run::new(None, None);
            #check
            #seed
            #pass
            #result
        }
    }
}
