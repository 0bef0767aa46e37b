//! Heads of loops: the items that a loop iterates over, or the condition under which it continues.

use syn::{Expr, ExprLit, Lit, Pat};

use super::expression::unreferenced;
use super::micro::item_of;
use super::{Lower, text};
use crate::cfg::{DataSource, Expression, Head, HeadKind, Item, LoopId, PathId};
use crate::tokens::names_in;
use crate::vocabulary::is_private_loader;
use crate::vocabulary::rust::{Numbering, numbering};

/// The head of a `for` loop.
pub(in crate::lower) fn of_for(pat: &Pat, items: &Expr) -> Head {
    let mut head = of_items(items, items);
    head.binds = names_in(pat);
    head.names.extend(head.binds.iter().cloned());
    head
}

/// The head of a chain of iterators that runs as a loop over `items`.
pub(in crate::lower) fn of_items(chain: &Expr, items: &Expr) -> Head {
    let kind = if is_range(items) { HeadKind::Numbers } else { HeadKind::Items };
    Head { kind, names: names_in(chain), over: names_in(items), ..Head::default() }
}

/// The head of a `while` loop.
pub(in crate::lower) fn of_while(condition: &Expr) -> Head {
    let mut head = Head { kind: HeadKind::Condition, names: names_in(condition), ..Head::default() };
    match condition {
        Expr::Let(fetched) => {
            head.kind = HeadKind::Items;
            head.binds = names_in(&fetched.pat);
            head.over = names_in(&fetched.expr);
        }
        Expr::Lit(ExprLit { lit: Lit::Bool(yes), .. }) if yes.value => head.kind = HeadKind::Endless,
        _ => {}
    }
    head
}

/// Whether items are a range of numbers, which may be reversed or in steps.
fn is_range(items: &Expr) -> bool {
    match items {
        Expr::Range(_) => true,
        Expr::Paren(inner) => is_range(&inner.expr),
        Expr::Reference(inner) => is_range(&inner.expr),
        Expr::MethodCall(call) => is_range(&call.receiver),
        Expr::Call(call) => call.args.first().is_some_and(is_range),
        _ => false,
    }
}

impl Lower<'_> {
    /// Records that a loop iterates over `items` and binds each item to `pat`.
    pub(in crate::lower) fn iterates_over(&mut self, of: LoopId, pat: Option<&Pat>, items: &Expr) {
        if self.cfg.loops[of].head.source.is_some() {
            return;
        }
        let (whole, part, data) = (unreferenced(items), collection(items), data_of(items));
        let known = self.versioned(whole);
        let mut same = |other: &Expr| if std::ptr::eq(other, whole) { known } else { self.versioned(other) };
        let source = DataSource { whole: known, collection: same(part), data: same(data) };
        let repeats = pat.and_then(|pat| self.repeats(pat, part));
        let groups = self.groups(part);
        let variables = self.cfg.loops[of].head.over.iter().filter_map(|name| self.lookup(name));
        let variables: Vec<PathId> = variables.flat_map(|path| [path, self.home(path)]).collect();
        let known = &mut self.cfg.loops[of];
        known.data = text::tight(data).into();
        known.over = shown(items).unwrap_or_else(|| text::tight(items)).into();
        let head = &mut known.head;
        head.variables = variables;
        (head.source, head.repeats, head.groups) = (Some(source), repeats, groups);
    }

    /// Records the variable to which the pattern of a loop binds its item.
    pub(super) fn binds_item(&mut self, of: LoopId, pat: &Pat, items: &Expr) {
        let Pat::Ident(ident) = item_of(pat, items) else { return };
        if self.cfg.loops[of].head.item.is_none() {
            let name = ident.ident.to_string();
            let value = self.version(&Expression::Name(name.clone()));
            self.cfg.loops[of].head.item = Some(Item { name, value });
        }
    }
}

/// The collection that a loop iterates over. References, `iter`, `enumerate` and progress bars are
/// removed.
fn collection(items: &Expr) -> &Expr {
    match unreferenced(items) {
        Expr::MethodCall(call) if call.args.is_empty() && passes_each(&call.method.to_string()) => {
            collection(&call.receiver)
        }
        other => other,
    }
}

/// Whether an iterator adaptor returns each item unchanged, or each item with a number.
fn passes_each(method: &str) -> bool {
    matches!(numbering(method), Some(Numbering::Adds | Numbering::Keeps))
}

/// The data that an iterator goes through: `train` for `train.iter().enumerate()`.
fn data_of(items: &Expr) -> &Expr {
    match unreferenced(items) {
        Expr::MethodCall(call) => data_of(&call.receiver),
        other => of_loader(other).map_or(other, unreferenced),
    }
}

/// The data of a generated loop: `train` of `::training_loop::private::loader(train)`.
fn of_loader(expr: &Expr) -> Option<&Expr> {
    let Expr::Call(asked) = expr else { return None };
    let Expr::Path(path) = &*asked.func else { return None };
    asked.args.first().filter(|_| is_private_loader(&path.path))
}

/// The items of a generated loop, as messages show them.
///
/// Messages show `train.epoch(epoch)` for `::training_loop::private::loader(train).epoch(epoch)`.
fn shown(items: &Expr) -> Option<String> {
    let Expr::MethodCall(call) = items else { return None };
    let data = of_loader(&call.receiver)?;
    let arguments: Vec<String> = call.args.iter().map(text::tight).collect();
    Some(format!("{}.{}({})", text::tight(data), call.method, arguments.join(", ")))
}
