//! Periods of counters: the divisors of counts, and the numbers with which counts are compared.

use syn::Expr;

use super::shape::{bare, number};
use crate::cfg::Period;
use crate::limits;
use crate::lower::{Lower, env::bind, text};
use crate::tokens::names_in;
use crate::vocabulary::{names_length, rust};

impl Lower<'_> {
    /// The period of a counter: the divisor of a count, or the number with which the count is compared.
    pub(in crate::lower::control) fn period(&mut self, every: &Expr) -> Period {
        let whole_loop = self.is_length(every, 0);
        Period {
            text: text::tight(bare(every)).into(),
            value: self.versioned(bare(every)),
            number: number(bare(every)),
            names: names_in(every),
            whole_loop,
        }
    }

    /// Whether an expression is the length of a loop.
    ///
    /// Such an expression is `train.len()`, a variable that is initialized with a length, or a
    /// variable whose name suggests a length.
    fn is_length(&self, expr: &Expr, depth: usize) -> bool {
        let expr = bare(expr);
        if depth > limits::NESTED_ARITHMETIC {
            return false;
        }
        match expr {
            Expr::MethodCall(call) => rust::is_length(&call.method.to_string(), call.args.len()),
            Expr::Binary(node) => self.is_length(&node.left, depth + 1),
            Expr::Path(path) => {
                let Some(name) = path.path.get_ident().map(ToString::to_string) else { return false };
                let init = self.lookup(&name).and_then(|path| self.env.made_of.get(&path));
                init.map_or_else(
                    || names_length(&name),
                    |init| self.is_length(init, depth + 1) || names_length(&name),
                )
            }
            Expr::Field(field) => names_length(&bind::member(&field.member)),
            _ => false,
        }
    }
}
