//! Rules for return types.
//!
//! The loop returns `Result<History>`, and an evaluation `Result<Row>`. A `training_step` closure returns the loss, or
//! `(output, loss)` in this order.

use std::collections::BTreeMap;

use proc_macro2::Span;
use syn::{
    Expr, GenericArgument, Ident, Local, Member, Pat, PathArguments, ReturnType, Stmt, Type,
    parse_quote_spanned,
};

use crate::bag::Bag;
use crate::diagnostic::{Diagnostic, Place};
use crate::item::SpecFn;
use crate::prose::code;
use crate::spec::{Spec, plain};

/// The reason why a type certainly cannot be the loop's return type; `None` if there is no such
/// reason. An unknown name may be a `Result`.
pub(super) fn unfit(output: &Type) -> Option<&'static str> {
    let fails = "the loop can fail, so it returns a `Result`";
    let history = "the loop returns its history";
    let errors = "the loop returns errors of the runtime, which this type cannot hold";
    match output {
        Type::Paren(inner) => unfit(&inner.elem),
        Type::Group(inner) => unfit(&inner.elem),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let name = last.ident.to_string();
            if name.ends_with("Result") {
                let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
                let GenericArgument::Type(value) = arguments.args.first()? else { return None };
                if is_other(value) {
                    return Some(history);
                }
                let Some(GenericArgument::Type(error)) = arguments.args.get(1) else { return None };
                return (is_other(error) && !is_box(error)).then_some(errors);
            }
            (name == "History" || is_other(output)).then_some(fails)
        }
        Type::Macro(_) | Type::Verbatim(_) | Type::Infer(_) => None,
        _ => Some(fails),
    }
}

/// A copy of a spec's function with a corrected return type, so that the wrong type causes no further errors
/// in the callers.
pub(crate) fn mended(item: &SpecFn, spec: &Spec) -> SpecFn {
    let mut item = item.clone();
    let is_unfit = match &item.signature.output {
        ReturnType::Default => true,
        ReturnType::Type(_, output) => unfit(output).is_some(),
    };
    if is_unfit {
        let here = Span::mixed_site();
        let path = spec
            .path
            .as_ref()
            .map_or_else(|| parse_quote_spanned!(here=> ::training_loop), |clause| clause.value.clone());
        item.signature.output = parse_quote_spanned!(here=> -> #path::Result<#path::History>);
    }
    item
}

/// Whether a type is certainly neither a history nor a `Result`.
fn is_other(ty: &Type) -> bool {
    match ty {
        Type::Paren(inner) => is_other(&inner.elem),
        Type::Group(inner) => is_other(&inner.elem),
        Type::Path(path) => {
            const OTHERS: [&str; 20] = [
                "Option", "Vec", "Box", "String", "bool", "char", "usize", "u8", "u16", "u32", "u64",
                "isize", "i8", "i16", "i32", "i64", "f32", "f64", "Tensor", "Scalar",
            ];
            path.path.segments.last().is_some_and(|last| OTHERS.iter().any(|name| last.ident == name))
        }
        Type::Macro(_) | Type::Verbatim(_) | Type::Infer(_) => false,
        _ => true,
    }
}

/// Whether a type is a `Box`, to which any error converts.
fn is_box(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Box"))
}

/// Rejects `(loss, output)`. Both are tensors, so the code compiles, and the loop would train on the output.
pub(super) fn check(bag: &Bag, spec: &Spec) {
    let Some(step) = &spec.training_step else { return };
    let Expr::Closure(closure) = plain(&step.value) else { return };
    let mut names = Names::default();
    let Some(Expr::Tuple(tuple)) = names.tail(&closure.body) else { return };
    let parts: Vec<&Expr> = tuple.elems.iter().collect();
    let [first, second] = parts[..] else { return };
    if names.is_loss(first) && !names.is_loss(second) && !is_parts(second) {
        let (first, second) = (code(first), code(second));
        bag.push(
            Diagnostic::error(Place::of(tuple), "`training_step` returns the loss before the output")
                .note("the loop uses the second value as the loss and would train on the output")
                .help(format!("write `({second}, {first})`")),
        );
    }
}

/// The variables in the body of a closure. The flag states whether the last `let` of the variable binds a
/// loss, according to the names in its initializer.
#[derive(Default)]
struct Names(BTreeMap<String, bool>);

impl Names {
    /// The tail expression of a body.
    fn tail<'a>(&mut self, body: &'a Expr) -> Option<&'a Expr> {
        let Expr::Block(block) = plain(body) else { return Some(plain(body)) };
        for stmt in &block.block.stmts {
            if let Stmt::Local(Local { pat: Pat::Ident(name), init: Some(init), .. }) = stmt {
                self.0.insert(name.ident.to_string(), self.is_loss(&init.expr));
            }
        }
        match block.block.stmts.last() {
            Some(Stmt::Expr(value, None)) => self.tail(value),
            _ => None,
        }
    }

    /// Whether an expression is a loss, according to the names in it.
    ///
    /// Examples are `loss`, `&loss`, `cross_entropy(..)`, `self.loss(..)`, and a variable that is
    /// bound to such an expression.
    fn is_loss(&self, value: &Expr) -> bool {
        match plain(value) {
            Expr::Path(path) => path.path.segments.last().is_some_and(|segment| {
                is_loss_name(&segment.ident) || self.0.get(&segment.ident.to_string()) == Some(&true)
            }),
            Expr::Reference(reference) => self.is_loss(&reference.expr),
            Expr::Call(call) => self.is_loss(&call.func),
            Expr::MethodCall(call) => is_loss_name(&call.method) || self.is_loss(&call.receiver),
            Expr::Binary(binary) => self.is_loss(&binary.left) || self.is_loss(&binary.right),
            Expr::Field(field) => matches!(&field.member, Member::Named(name) if is_loss_name(name)),
            _ => false,
        }
    }
}

/// Whether an expression is a list of named parts of a loss, or a variable `parts`.
fn is_parts(value: &Expr) -> bool {
    match plain(value) {
        Expr::Array(_) => true,
        Expr::Path(path) => path.path.get_ident().is_some_and(|name| name.to_string().ends_with("parts")),
        _ => false,
    }
}

/// Whether a name is the name of a loss.
fn is_loss_name(name: &Ident) -> bool {
    let name = name.to_string();
    name.split('_').any(|word| word == "loss") || name == "cross_entropy" || name == "kl_div"
}
