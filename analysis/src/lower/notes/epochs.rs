//! Loops over epochs that run one iteration too few.

use syn::visit::{self, Visit};
use syn::{BinOp, Expr, ExprBinary, ExprLit, ExprRange, ExprWhile, Lit, RangeLimits};

use crate::cfg::{LoopId, ShortEpochs};
use crate::diagnostic::Place;
use crate::limits;
use crate::lower::control::expression::{structure, unreferenced};
use crate::lower::env::bind::member;
use crate::lower::{Lower, address, text};
use crate::vocabulary::{forwards_items, names_epoch_count};

/// The difference `epochs - minus`, where `epochs` is a number of epochs.
struct Bound<'e> {
    epochs: &'e Expr,
    minus: i64,
}

impl<'a> Lower<'a> {
    /// Records a loop over `items` that runs one iteration fewer than there are epochs:
    /// `1..epochs`, `0..epochs - 1`.
    pub(in crate::lower) fn note_epochs(&mut self, of: LoopId, items: &'a Expr) {
        let Some(range) = range_of(items, 0) else { return };
        let start = range.start.as_deref().and_then(|start| self.fixed_number(start));
        let (Some(end), Some(start)) = (&range.end, start) else { return };
        let inclusive = matches!(range.limits, RangeLimits::Closed(_));
        if let Some(epochs) = self.short(end, start, inclusive) {
            let instead = if start == 1 { format!("1..={epochs}") } else { format!("{start}..{epochs}") };
            self.short_epochs(of, items, &epochs, instead);
        }
    }

    /// Records a loop such as `while epoch < epochs - 1`, if its variable starts at a known number.
    pub(in crate::lower) fn note_epochs_while(&mut self, of: LoopId, node: &'a ExprWhile) {
        let Expr::Binary(ExprBinary { left, op, right, .. }) = &*node.cond else { return };
        let (counter, bound, inclusive) = match op {
            BinOp::Lt(_) => (left, right, false),
            BinOp::Le(_) => (left, right, true),
            BinOp::Gt(_) => (right, left, false),
            BinOp::Ge(_) => (right, left, true),
            _ => return,
        };
        let Some(name) = ident(counter) else { return };
        let mut bumps = Bumps { of: &name, by_one: 0, other: 0 };
        bumps.visit_block(&node.body);
        let start = self.lookup(&name).and_then(|path| number(self.env.made_of.get(&path)?));
        let (Some(start), (1, 0)) = (start, (bumps.by_one, bumps.other)) else { return };
        if let Some(epochs) = self.short(bound, start, inclusive) {
            let instead =
                if start == 1 { format!("{name} <= {epochs}") } else { format!("{name} < {epochs}") };
            self.short_epochs(of, &node.cond, &epochs, instead);
        }
    }

    fn short_epochs(&mut self, of: LoopId, head: &'a Expr, epochs: &str, instead: String) {
        let site = self.site(address(head), None, || (Place::of(head), text::tight(head).into()));
        if !self.at.dead {
            self.cfg
                .facts
                .note_once(site, ShortEpochs { site, of, epochs: epochs.to_owned().into(), instead });
        }
    }

    /// The source text of the number of epochs, if a loop that counts from `start` to `end` runs
    /// one iteration too few.
    fn short(&self, end: &Expr, start: i64, inclusive: bool) -> Option<String> {
        let bound = bound(end, 0)?;
        let missing = bound.minus.checked_add(start)?.checked_sub(i64::from(inclusive))?;
        (missing == 1 && (0..=1).contains(&start) && self.counts_epochs(bound.epochs, 0))
            .then(|| text::tight(bound.epochs))
    }

    /// The initializer of a variable that is never assigned.
    fn fixed(&self, name: &str) -> Option<&'a Expr> {
        let init = *self.env.made_of.get(&self.lookup(name)?)?;
        (!self.survey().assigned.contains(name)).then_some(init)
    }

    /// The value of an integer literal, or of a variable that is initialized with a literal and
    /// never assigned.
    fn fixed_number(&self, expr: &Expr) -> Option<i64> {
        number(expr).or_else(|| number(self.fixed(&ident(expr)?)?))
    }

    /// Whether an expression is a number of epochs. This is so for a parameter, a constant, a
    /// variable or a field whose name suggests a number of epochs, and for a variable that is
    /// initialized with a number of epochs. A number to which something was added does not count.
    fn counts_epochs(&self, expr: &Expr, depth: usize) -> bool {
        let named = match expr {
            Expr::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
            Expr::Field(field) => Some(member(&field.member)),
            Expr::MethodCall(call) if call.args.is_empty() => Some(call.method.to_string()),
            _ => None,
        };
        let named = named.is_some_and(|name| names_epoch_count(&name));
        if depth > limits::MEASURE_SOURCES {
            return false;
        }
        let Some(name) = ident(expr) else { return named };
        let Some(path) = self.lookup(&name) else { return named && !self.resolver.sums.contains(&name) };
        if !named {
            return self.fixed(&name).is_some_and(|init| self.counts_epochs(bare(init), depth + 1));
        }
        let raised = !self.env.made_of.contains_key(&path) && self.resolver.is_raised(self.inlining.function);
        let initial = self.env.made_of.get(&path).map(|init| bare(init));
        let computed = initial
            .is_some_and(|init| matches!(init, Expr::Binary(node) if matches!(node.op, BinOp::Add(_))));
        !raised && !computed && !self.survey().assigned.contains(&name)
    }
}

/// The range that a loop iterates over. Methods and functions that only pass on the numbers of the
/// range are skipped.
fn range_of(items: &Expr, depth: usize) -> Option<&ExprRange> {
    if depth > limits::WRAPPERS {
        return None;
    }
    match unreferenced(items) {
        Expr::Range(range) => Some(range),
        Expr::MethodCall(call) if forwards_items(&call.method.to_string()) => {
            range_of(&call.receiver, depth + 1)
        }
        Expr::Call(call) => match (&*call.func, call.args.first()) {
            (Expr::Path(path), Some(first)) => {
                let last = path.path.segments.last()?.ident.to_string();
                forwards_items(&last).then(|| range_of(first, depth + 1))?
            }
            _ => None,
        },
        _ => None,
    }
}

/// Splits an expression such as `epochs - 1` or `epochs + 1` into `epochs` and the number that is
/// subtracted from it.
fn bound(expr: &Expr, depth: usize) -> Option<Bound<'_>> {
    if depth > limits::NESTED_ARITHMETIC {
        return None;
    }
    match bare(expr) {
        Expr::Binary(node) => {
            let by = number(&node.right)?;
            let inner = bound(&node.left, depth + 1)?;
            let minus = match node.op {
                BinOp::Sub(_) => inner.minus.checked_add(by)?,
                BinOp::Add(_) => inner.minus.checked_sub(by)?,
                _ => return None,
            };
            Some(Bound { minus, ..inner })
        }
        epochs => Some(Bound { epochs, minus: 0 }),
    }
}

/// An expression without parentheses, references and casts.
fn bare(expr: &Expr) -> &Expr {
    match unreferenced(expr) {
        Expr::Cast(cast) => bare(&cast.expr),
        other => other,
    }
}

/// The value of an integer literal.
pub(super) fn number(expr: &Expr) -> Option<i64> {
    match bare(expr) {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok(),
        _ => None,
    }
}

/// The name of a variable.
fn ident(expr: &Expr) -> Option<String> {
    match bare(expr) {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

/// Counts the assignments to a variable in a loop body: those that add one, and all others.
struct Bumps<'n> {
    of: &'n str,
    by_one: usize,
    other: usize,
}

impl<'ast> Visit<'ast> for Bumps<'_> {
    fn visit_expr_binary(&mut self, node: &'ast ExprBinary) {
        if crate::lower::resolve::survey::is_assignment(&node.op)
            && ident(&node.left).as_deref() == Some(self.of)
        {
            let bumped = matches!(node.op, BinOp::AddAssign(_)) && number(&node.right) == Some(1);
            *(if bumped { &mut self.by_one } else { &mut self.other }) += 1;
        }
        visit::visit_expr_binary(self, node);
    }

    fn visit_expr_assign(&mut self, node: &'ast syn::ExprAssign) {
        if ident(&node.left).as_deref() == Some(self.of) {
            let bumped = matches!(bare(&node.right), Expr::Binary(sum) if matches!(sum.op, BinOp::Add(_))
                && structure(&sum.left) == structure(&node.left) && number(&sum.right) == Some(1));
            *(if bumped { &mut self.by_one } else { &mut self.other }) += 1;
        }
        visit::visit_expr_assign(self, node);
    }

    fn visit_expr_continue(&mut self, _: &'ast syn::ExprContinue) {}

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
