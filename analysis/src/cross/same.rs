//! Whether two expressions of a spec have the same meaning in different spellings.

use quote::ToTokens;
use syn::{Block, Expr, ExprCall, Stmt};

use crate::spec::plain;

/// Whether two expressions are loaders of the same samples.
pub(super) fn data(train: &Expr, valid: &Expr) -> bool {
    text(underlying_data(train)) == text(underlying_data(valid))
}

/// The normalized text of a metric: `accuracy()` becomes `accuracy`.
pub(super) fn metric(metric: &Expr) -> String {
    match plain(metric) {
        Expr::Call(call) if call.args.is_empty() => text(plain(&call.func)),
        other => text(other),
    }
}

/// Removes the handles, copies and loaders around the data in an expression.
fn underlying_data(value: &Expr) -> &Expr {
    match plain(value) {
        Expr::Reference(reference) => underlying_data(&reference.expr),
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Deref(_)) => underlying_data(&unary.expr),
        Expr::Block(block) if block.label.is_none() => tail(&block.block).map_or(value, underlying_data),
        Expr::MethodCall(call) if HANDLES.iter().any(|name| call.method == name) => {
            underlying_data(&call.receiver)
        }
        Expr::Call(call) => match call.args.first() {
            Some(first) if copies(call) || makes_loader(call) => underlying_data(first),
            _ => value,
        },
        other => other,
    }
}

/// Methods whose result is data with the same samples as the receiver.
const HANDLES: [&str; 11] = [
    "clone",
    "cloned",
    "to_owned",
    "as_ref",
    "as_mut",
    "borrow",
    "by_ref",
    "into",
    "shuffle",
    "drop_last",
    "unwrap",
];

/// Whether a call clones its argument: `DataLoader::clone(&train)`, `Arc::clone(&train)`.
fn copies(call: &ExprCall) -> bool {
    ends(call, &["clone"])
}

/// Whether a call builds a loader of the samples in its argument: `DataLoader::new(data, 32)`.
fn makes_loader(call: &ExprCall) -> bool {
    ends(call, &["DataLoader", "new"])
}

/// Whether the path of a called function ends in these names.
fn ends(call: &ExprCall, names: &[&str]) -> bool {
    let Expr::Path(path) = &*call.func else { return false };
    let segments = path.path.segments.iter().rev();
    segments.len() >= names.len()
        && segments.zip(names.iter().rev()).all(|(segment, name)| segment.ident == name)
}

/// The tail expression of a block, if the block consists of this expression alone.
fn tail(block: &Block) -> Option<&Expr> {
    match &block.stmts[..] {
        [Stmt::Expr(value, None)] => Some(value),
        _ => None,
    }
}

fn text(tokens: &Expr) -> String {
    tokens.to_token_stream().to_string()
}

#[cfg(test)]
mod tests {
    fn same(train: &str, valid: &str) -> bool {
        let parse = |text: &str| syn::parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        super::data(&parse(train), &parse(valid))
    }

    #[test]
    fn spellings_of_one_loader() {
        for valid in [
            "train",
            "&train",
            "(train)",
            "&(train)",
            "{ train }",
            "train.clone()",
            "&*train",
            "Arc::clone(&train)",
        ] {
            assert!(same("train", valid) && same(valid, "train"), "{valid}");
        }
        assert!(same("data.train", "(&data.train)"));
        assert!(same("self.train", "&self.train.clone()"));
        assert!(same(
            "DataLoader::new(data.clone(), 32).shuffle(0)",
            "training_loop::DataLoader::new(data, 64)"
        ));
    }

    #[test]
    fn other_data() {
        for valid in
            ["valid", "&valid", "data.valid", "train.valid", "split(train).1", "DataLoader::new(rest, 32)"]
        {
            assert!(!same("train", valid), "{valid}");
        }
        assert!(!same("DataLoader::new(data, 32)", "DataLoader::new(other, 32)"));
    }
}
