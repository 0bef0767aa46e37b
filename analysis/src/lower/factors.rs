//! A look over a function for what scales anything: names and numbers that it multiplies with or divides by.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{BinOp, Block, Expr, Lit};

/// Wrappers around a factor that are looked through, at most.
const MOST_WRAPPERS: usize = 8;

/// A reduction that sums up, which is noted like a factor.
const SUM: &str = "Sum";

/// The names and numbers.
pub(super) fn of(block: &Block) -> BTreeSet<String> {
    let mut factors = Factors::default();
    factors.visit_block(block);
    factors.names
}

#[derive(Debug, Default)]
struct Factors {
    names: BTreeSet<String>,
    depth: usize,
}

impl Factors {
    /// The name or number that an operand is, whatever is around it.
    fn note(&mut self, mut operand: &Expr) {
        for _ in 0..MOST_WRAPPERS {
            operand = match operand {
                Expr::Paren(inner) => &inner.expr,
                Expr::Group(inner) => &inner.expr,
                Expr::Cast(inner) => &inner.expr,
                Expr::Reference(inner) => &inner.expr,
                Expr::Unary(inner) => &inner.expr,
                Expr::MethodCall(call) => &call.receiver,
                Expr::Call(call) if call.args.len() == 1 => &call.args[0],
                Expr::Binary(node) if matches!(node.op, BinOp::Div(_)) => &node.right,
                Expr::Path(path) => {
                    self.names.extend(path.path.segments.last().map(|last| last.ident.to_string()));
                    return;
                }
                Expr::Field(field) => {
                    self.names.insert(super::bind::member(&field.member));
                    return;
                }
                Expr::Lit(literal) => {
                    match &literal.lit {
                        Lit::Int(number) => self.names.insert(number.base10_digits().to_owned()),
                        Lit::Float(number) => self.names.insert(number.base10_digits().to_owned()),
                        _ => false,
                    };
                    return;
                }
                _ => return,
            };
        }
    }
}

impl<'ast> Visit<'ast> for Factors {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::Binary(node) => match node.op {
                BinOp::Mul(_) | BinOp::MulAssign(_) => {
                    self.note(&node.left);
                    self.note(&node.right);
                }
                BinOp::Div(_) | BinOp::DivAssign(_) => self.note(&node.right),
                _ => {}
            },
            Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == SUM) => {
                self.names.insert(SUM.to_owned());
            }
            _ => {}
        }
        self.depth += 1;
        if self.depth <= super::DEEPEST {
            visit::visit_expr(self, expr);
        }
        self.depth -= 1;
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
