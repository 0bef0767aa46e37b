//! Factors in a function: the names and numbers that are used as multiplier or divisor.

use syn::visit::{self, Visit};
use syn::{BinOp, Block, Expr, Lit};

use crate::cfg::Factors;
use crate::limits;
use crate::vocabulary::{is_sum_reduction, scales_gradients};

/// The factors in a block.
pub(in crate::lower) fn of(block: &Block) -> Factors {
    let mut finder = Finder::default();
    finder.visit_block(block);
    finder.factors
}

#[derive(Debug, Default)]
struct Finder {
    factors: Factors,
    depth: usize,
}

impl Finder {
    /// Records the name or number in an operand; casts and other wrappers around it are skipped.
    fn note(&mut self, mut operand: &Expr) {
        for _ in 0..limits::WRAPPERS {
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
                    self.factors.names.extend(path.path.segments.last().map(|last| last.ident.to_string()));
                    return;
                }
                Expr::Field(field) => {
                    self.factors.names.insert(super::bind::member(&field.member));
                    return;
                }
                Expr::Lit(literal) => {
                    match &literal.lit {
                        Lit::Int(number) => self.factors.names.insert(number.base10_digits().to_owned()),
                        Lit::Float(number) => self.factors.names.insert(number.base10_digits().to_owned()),
                        _ => false,
                    };
                    return;
                }
                _ => return,
            };
        }
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        if is_index(expr) {
            return;
        }
        match expr {
            Expr::Binary(node) => match node.op {
                BinOp::Mul(_) | BinOp::MulAssign(_) => {
                    self.note(&node.left);
                    self.note(&node.right);
                }
                BinOp::Div(_) | BinOp::DivAssign(_) => self.note(&node.right),
                _ => {}
            },
            Expr::MethodCall(node) if scales_gradients(&node.method.to_string()) => {
                self.factors.scales_gradients = true;
            }
            Expr::Path(path)
                if path
                    .path
                    .segments
                    .last()
                    .is_some_and(|last| scales_gradients(&last.ident.to_string())) =>
            {
                self.factors.scales_gradients = true;
            }
            Expr::Path(path)
                if path.path.segments.last().is_some_and(|last| is_sum_reduction(&last.ident)) =>
            {
                self.factors.sums = true;
            }
            _ => {}
        }
        self.depth += 1;
        if self.depth <= limits::NESTED_EXPRESSIONS {
            visit::visit_expr(self, expr);
        }
        self.depth -= 1;
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Whether an expression computes the index of a micro-batch: `step * k + micro`.
fn is_index(expr: &Expr) -> bool {
    let is_name = |expr: &Expr| matches!(expr, Expr::Path(_) | Expr::Field(_));
    match expr {
        Expr::Binary(sum) if matches!(sum.op, BinOp::Add(_)) => {
            let rows = |product: &Expr| match product {
                Expr::Binary(node) => {
                    matches!(node.op, BinOp::Mul(_)) && is_name(&node.left) && is_name(&node.right)
                }
                _ => false,
            };
            rows(&sum.left) && is_name(&sum.right)
        }
        _ => false,
    }
}
