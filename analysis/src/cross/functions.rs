//! Errors in the functions and closures of a spec. For these errors, rustc's own message would not
//! help.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Expr, ExprClosure, Member, Pat, Stmt, Type};

use crate::bag::Bag;
use crate::diagnostic::{Diagnostic, Place};
use crate::item::SpecFn;
use crate::prose::code;
use crate::spec::{Spec, Value, chain_start, constructed, plain};

/// Parameter names that suggest the input of a model rather than a batch.
const INPUTS: [&str; 8] = ["x", "xs", "input", "inputs", "image", "images", "features", "data"];

/// Losses of the runtime that have settings.
const LOSSES: [&str; 3] = ["CrossEntropy", "Huber", "SmoothL1"];

pub(super) fn check(bag: &Bag, spec: &Spec, item: &SpecFn) {
    check_method(
        bag,
        spec,
        &spec.forward,
        "`forward = |model, batch| model.forward(&batch.input)`, or leave it out",
    );
    check_method(bag, spec, &spec.loss, "`loss = |output, batch| cross_entropy(output, &batch.target)`");
    check_method(
        bag,
        spec,
        &spec.training_step,
        "`training_step = |model, batch| mse_loss(&model.forward(&batch.input), &batch.target)`",
    );
    check_forward(bag, spec, item);
    for hook in spec.on.iter().flat_map(|clause| &clause.value) {
        if let Expr::Closure(closure) = plain(&hook.value) {
            check_state(bag, closure);
            check_end(bag, closure);
        }
    }
}

/// Whether a value is a loss of the runtime with settings: `CrossEntropy::new().label_smoothing(0.1)`.
pub(super) fn is_loss(value: &Expr) -> bool {
    constructed(chain_start(value)).is_some_and(|name| LOSSES.iter().any(|loss| name == loss))
}

/// Rejects a method of the model that is not called: `forward = model.forward`.
fn check_method(bag: &Bag, spec: &Spec, clause: &Value, example: &str) {
    let (Some(clause), Some(model)) = (clause, &spec.model) else { return };
    if let Expr::Field(field) = plain(&clause.value)
        && code(&field.base) == code(&model.value)
        && matches!(field.member, Member::Named(_))
    {
        let message =
            format!("`{}` is a method of the model, and `{}` takes a function", code(field), clause.key);
        bag.push(Diagnostic::error(Place::of(field), message).help(format!("write {example}")));
    }
}

/// Rejects a `forward` clause that passes the whole batch, not its input, to the model's method.
fn check_forward(bag: &Bag, spec: &Spec, item: &SpecFn) {
    let Some(clause) = &spec.forward else { return };
    match plain(&clause.value) {
        Expr::Path(path) => {
            let segments = &path.path.segments;
            let named = segments.len() == 2 && segments[1].ident == "forward";
            if path.qself.is_none()
                && named
                && type_of_model(spec, item).is_some_and(|name| segments[0].ident == name)
            {
                let message = "`forward` takes a function of the model and the batch";
                bag.push(
                    Diagnostic::error(Place::of(path), message)
                        .note("without the clause the loop calls `model.forward(&batch.input)`")
                        .help("remove it, or write `forward = |model, batch| model.forward(batch)` if it takes the batch"),
                );
            }
        }
        Expr::Closure(closure) => {
            let Some(Pat::Ident(batch)) = closure.inputs.last() else { return };
            let mut calls = Calls { name: &batch.ident, found: None };
            calls.visit_expr(&closure.body);
            if let Some(argument) = calls.found.filter(|_| INPUTS.iter().any(|name| batch.ident == name)) {
                bag.push(
                    Diagnostic::error(
                        argument.span(),
                        format!("`{}` is the batch, not its input", batch.ident),
                    )
                    .note("the closure of `forward` takes the batch, or the model and the batch")
                    .help("write `forward = |batch| model.forward(&batch.input)`, or leave it out"),
                );
            }
        }
        _ => {}
    }
}

/// The name of the model's type, if the model is a parameter.
fn type_of_model(spec: &Spec, item: &SpecFn) -> Option<Ident> {
    let Expr::Path(model) = plain(&spec.model.as_ref()?.value) else { return None };
    let mut ty = item.type_of(&model.path.get_ident()?.to_string())?;
    while let Type::Reference(reference) = ty {
        ty = &reference.elem;
    }
    let Type::Path(path) = ty else { return None };
    Some(path.path.segments.last()?.ident.clone())
}

/// A visitor that finds calls `model.forward(x)` in which `x` is the batch.
struct Calls<'a> {
    name: &'a Ident,
    found: Option<Ident>,
}

impl<'ast> Visit<'ast> for Calls<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if call.method == "forward"
            && let [Expr::Path(argument)] = &*call.args.iter().map(plain).cloned().collect::<Vec<_>>()
            && let Some(argument) = argument.path.get_ident()
            && argument == self.name
        {
            self.found = Some(argument.clone());
        }
        visit::visit_expr_method_call(self, call);
    }
}

/// Rejects a metric that is read as a field of the state: `state.valid_accuracy`.
fn check_state(bag: &Bag, closure: &ExprClosure) {
    let Some(Pat::Ident(state)) = closure.inputs.last() else { return };
    fields(closure.body.to_token_stream(), &state.ident, &mut |field| {
        let name = field.to_string();
        let help = match name.as_str() {
            "lr" => format!("write `{}.learning_rate`", state.ident),
            "train_loss" => format!("write `{}.row.get(\"loss\")`", state.ident),
            "metrics" => format!("write `{}.row.get(\"valid_accuracy\")`", state.ident),
            _ if name.starts_with("valid_") || name.starts_with("train_") => {
                format!("write `{}.row.get(\"{name}\")`", state.ident)
            }
            _ => match name.strip_prefix("val_") {
                Some(rest) => format!("write `{}.row.get(\"valid_{rest}\")`", state.ident),
                None => return,
            },
        };
        let message = format!("the state has no field `{name}`");
        bag.push(Diagnostic::error(field.span(), message).note("metrics are in the epoch's row").help(help));
    });
}

/// Rejects a hook that returns a value to stop the run, if its body ends in an `if` without `else`.
/// Such a hook has no value when the run continues.
fn check_end(bag: &Bag, closure: &ExprClosure) {
    let Expr::Block(body) = plain(&closure.body) else { return };
    let Some(Stmt::Expr(end @ Expr::If(branch), None)) = body.block.stmts.last() else { return };
    let mut returns = Returns(false);
    returns.visit_block(&body.block);
    if branch.else_branch.is_none() && returns.0 {
        let end = Place::of(end).end;
        bag.push(
            Diagnostic::error(end, "the hook returns no value otherwise")
                .note("it returns a value in one place, but not at its end")
                .help("end it with `ControlFlow::Continue(())`"),
        );
    }
}

/// A visitor that finds a `return` with a value in a block, outside of nested closures.
struct Returns(bool);

impl<'ast> Visit<'ast> for Returns {
    fn visit_expr_return(&mut self, node: &'ast syn::ExprReturn) {
        self.0 |= node.expr.is_some();
    }

    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Calls `found` with each field of a variable in the tokens, including the arguments of macros.
fn fields(tokens: TokenStream, variable: &Ident, found: &mut impl FnMut(&Ident)) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => fields(group.stream(), variable, found),
            TokenTree::Ident(name) if name == variable => {
                let dot = matches!(tokens.get(at + 1), Some(TokenTree::Punct(dot)) if dot.as_char() == '.');
                let called = matches!(tokens.get(at + 3), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis);
                if let (true, false, Some(TokenTree::Ident(field))) = (dot, called, tokens.get(at + 2)) {
                    found(field);
                }
            }
            _ => {}
        }
    }
}
