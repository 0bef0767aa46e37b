//! Ranges of rows that variables and fields hold: `let train = data.narrow(0, 0, n)?`.

use syn::{BinOp, Expr, ExprCall, ExprMethodCall, ExprRange, Pat, RangeLimits};

use super::averages::bare;
use super::epochs::number;
use crate::cfg::{PathId, Rows, Total};
use crate::diagnostic::Place;
use crate::limits;
use crate::lower::control::expression::unreferenced;
use crate::lower::{Lower, address, text};
use crate::tokens::names_in;
use crate::vocabulary::rust::Variant;
use crate::vocabulary::{RowChoice, is_part_of_data, keeps_rows, names_series, row_choice};

/// A range of rows, as expressions.
struct Chosen<'e> {
    of: &'e Expr,
    axis: i64,
    from: Total,
    to: Option<Total>,
}

impl<'a> Lower<'a> {
    /// Records the rows that a `let` binds, also those of a tuple of several.
    pub(in crate::lower) fn note_rows(&mut self, pat: &Pat, init: &'a Expr) {
        match (pat, init) {
            (Pat::Type(typed), init) => self.note_rows(&typed.pat, init),
            (Pat::Tuple(parts), Expr::Tuple(values)) if parts.elems.len() == values.elems.len() => {
                for (part, value) in parts.elems.iter().zip(&values.elems) {
                    self.note_rows(part, value);
                }
            }
            (Pat::Ident(ident), init) => {
                let name = ident.ident.to_string();
                let path = self.lookup(&name);
                self.note_total(path, init);
                self.note_rows_of(name, path, init);
            }
            _ => {}
        }
    }

    /// Records the rows in a variable or a field with this name, or those that a loop iterates over.
    pub(in crate::lower) fn note_rows_of(&mut self, name: String, path: Option<PathId>, init: &'a Expr) {
        if self.at.dead {
            return;
        }
        let Some(chosen) = self.chosen(init, 0) else { return };
        let data = unreferenced(chosen.of);
        let is_series = names_in(&data).iter().any(|name| names_series(name));
        let (of, text) = (self.versioned(data), text::tight(data).into());
        let root = self.place_of(data).map(|place| self.cfg.paths.root_of(place));
        let changes = root.and_then(|root| self.env.changes.get(&root)).copied().unwrap_or_default();
        let site = self.site(address(init), None, || (Place::of(init), text::tight(init).into()));
        let Chosen { axis, from, to, .. } = chosen;
        self.cfg.facts.note_once(site, Rows { name, path, of, changes, text, is_series, axis, from, to });
    }

    /// Records the value of a variable that is a sum of sizes, such as `let start = n - 10;`.
    fn note_total(&mut self, path: Option<PathId>, init: &Expr) {
        let is_sum = matches!(bare(init), Expr::Lit(_))
            || matches!(bare(init), Expr::Binary(node) if matches!(node.op, BinOp::Add(_) | BinOp::Sub(_)));
        if let (true, Some(path)) = (is_sum, path)
            && let Some(total) = self.total(init, 0)
        {
            self.env.totals.insert(path, total);
        }
    }

    /// The rows that an expression chooses.
    fn chosen<'e>(&mut self, expr: &'e Expr, depth: usize) -> Option<Chosen<'e>> {
        if depth > limits::NESTED_ARITHMETIC {
            return None;
        }
        match expr {
            Expr::Paren(inner) => self.chosen(&inner.expr, depth + 1),
            Expr::Reference(inner) => self.chosen(&inner.expr, depth + 1),
            Expr::Try(inner) => self.chosen(&inner.expr, depth + 1),
            Expr::Index(index) => self.chosen_range(&index.expr, &index.index),
            Expr::Call(call) => self.part_of_data(call),
            Expr::MethodCall(call) => {
                let name = call.method.to_string();
                match row_choice(&name, call.args.len()) {
                    Some(choice) => self.chosen_by(choice, call, depth),
                    None if keeps_rows(&name, call.args.len()) => self.chosen(&call.receiver, depth + 1),
                    None => None,
                }
            }
            _ => None,
        }
    }

    fn chosen_by<'e>(
        &mut self,
        choice: RowChoice,
        call: &'e ExprMethodCall,
        depth: usize,
    ) -> Option<Chosen<'e>> {
        let of = whole(&call.receiver);
        let argument = |at: usize| call.args.get(at);
        match choice {
            RowChoice::Narrow => {
                let from = self.total(argument(1)?, 0)?;
                let to = from.plus(&self.total(argument(2)?, 0)?, 1)?;
                Some(Chosen { of, axis: number(argument(0)?)?, from, to: Some(to) })
            }
            RowChoice::Slice => {
                let from = self.total(given(argument(1)?)?, 0)?;
                let to = self.total(given(argument(2)?)?, 0)?;
                let axis = number(argument(0)?).filter(|_| argument(3).and_then(number) == Some(1))?;
                Some(Chosen { of, axis, from, to: Some(to) })
            }
            RowChoice::Range => self.chosen_range(&call.receiver, argument(0)?),
            RowChoice::First => {
                let length = self.total(argument(0)?, 0)?;
                match self.chosen(&call.receiver, depth + 1) {
                    Some(Chosen { of, axis, from, to: None }) => {
                        let to = from.plus(&length, 1)?;
                        Some(Chosen { of, axis, from, to: Some(to) })
                    }
                    Some(_) => None,
                    None => {
                        is_whole(of).then(|| Chosen { of, axis: 0, from: Total::number(0), to: Some(length) })
                    }
                }
            }
            RowChoice::Rest => {
                let from = self.total(argument(0)?, 0)?;
                is_whole(of).then_some(Chosen { of, axis: 0, from, to: None })
            }
        }
    }

    /// The rows of `PartialDataset::new(data, from, to)`.
    fn part_of_data<'e>(&mut self, call: &'e ExprCall) -> Option<Chosen<'e>> {
        let Expr::Path(function) = &*call.func else { return None };
        let owner = function.path.segments.iter().rev().nth(1)?.ident.to_string();
        let arguments: Vec<&'e Expr> = call.args.iter().collect();
        let [of, from, to] = arguments[..] else { return None };
        let of = whole(of);
        if !is_part_of_data(&owner) || !is_whole(of) {
            return None;
        }
        let (from, to) = (self.total(from, 0)?, self.total(to, 0)?);
        Some(Chosen { of, axis: 0, from, to: Some(to) })
    }

    /// The rows of `of[from..to]`, or of a method with such a range, perhaps as the first of several.
    fn chosen_range<'e>(&mut self, of: &'e Expr, range: &'e Expr) -> Option<Chosen<'e>> {
        let of = whole(of);
        let range = match range {
            Expr::Range(range) => range,
            Expr::Array(parts) => as_range(parts.elems.first()?)?,
            Expr::Tuple(parts) => as_range(parts.elems.first()?)?,
            _ => return None,
        };
        let from = range.start.as_ref().map_or(Some(Total::number(0)), |from| self.total(from, 0))?;
        let to = match &range.end {
            Some(to) => Some(self.total(to, 0)?),
            None => None,
        };
        let to = match (to, range.limits) {
            (Some(to), RangeLimits::Closed(_)) => Some(to.plus(&Total::number(1), 1)?),
            (to, _) => to,
        };
        is_whole(of).then_some(Chosen { of, axis: 0, from, to })
    }

    /// The value of an expression as a sum of sizes and a number.
    fn total(&mut self, expr: &Expr, depth: usize) -> Option<Total> {
        if depth > limits::NESTED_ARITHMETIC {
            return None;
        }
        let expr = bare(expr);
        match expr {
            Expr::Lit(_) => number(expr).map(Total::number),
            Expr::Binary(node) if matches!(node.op, BinOp::Add(_) | BinOp::Sub(_)) => {
                let times = if matches!(node.op, BinOp::Add(_)) { 1 } else { -1 };
                self.total(&node.left, depth + 1)?.plus(&self.total(&node.right, depth + 1)?, times)
            }
            Expr::Path(path) => {
                let name = path.path.get_ident()?.to_string();
                let known = self.lookup(&name).and_then(|path| self.env.totals.get(&path)).cloned();
                let assigned = self.survey().assigned.contains(&name);
                Some(known.filter(|_| !assigned).unwrap_or_else(|| Total::size(self.versioned(expr))))
            }
            Expr::Field(_) => Some(Total::size(self.versioned(expr))),
            Expr::MethodCall(call) if call.args.is_empty() => Some(Total::size(self.versioned(expr))),
            _ => None,
        }
    }
}

/// The data set in an expression that only refers to it: `data` of `data.iter()`.
fn whole(expr: &Expr) -> &Expr {
    match unreferenced(expr) {
        Expr::Try(inner) => whole(&inner.expr),
        Expr::MethodCall(call) if keeps_rows(&call.method.to_string(), call.args.len()) => {
            whole(&call.receiver)
        }
        other => other,
    }
}

/// Whether an expression is a variable or a field, so that it is the same data wherever it is mentioned.
fn is_whole(expr: &Expr) -> bool {
    match expr {
        Expr::Path(path) => path.path.get_ident().is_some(),
        Expr::Field(field) => is_whole(&field.base),
        _ => false,
    }
}

fn as_range(expr: &Expr) -> Option<&ExprRange> {
    match expr {
        Expr::Range(range) => Some(range),
        _ => None,
    }
}

/// The argument itself, or the value in `Some(value)`.
fn given(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => {
                let name = path.path.segments.last()?.ident.to_string();
                (Variant::of(&name) == Some(Variant::Some)).then(|| call.args.first())?
            }
            _ => None,
        },
        other => Some(other),
    }
}
