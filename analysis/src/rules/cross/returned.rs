//! What a closure of `training_step` returns: the loss, or the output and the loss, in this order.

use syn::{Expr, Stmt};

use crate::bag::Bag;
use crate::diagnostic::{Diagnostic, Place};
use crate::prose::code;
use crate::spec::{Spec, plain};

/// Finds `(loss, output)`: two tensors fit either way, and the loop would train on the output.
pub(super) fn check(bag: &Bag, spec: &Spec) {
    let Some(step) = &spec.training_step else { return };
    let Expr::Closure(closure) = plain(&step.value) else { return };
    let Some(Expr::Tuple(tuple)) = tail(&closure.body) else { return };
    let parts: Vec<&Expr> = tuple.elems.iter().collect();
    let [first, second] = parts[..] else { return };
    if is_loss(first) && !is_loss(second) {
        let (first, second) = (code(first), code(second));
        bag.push(
            Diagnostic::error(Place::of(tuple), "`training_step` returns the loss before the output")
                .note("the loop takes the second for the loss and would train on the output")
                .help(format!("write `({second}, {first})`")),
        );
    }
}

/// The last value of a body.
fn tail(body: &Expr) -> Option<&Expr> {
    let Expr::Block(block) = plain(body) else { return Some(plain(body)) };
    match block.block.stmts.last() {
        Some(Stmt::Expr(value, None)) => tail(value),
        _ => None,
    }
}

/// Whether an expression is a loss by its name: `loss`, `&loss`, `cross_entropy(..)`, `self.loss(..)`.
fn is_loss(value: &Expr) -> bool {
    let named = |name: &syn::Ident| {
        let name = name.to_string();
        name.split('_').any(|word| word == "loss") || name == "cross_entropy" || name == "kl_div"
    };
    match plain(value) {
        Expr::Path(path) => path.path.segments.last().is_some_and(|segment| named(&segment.ident)),
        Expr::Reference(reference) => is_loss(&reference.expr),
        Expr::Call(call) => is_loss(&call.func),
        Expr::MethodCall(call) => named(&call.method) || is_loss(&call.receiver),
        Expr::Binary(binary) => is_loss(&binary.left) || is_loss(&binary.right),
        Expr::Field(field) => matches!(&field.member, syn::Member::Named(name) if named(name)),
        _ => false,
    }
}
