//! The names in scope.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use crate::cfg::{Action, OnStore, PathId, StoreId};
use crate::lower::Lower;
use crate::lower::env::value::{Kind, Value};

/// A marker among the names. It marks the start of the body of an inlined function or closure.
const BORDER: PathId = PathId::MAX;

/// The variables in scope.
#[derive(Default)]
pub(in crate::lower) struct Scope {
    /// All variables with their names, innermost last.
    names: Vec<(Rc<str>, PathId)>,
    /// For each name, its variables with their indices in `names`, innermost last.
    by_name: BTreeMap<Rc<str>, Vec<(usize, PathId)>>,
    /// Ranges of `names` that are invisible to the body that is being lowered.
    hidden: Vec<Range<usize>>,
}

impl Scope {
    pub(in crate::lower) fn len(&self) -> usize {
        self.names.len()
    }

    pub(in crate::lower) fn lookup(&self, name: &str) -> Option<PathId> {
        let visible = |index: usize| !self.hidden.iter().any(|hidden| hidden.contains(&index));
        let known = self.by_name.get(name)?.iter().rev();
        known.copied().find(|(index, _)| visible(*index)).map(|(_, path)| path)
    }

    pub(in crate::lower) fn enter(&mut self, name: &str, path: PathId) {
        let index = self.names.len();
        let name = match self.by_name.get_key_value(name) {
            Some((known, _)) => Rc::clone(known),
            None => name.into(),
        };
        self.by_name.entry(Rc::clone(&name)).or_default().push((index, path));
        self.names.push((name, path));
    }

    /// The variables that were declared after the first `mark` names.
    pub(in crate::lower) fn since(&self, mark: usize) -> impl DoubleEndedIterator<Item = PathId> {
        self.names[mark..].iter().map(|(_, path)| *path)
    }

    /// Enters the body of a function and hides all outer names. Returns the ranges that were hidden
    /// before.
    pub(in crate::lower) fn enter_function(&mut self) -> Vec<Range<usize>> {
        let everything = std::iter::once(0..self.names.len()).collect();
        self.enter_body(everything)
    }

    /// Enters the body of a closure. Only the first `seen` names are visible: the names in scope at
    /// the closure's definition.
    ///
    /// Returns the ranges that were hidden before.
    pub(in crate::lower) fn enter_closure(&mut self, seen: usize) -> Vec<Range<usize>> {
        let mark = self.names.len();
        let before = self.hidden.iter().filter(|hidden| hidden.end < seen).cloned();
        let hidden = before.chain(std::iter::once(seen.min(mark)..mark)).collect();
        self.enter_body(hidden)
    }

    fn enter_body(&mut self, hidden: Vec<Range<usize>>) -> Vec<Range<usize>> {
        self.names.push((Rc::default(), BORDER));
        std::mem::replace(&mut self.hidden, hidden)
    }

    /// Leaves the body of a function or closure, and restores the ranges that were hidden before
    /// the body.
    pub(in crate::lower) fn leave_body(&mut self, hidden: Vec<Range<usize>>) {
        self.hidden = hidden;
    }

    /// Whether a variable is in scope, even if a later variable of the same name shadows it.
    fn holds(&self, variable: PathId) -> bool {
        self.names.iter().any(|(_, path)| *path == variable)
    }

    /// Removes the innermost variables until `mark` names are left.
    fn truncate(&mut self, mark: usize) -> Vec<PathId> {
        let ended = self.names.split_off(mark);
        for (name, _) in ended.iter().filter(|(_, path)| *path != BORDER) {
            if let Some(known) = self.by_name.get_mut(name) {
                known.pop();
            }
        }
        ended.into_iter().map(|(_, path)| path).filter(|path| *path != BORDER).collect()
    }
}

impl<'a> Lower<'a> {
    pub(in crate::lower) fn lookup(&self, name: &str) -> Option<PathId> {
        self.scope.lookup(name)
    }

    /// Ends the innermost scopes until `mark` names are left.
    pub(in crate::lower) fn leave(&mut self, mark: usize) {
        self.leave_with(mark, &Value::nothing());
    }

    /// Ends the innermost scopes until `mark` names are left. The graphs of `value` outlive the
    /// scopes.
    pub(in crate::lower) fn leave_with(&mut self, mark: usize, value: &Value<'a>) {
        let mut kept = Vec::new();
        value.all_graphs(&mut kept);
        for path in self.scope.truncate(mark) {
            self.changed_in(path);
            if let Some(graph) = self.objects.graph_of(path)
                && !kept.contains(&graph)
            {
                self.emit(Action::Compute(graph, Vec::new()), 0);
            }
            self.close_guard(path);
            self.end_gradients(path, value);
        }
    }

    /// Ends the gradients in a variable, unless `value` or another variable in scope holds the same
    /// gradients.
    fn end_gradients(&mut self, path: PathId, value: &Value<'a>) {
        let Some(Kind::Gradients(stores)) = self.env.value(path).map(|value| &value.kind) else { return };
        let has = |value: &Value<'a>, store: StoreId| match &value.kind {
            Kind::Gradients(known) => known.contains(&store),
            kind => kind
                .parts()
                .any(|part| matches!(&part.kind, Kind::Gradients(known) if known.contains(&store))),
        };
        let elsewhere = |store: StoreId| {
            let mut others =
                self.env.values.iter().filter(|(other, _)| {
                    **other != path && self.scope.holds(self.cfg.paths.root_of(**other))
                });
            has(value, store) || others.any(|(_, value)| has(value, store))
        };
        let ended: Vec<StoreId> = stores.iter().copied().filter(|store| !elsewhere(*store)).collect();
        if !ended.is_empty() {
            self.emit(Action::OnStores(ended, OnStore::End), 0);
        }
    }

    /// Ends the guards in the scopes that a jump leaves. These scopes contain the names after the
    /// first `mark` names.
    pub(in crate::lower) fn unwind(&mut self, mark: usize) {
        let guards: Vec<_> = self
            .scope
            .since(mark)
            .rev()
            .filter_map(|path| self.env.value(path).and_then(Value::guard))
            .collect();
        for guard in guards {
            self.end_guard(guard);
        }
    }
}
