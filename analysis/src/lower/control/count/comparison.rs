//! Comparisons of counts: `(i + 1) % k == 0`, `count == k`.

use syn::{BinOp, Expr, ExprBinary};

use super::shape::{bare, number, remainder_of, rest};
use crate::cfg::{Excerpt, PathId, Period};
use crate::limits;
use crate::lower::{Lower, text};
use crate::tokens::names_in;
use crate::vocabulary::rust::{Question, question};

/// A variable plus a number.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Linear {
    pub(super) of: Option<PathId>,
    /// The number that is added; `None` if something unknown is added.
    pub(super) plus: Option<i64>,
}

/// A comparison of a count with a period: `(i + 1) % k == 0`, `count == k`.
#[derive(Clone, Debug)]
pub(in crate::lower::control) struct Count {
    pub(super) value: Linear,
    /// The number of the last assignment to the variable.
    pub(super) version: u32,
    /// The text of the compared value.
    pub(super) text: Excerpt,
    pub(super) every: Period,
    /// The required remainder of the value.
    ///
    /// In an equality, this is the required difference between the value and `every`.
    pub(super) rest: Option<i64>,
    /// Whether the remainder of the value is compared, rather than the value itself.
    pub(super) modulo: bool,
    /// Whether the comparison is true, rather than false, when the count is full.
    pub(super) fires: bool,
}

impl Count {
    /// The same count, but with `fires` set for a question instead of the comparison. The answer to
    /// the question is `holds` when the comparison is true.
    pub(in crate::lower::control) fn answered(self, holds: bool) -> Self {
        Self { fires: self.fires == holds, ..self }
    }
}

impl<'a> Lower<'a> {
    /// The count in a condition such as `(i + 1) % k == 0`; `None` if the condition compares no count.
    pub(in crate::lower::control) fn ask_count(&mut self, condition: &Expr) -> Option<Count> {
        match condition {
            Expr::MethodCall(call)
                if question(&call.method.to_string(), call.args.len()) == Some(Question::IsMultiple) =>
            {
                let every = call.args.first()?;
                self.remainder(&call.receiver, every, Some(0), true)
            }
            Expr::Binary(node) => {
                let fires = match node.op {
                    BinOp::Eq(_) | BinOp::Ge(_) | BinOp::Le(_) => true,
                    BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Gt(_) => false,
                    _ => return None,
                };
                let exact = matches!(node.op, BinOp::Eq(_) | BinOp::Ne(_));
                if exact {
                    for (left, right) in [(&node.left, &node.right), (&node.right, &node.left)] {
                        if let Some((value, every)) = self.remainder_in(left) {
                            let rest = rest(right, every);
                            return self.remainder(value, every, rest, fires);
                        }
                    }
                }
                if let (BinOp::Gt(_), Some((value, every)), Some(0)) =
                    (node.op, self.remainder_in(&node.left), number(&node.right))
                {
                    return self.remainder(value, every, Some(0), false);
                }
                self.equality(node, fires)
            }
            _ => None,
        }
    }

    /// The count in `match i % k { 0 => .. }`, where `rest` is the number of the arm.
    pub(in crate::lower::control) fn ask_remainder(
        &mut self,
        subject: &Expr,
        rest: Option<i64>,
    ) -> Option<Count> {
        let (value, every) = remainder_of(subject)?;
        self.remainder(value, every, rest, true)
    }

    /// The operands of `value % every`. The expression may also be a variable that is initialized
    /// with such a remainder.
    ///
    /// The variable and the names in its initializer must not be assigned anywhere. The initializer
    /// then has the same value wherever the variable is used.
    fn remainder_in<'e>(&self, expr: &'e Expr) -> Option<(&'e Expr, &'e Expr)>
    where
        'a: 'e,
    {
        remainder_of(expr).or_else(|| {
            let Expr::Path(path) = bare(expr) else { return None };
            let name = path.path.get_ident()?.to_string();
            let init: &'a Expr = self.env.made_of.get(&self.lookup(&name)?).copied()?;
            let assigned = &self.survey().assigned;
            let mut names = names_in(init);
            names.insert(name);
            remainder_of(init).filter(|_| !names.iter().any(|name| assigned.contains(name)))
        })
    }

    fn remainder(&mut self, value: &Expr, every: &Expr, rest: Option<i64>, fires: bool) -> Option<Count> {
        let version = self.versioned(value).version;
        let value_of = self.linear(value, 0).filter(|linear| linear.of.is_some())?;
        let (text, every) = (text::tight(value).into(), self.period(every));
        Some(Count { value: value_of, version, text, every, rest, modulo: true, fires })
    }

    /// The count in `count == k` or `count >= k`.
    fn equality(&mut self, node: &ExprBinary, fires: bool) -> Option<Count> {
        let sides = [(&node.left, &node.right), (&node.right, &node.left)];
        sides.into_iter().find_map(|(left, right)| {
            Some(Count { modulo: false, ..self.remainder(left, right, Some(0), fires)? })
        })
    }

    /// An expression such as `i + 1` as a variable plus a number, if the expression has this form.
    pub(super) fn linear(&mut self, expr: &Expr, depth: usize) -> Option<Linear> {
        if depth > limits::NESTED_ARITHMETIC {
            return None;
        }
        match expr {
            Expr::Paren(inner) => self.linear(&inner.expr, depth + 1),
            Expr::Group(inner) => self.linear(&inner.expr, depth + 1),
            Expr::Cast(inner) => self.linear(&inner.expr, depth + 1),
            Expr::Reference(inner) => self.linear(&inner.expr, depth + 1),
            Expr::Unary(inner) if matches!(inner.op, syn::UnOp::Deref(_)) => {
                self.linear(&inner.expr, depth + 1)
            }
            Expr::Lit(_) => Some(Linear { of: None, plus: number(expr) }),
            Expr::Binary(node) if matches!(node.op, BinOp::Add(_) | BinOp::Sub(_)) => {
                let (left, right) =
                    (self.linear(&node.left, depth + 1)?, self.linear(&node.right, depth + 1)?);
                let add = matches!(node.op, BinOp::Add(_));
                let plus = left
                    .plus
                    .zip(right.plus)
                    .and_then(|(a, b)| if add { a.checked_add(b) } else { a.checked_sub(b) });
                match (left.of, right.of) {
                    (of, None) => Some(Linear { of, plus }),
                    (None, of) if add => Some(Linear { of, plus }),
                    _ => None,
                }
            }
            // Something that is added, whatever it is.
            Expr::Binary(_) | Expr::MethodCall(_) | Expr::Call(_) => Some(Linear::default()),
            Expr::Path(_) | Expr::Field(_) => {
                let path = self.place_of(expr)?;
                if let Some(&alias) = self.guarding.counting.aliases.get(&path) {
                    return Some(alias);
                }
                let bumped = self.control.iterations.last().is_some_and(|round| round.bumped.contains(&path));
                Some(Linear { of: Some(path), plus: Some(i64::from(bumped)) })
            }
            _ => None,
        }
    }
}
