//! The functions of the checked code that a function calls, by the names of the calls.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::faults::Faults;
use super::peers::zeroes_by_hand;
use super::walk::Walk;
use crate::lower::resolve::{FnId, Resolver};
use crate::vocabulary::{may_zero, names_rate};

/// What a function may do, by the names of its calls.
#[derive(Clone, Copy)]
pub(super) enum May {
    /// It may compute gradients.
    Fill,
    /// It may update parameters, or assigns something.
    Update,
    /// It zeroes gradients.
    Zero,
    /// It may zero gradients.
    PerhapsZero,
}

/// What a function may do itself, and the functions of the checked code that it calls.
pub(super) struct Inside {
    may: [bool; 4],
    calls: BTreeSet<String>,
}

impl Inside {
    fn of(resolver: &Resolver<'_>, id: FnId) -> Self {
        let search = resolver.faults_of(id);
        let (calls, assigned) = (&search.walk.calls, &search.walk.assigned);
        let rated =
            |walk: &Walk<'_>| walk.calls.iter().any(|call| Faults::may_step(call) || call.gives(names_rate));
        let by_hand = zeroes_by_hand(assigned);
        let zero = by_hand || calls.iter().any(super::walk::Call::is_zero);
        let may = [
            calls.iter().any(|call| search.may_fill(call)) || Faults::writes_gradients(assigned),
            !assigned.is_empty() || rated(&search.walk),
            zero,
            zero || calls.iter().any(|call| may_zero(&call.name)),
        ];
        let known =
            calls.iter().map(|call| &call.name).filter(|name| !resolver.functions_named(name).is_empty());
        Self { may, calls: known.cloned().collect() }
    }
}

impl Resolver<'_> {
    fn inside(&self, id: FnId) -> Rc<Inside> {
        if let Some(known) = self.order.inside.borrow().get(&id) {
            return Rc::clone(known);
        }
        let inside = Rc::new(Inside::of(self, id));
        self.order.inside.borrow_mut().insert(id, Rc::clone(&inside));
        inside
    }
}

impl Faults<'_, '_> {
    /// Whether a function of the checked code with this name, or one that it calls, may do something; `None` if
    /// there is no such function.
    pub(super) fn inside(&self, name: &str, what: May) -> Option<bool> {
        let named = |name: &str| {
            let all = self.resolver.functions_named(name).iter().copied();
            all.filter(|id| !std::ptr::eq(&raw const self.resolver.functions[*id], self.function))
        };
        named(name).next()?;
        let mut seen = BTreeSet::from([name.to_owned()]);
        let mut open = vec![name.to_owned()];
        while let Some(name) = open.pop() {
            for id in named(&name) {
                let inside = self.resolver.inside(id);
                if inside.may[what as usize] {
                    return Some(true);
                }
                for call in &inside.calls {
                    if named(call).next().is_some() && seen.insert(call.clone()) {
                        open.push(call.clone());
                    }
                }
            }
        }
        Some(false)
    }
}
