//! Source text for messages, spaced as by rustfmt, with long arguments left out.

use crate::limits;
use quote::ToTokens;
use syn::{Expr, Member};

/// The source of a syntax node, without needless spaces.
pub(crate) fn tight(node: &impl ToTokens) -> String {
    crate::prose::code(node)
}

/// The source of a variable or a field, as [`tight`] returns it.
pub(crate) fn place(expr: &Expr) -> String {
    match expr {
        Expr::Path(path) if path.attrs.is_empty() && path.qself.is_none() => {
            path.path.get_ident().map_or_else(|| tight(expr), ToString::to_string)
        }
        Expr::Field(field)
            if field.attrs.is_empty() && matches!(*field.base, Expr::Path(_) | Expr::Field(_)) =>
        {
            match &field.member {
                Member::Named(name) => format!("{}.{name}", place(&field.base)),
                Member::Unnamed(_) => tight(expr),
            }
        }
        other => tight(other),
    }
}

/// The form of a call in messages: in full if the call is short, otherwise with `..` for its arguments.
pub(crate) fn call(expr: &Expr) -> String {
    chain(expr, limits::CHAIN)
}

fn chain(expr: &Expr, calls: usize) -> String {
    match expr {
        Expr::MethodCall(_) if calls == 0 => "..".to_owned(),
        Expr::MethodCall(node) => {
            let receiver = chain(&node.receiver, calls - 1);
            let receiver = if matches!(&*node.receiver, Expr::Binary(_) | Expr::Unary(_) | Expr::Range(_)) {
                format!("({receiver})")
            } else {
                receiver
            };
            let whole = format!("{receiver}.{}({})", node.method, tight(&node.args));
            shorter(whole, || {
                format!("{receiver}.{}({})", node.method, if node.args.is_empty() { "" } else { ".." })
            })
        }
        Expr::Call(node) => shorter(tight(expr), || format!("{}(..)", tight(&node.func))),
        other => shorter(tight(other), || {
            let start: String = tight(other).chars().take(limits::TEXT - 2).collect();
            format!("{start}..")
        }),
    }
}

fn shorter(whole: String, short: impl FnOnce() -> String) -> String {
    if whole.chars().count() <= limits::TEXT { whole } else { short() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> String {
        call(&syn::parse_str(source).expect("the test's source parses"))
    }

    #[test]
    fn calls_read_as_they_were_written() {
        for source in [
            "loss.backward()",
            "optimizer.step()",
            "self.optimizer.zero_grad()",
            "(&loss * 0.5).backward()",
            "Sgd::new(model.parameters(), 0.01)",
            "i % k == 0",
            "let Some(batch) = batches.next()",
            "!done && i > 0",
            "loss * batch.len() as f32",
        ] {
            assert_eq!(shown(source), source);
        }
        assert_eq!(
            shown("cross_entropy(&model.forward(&batch.input), &batch.target).backward()"),
            "cross_entropy(..).backward()"
        );
    }
}
