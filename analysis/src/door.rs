//! The door of `#[training_loop]`: args and item in, item and diagnostics out.
//!
//! Whatever happens inside, the user's item comes out again, so that completion and types keep working.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::quote;
use syn::ItemFn;

use crate::attribute::Above;
use crate::bag::Bag;
use crate::diagnostic::Diagnostic;
use crate::item::{Item, SpecFn};
use crate::nest::{STACK, too_deep};
use crate::options::{CheckOptions, Origin};

use crate::tokens::names_in;
use crate::{attribute, check_fn, expand, module, report};

mod group;
mod spec;

pub(crate) use spec::check_spec;

/// Runs a phase; a panic of ours becomes a report with `item` re-emitted.
pub(crate) fn guarded(item: &TokenStream, work: impl FnOnce() -> TokenStream) -> TokenStream {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        let item = match Item::parse(item) {
            Item::Spec(spec) => expand::stand_in(&spec),
            _ => item.clone(),
        };
        let error = report::errors(&[bug(said)], report::hygiene(&item));
        quote!(#item #error)
    })
}

/// What to say about a mistake of ours.
fn bug(said: &str) -> Diagnostic {
    Diagnostic::error(Span::call_site(), format!("the analysis of this training loop failed: {said}"))
        .note("this is a bug of `training-loop`, not of your code")
        .help("please report it with this function: https://github.com/training-loop/training-loop/issues")
}

/// Expands the attribute.
pub(crate) fn expand_attribute(args: TokenStream, tokens: &TokenStream) -> TokenStream {
    if let Some(place) = too_deep(tokens, STACK) {
        return unread(tokens, place);
    }
    if let Some(place) = too_deep(&args, STACK) {
        let item = match Item::parse(tokens) {
            Item::Spec(spec) => expand::stand_in(&spec),
            _ => tokens.clone(),
        };
        let error = report::errors(&[deep(place)], report::hygiene(tokens));
        return quote!(#item #error);
    }
    match Item::parse(tokens) {
        Item::Spec(item) => spec::write(&args, &item),
        Item::Loop(item) => read(args, &item, tokens),
        Item::Group(item) => group::read(args, *item, tokens),
        Item::Unfinished => tokens.clone(),
        Item::Other(error) => {
            let error = report::errors(&[error], report::hygiene(tokens));
            quote!(#tokens #error)
        }
    }
}

/// Implements `Module` for a struct.
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    match too_deep(&item, STACK) {
        Some(place) => report::errors(&[deep(place)], report::hygiene(&item)),
        None => module::expand(item),
    }
}

/// An item that is nested too deep to be parsed: a hand-written one comes out as it is and is not checked, and one
/// that waits for its body cannot get it.
fn unread(tokens: &TokenStream, place: Span) -> TokenStream {
    match tokens.clone().into_iter().last() {
        Some(TokenTree::Punct(_)) => {
            let error = report::errors(&[deep(place)], report::hygiene(tokens));
            quote!(#tokens #error)
        }
        _ => tokens.clone(),
    }
}

/// What to say of tokens that nest too deep.
fn deep(place: Span) -> Diagnostic {
    Diagnostic::error(place, "this is nested too deep to be read here")
        .help("give the inner parts names of their own: types, functions or `let` statements outside")
}

/// Reads a hand-written loop.
fn read(args: TokenStream, item: &ItemFn, tokens: &TokenStream) -> TokenStream {
    let bag = Bag::new();
    let mut names = names_in(&item.sig);
    names.extend(names_in(&item.block));
    let options = attribute::read(&bag, args, Above::Body, Some(&names), options(Origin::Hand));
    let mut findings = bag.check();
    if !findings.is_empty() && item.block.stmts.is_empty() {
        // An empty body under a spec waits for its loop: that it returns nothing is no second mistake.
        let ItemFn { attrs: attributes, vis: visibility, sig: signature, .. } = item.clone();
        let item = expand::stand_in(&SpecFn { attributes, visibility, signature });
        return shown(&item, &findings, report::hygiene(tokens));
    }
    findings.extend(check_fn(item, &options));
    shown(tokens, &findings, report::hygiene(tokens))
}

/// How a function below the attribute is checked.
fn options(origin: Origin) -> CheckOptions {
    CheckOptions { origin, annotated: true, ..CheckOptions::default() }
}

/// The function, its warnings as statements at the start of its body, its errors behind it.
fn shown(function: &TokenStream, findings: &[Diagnostic], user: Span) -> TokenStream {
    let (errors, warnings) = (report::errors(findings, user), report::warnings(findings, user));
    if warnings.is_empty() {
        return quote!(#function #errors);
    }
    let mut tokens: Vec<TokenTree> = function.clone().into_iter().collect();
    if let Some(TokenTree::Group(body)) = tokens.pop() {
        let statements: Vec<TokenTree> = body.stream().into_iter().collect();
        // Inner attributes, three tokens each, stay in front.
        let inner = |at: usize| {
            let sign = |at: usize, sign| matches!(statements.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == sign);
            sign(at, '#') && sign(at + 1, '!')
        };
        let attributes = (0..).step_by(3).find(|at| !inner(*at)).unwrap_or(0);
        let (before, after) = statements.split_at(attributes);
        let stream = before.iter().cloned().chain(warnings).chain(after.iter().cloned()).collect();
        let mut group = Group::new(body.delimiter(), stream);
        group.set_span(body.span());
        tokens.push(group.into());
    }
    let function: TokenStream = tokens.into_iter().collect();
    quote!(#function #errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the attribute makes of an item.
    fn expanded(args: &str, item: &str) -> (String, String) {
        let item: TokenStream = item.parse().unwrap_or_else(|error| panic!("{item}: {error}"));
        let args = args.parse().unwrap_or_else(|error| panic!("{args}: {error}"));
        (item.to_string(), guarded(&item, || expand_attribute(args, &item)).to_string())
    }

    #[test]
    fn a_right_loop_comes_out_token_for_token() {
        let (item, code) = expanded(
            "allow(missing_step), optimizer = opt",
            "/// Doc.
            pub(crate) async unsafe fn fit<'a, T: Clone>(self: &'a mut Self, (a, b): (T, &'a T)) -> Result<()>
            where T: Copy {
                #![allow(unused)]
                for batch in a { opt.zero_grad(); loss(batch).backward(); opt.step(); }
                Ok(())
            }",
        );
        assert_eq!(item, code);
    }

    #[test]
    fn a_warning_stands_behind_the_inner_attributes() {
        let (_, code) = expanded(
            "",
            "fn fit(model: &M, train: &D, now: bool) {
                #![allow(unused)]
                let mut optimizer = Sgd::new(model.parameters(), 0.1);
                for batch in train {
                    let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                    if now { optimizer.zero_grad(); }
                    loss.backward();
                    optimizer.step();
                }
            }",
        );
        let attribute = code.find("allow (unused)").expect("the attribute");
        assert!(attribute < code.find("# [deprecated").expect("a warning"), "{code}");
        assert!(!code.contains("compile_error"), "{code}");
        assert!(syn::parse_str::<ItemFn>(&code).is_ok(), "{code}");
    }

    #[test]
    fn levels_turn_a_finding_off_and_on() {
        let item = "fn fit(model: &M, train: &D) -> Result<History>;";
        let spec = |level: &str| {
            format!(
                "loss = f, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 1, {level}
                 train_order = [forward, loss, backward, step]"
            )
        };
        assert!(expanded(&spec(""), item).1.contains("compile_error"));
        assert!(!expanded(&spec("allow(missing_zero_grad),"), item).1.contains("compile_error"));
        let warned = expanded(&spec("warn(missing_zero_grad),"), item).1;
        assert!(warned.contains("deprecated") && !warned.contains("compile_error"));
    }

    #[test]
    fn a_panic_of_ours_is_reported_and_the_item_comes_out() {
        let item: TokenStream = "fn fit(model: &M) -> Result<History>;".parse().expect("tokens");
        let code = guarded(&item, || panic!("no {}", "way")).to_string();
        assert!(code.contains("this is a bug of `training-loop`") && code.contains("no way"), "{code}");
        assert!(code.contains("fn fit (model : & M) -> Result < History > {"), "{code}");
    }
}
