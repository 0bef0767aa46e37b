//! Inlines the closures and blocks of a spec as plain statements of the loop.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::visit::Visit;
use syn::visit_mut::VisitMut;
use syn::{Block, Expr, ExprBreak, ExprClosure, Lifetime, Pat, ReturnType, Token};

use crate::bag::Bag;
use crate::diagnostic::{Diagnostic, Place};

/// The body of a closure, with the parameters bound to the arguments.
///
/// A `return` becomes an exit from the block, and a `?` returns from the function.
pub(crate) fn closure(closure: &ExprClosure, arguments: &[TokenStream], at: Span) -> TokenStream {
    let bindings: Vec<TokenStream> = closure
        .inputs
        .iter()
        .zip(arguments)
        .filter(|(pattern, _)| !is_ignored(pattern, &closure.body))
        .map(|(pattern, argument)| quote_spanned!(at=> let #pattern = #argument;))
        .collect();
    let mut body = (*closure.body).clone();
    let label = Lifetime::new("'done", at);
    let mut returns = Returns { label: &label, found: false };
    returns.visit_expr_mut(&mut body);

    let statements = match &body {
        Expr::Block(block) if block.label.is_none() && block.attrs.is_empty() => {
            let statements = &block.block.stmts;
            quote!(#(#statements)*)
        }
        expression => quote!(#expression),
    };
    let code = if returns.found {
        quote_spanned!(at=> #label: { #(#bindings)* #statements })
    } else {
        quote_spanned!(at=> { #(#bindings)* #statements })
    };
    match &closure.output {
        ReturnType::Default => code,
        ReturnType::Type(_, output) => quote_spanned!(at=> { let value: #output = #code; value }),
    }
}

/// Whether a parameter needs no binding: `_`, or a `_model` that the body does not mention.
fn is_ignored(pattern: &Pat, body: &Expr) -> bool {
    fn names(tokens: TokenStream, name: &Ident) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Group(group) => names(group.stream(), name),
            TokenTree::Ident(ident) => ident == *name,
            TokenTree::Literal(literal) => literal.to_string().contains(&name.to_string()),
            TokenTree::Punct(_) => false,
        })
    }
    match pattern {
        Pat::Wild(_) => true,
        Pat::Ident(ident) if ident.ident.to_string().starts_with('_') && ident.subpat.is_none() => {
            !names(body.to_token_stream(), &ident.ident)
        }
        Pat::Type(typed) => is_ignored(&typed.pat, body),
        _ => false,
    }
}

/// A visitor that turns `return value` into `break 'done value`, except in nested functions and closures.
struct Returns<'a> {
    label: &'a Lifetime,
    found: bool,
}

impl VisitMut for Returns<'_> {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        match expression {
            Expr::Closure(_) | Expr::Async(_) => return,
            Expr::Return(found) => {
                self.found = true;
                *expression = Expr::Break(ExprBreak {
                    attrs: found.attrs.clone(),
                    break_token: Token![break](found.return_token.span),
                    label: Some(self.label.clone()),
                    expr: found.expr.clone(),
                });
            }
            _ => {}
        }
        syn::visit_mut::visit_expr_mut(self, expression);
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

/// Rejects each `break` and each `continue` that would act on the generated loop.
pub(crate) fn check_jumps(bag: &Bag, body: &Expr, what: &str) {
    let mut jumps = Jumps { bag, what, loops: 0, labels: Vec::new() };
    jumps.visit_expr(body);
}

/// Rejects jumps out of a block in an order list.
pub(crate) fn check_block_jumps(bag: &Bag, block: &Block) {
    let mut jumps = Jumps { bag, what: "a block", loops: 0, labels: Vec::new() };
    jumps.visit_block(block);
}

struct Jumps<'a> {
    bag: &'a Bag,
    what: &'a str,
    /// The number of the user's loops around the visited expression.
    loops: usize,
    labels: Vec<String>,
}

impl Jumps<'_> {
    /// Runs `visit` for the contents of a loop that the user wrote.
    fn inside(&mut self, label: Option<&syn::Label>, visit: impl FnOnce(&mut Self)) {
        self.loops += 1;
        self.labels.extend(label.map(|label| label.name.to_string()));
        visit(self);
        self.labels.truncate(self.labels.len() - usize::from(label.is_some()));
        self.loops -= 1;
    }

    /// Rejects a `break` or `continue` that would act on the generated loop.
    fn jump(&self, jump: &impl ToTokens, word: &str, label: Option<&Lifetime>) {
        let own = match label {
            Some(label) => self.labels.contains(&label.to_string()),
            None => self.loops > 0,
        };
        if !own {
            let what = self.what;
            let help = match word {
                "break" if what == "a closure" => {
                    "return `ControlFlow::Break(())` from a hook to end the run after this batch"
                }
                "break" => "end the run from a hook: `on(batch_end = |model, state| ControlFlow::Break(()))`",
                _ => "leave the batch out of the loader, or write the loop by hand",
            };
            self.bag.push(
                Diagnostic::error(
                    Place::of(jump),
                    format!("`{word}` in {what} would leave the batch unfinished"),
                )
                .help(help),
            );
        }
    }
}

impl<'ast> Visit<'ast> for Jumps<'_> {
    fn visit_expr(&mut self, expression: &'ast Expr) {
        match expression {
            Expr::Closure(_) | Expr::Async(_) => {}
            Expr::Loop(found) => {
                self.inside(found.label.as_ref(), |me| syn::visit::visit_expr_loop(me, found));
            }
            Expr::While(found) => {
                self.inside(found.label.as_ref(), |me| syn::visit::visit_expr_while(me, found));
            }
            Expr::ForLoop(found) => {
                self.inside(found.label.as_ref(), |me| syn::visit::visit_expr_for_loop(me, found));
            }
            Expr::Block(found) if found.label.is_some() => {
                let label = found.label.as_ref().map(|label| label.name.to_string());
                self.labels.extend(label);
                syn::visit::visit_expr_block(self, found);
                self.labels.pop();
            }
            Expr::Break(found) => {
                self.jump(found, "break", found.label.as_ref());
                syn::visit::visit_expr_break(self, found);
            }
            Expr::Continue(found) => self.jump(found, "continue", found.label.as_ref()),
            other => syn::visit::visit_expr(self, other),
        }
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    /// The text of the inlined closure, with the arguments `&output` and `&batch`.
    fn written(closure: &ExprClosure) -> String {
        super::closure(closure, &[quote!(&output), quote!(&batch)], Span::call_site()).to_string()
    }

    #[test]
    fn parameters_become_bindings() {
        let code = written(&parse_quote!(|output: &Tensor, Batch { target, .. }| mse(output, target)));
        let expected = quote!({
            let output: &Tensor = &output;
            let Batch { target, .. } = &batch;
            mse(output, target)
        });
        assert_eq!(code, expected.to_string());
    }

    #[test]
    fn nothing_is_bound_for_an_underscore() {
        assert_eq!(written(&parse_quote!(|_, _| 1)), quote!({ 1 }).to_string());
        assert_eq!(written(&parse_quote!(|_model, _| 1)), quote!({ 1 }).to_string());
        let used = quote!({
            let _model = &output;
            println!("{_model}")
        });
        assert_eq!(written(&parse_quote!(|_model, _| println!("{_model}"))), used.to_string());
    }

    #[test]
    fn return_leaves_the_block_and_not_the_function() {
        let code = written(&parse_quote!(|_, _| {
            let inner = |x| {
                return x;
            };
            if a {
                return b;
            }
            c
        }));
        let expected = quote!('done: {
            let inner = |x| {
                return x;
            };
            if a {
                break 'done b;
            }
            c
        });
        assert_eq!(code, expected.to_string());
    }

    #[test]
    fn jumps_out_of_the_written_loop_are_refused() {
        for (body, mistakes) in [
            ("{ if a { break; } }", 1),
            ("{ for x in y { if a { break; } continue; } }", 0),
            ("{ 'a: { break 'a; } }", 0),
            ("{ for x in y { break 'epochs; } continue; }", 2),
            ("{ let f = || { loop { break; } }; }", 0),
        ] {
            let bag = Bag::new();
            check_jumps(&bag, &syn::parse_str(body).unwrap(), "a closure");
            assert_eq!(bag.check().len(), mistakes, "{body}");
        }
    }
}
