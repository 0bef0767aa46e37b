//! Conditions about which the processes of a distributed run may disagree.

use std::collections::BTreeSet;

use syn::Expr;

use super::failure::head;
use super::{Lower, address};
use crate::cfg::{Differs, Divide, HeadKind, PathId, SiteId};
use crate::diagnostic::Place;
use crate::lower::call::processes::last_name;
use crate::lower::env::value::Value;
use crate::lower::text;
use crate::vocabulary::{asks_for_main, is_gradient, names_communicator, names_rank, rejects_data};

/// What is known about the processes of a distributed run, while a function is being lowered.
#[derive(Default)]
pub(in crate::lower) struct Processes {
    /// The places that held the result of a reduction at some time.
    pub agreed: BTreeSet<PathId>,
    /// Whether values other than losses were reduced so far.
    pub reduced: bool,
    /// The next branch, if processes may disagree about its condition.
    pending: Option<(SiteId, Differs)>,
    /// How the condition that is being lowered differs between processes.
    asked: Differs,
    /// How the condition of each open branch differs between processes.
    inside: Vec<Differs>,
}

impl Processes {
    /// Starts a condition; returns what is known about the condition around it.
    pub(in crate::lower) fn start_condition(&mut self) -> Differs {
        std::mem::take(&mut self.asked)
    }

    /// Ends a condition; returns how the condition differs between processes.
    pub(in crate::lower) fn end_condition(&mut self, outer: Differs) -> Differs {
        std::mem::replace(&mut self.asked, outer)
    }

    /// How an assigned value differs between processes, if the conditions of the open branches are
    /// taken into account.
    pub(in crate::lower) fn assigned(&self, value: Differs) -> Differs {
        let around = self.inside.iter().copied().filter(|differs| differs.divides()).max();
        match around {
            None => value,
            Some(Differs::Item) => value.with(Differs::Item),
            Some(_) => value.with(Differs::Measured),
        }
    }
}

impl<'a> Lower<'a> {
    /// Lowers one side of a branch. The argument `asked` tells how the condition differs between
    /// processes.
    pub(in crate::lower) fn branched_by<T>(
        &mut self,
        asked: Differs,
        side: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.processes.inside.push(asked);
        let value = self.branched(side);
        self.processes.inside.pop();
        value
    }

    /// Records the value that decides the next branch.
    pub(in crate::lower) fn asks_about(&mut self, condition: &'a Expr, value: &Value<'a>) {
        let differs = value.differs();
        self.processes.asked = self.processes.asked.with(differs);
        self.processes.pending = None;
        if differs.divides() && differs != Differs::Named && !self.at.dead {
            let site =
                self.site(address(condition), None, || (Place::of(condition), text::tight(condition).into()));
            self.processes.pending = Some((site, differs));
        }
    }

    /// Records the branch at the end of the current block, if processes may disagree about its
    /// condition. This is the condition that was lowered last.
    pub(in crate::lower) fn divides_here(&mut self) {
        if let Some((site, differs)) = self.processes.pending
            && !self.at.dead
        {
            self.cfg.facts.processes.divides.push(Divide { block: self.at.block, site, differs });
        }
    }

    /// Whether the call before a `?` may fail on this process alone, because it rejects some data.
    ///
    /// If so, the branch of the `?` is the next branch that processes may take differently.
    pub(super) fn fails_alone(&mut self, tested: &'a Expr, value: &Value<'a>) -> bool {
        self.processes.pending = None;
        let differs = match tested {
            Expr::Path(_) => value.differs().min(Differs::Item),
            _ => value.differs(),
        };
        let rejects = match head(tested) {
            Some(Expr::Call(node)) => last_name(&node.func).is_some_and(|name| rejects_data(&name)),
            Some(Expr::MethodCall(node)) => rejects_data(&node.method.to_string()),
            _ => matches!(tested, Expr::Path(_)) && value.differs() == Differs::Item,
        };
        let alone = rejects && matches!(differs, Differs::Item | Differs::Measured) && !self.at.dead;
        if alone {
            let site = self.site(address(tested), None, || (Place::of(tested), text::tight(tested).into()));
            self.processes.pending = Some((site, differs));
        }
        alone
    }

    /// How an item of the innermost loop differs between processes.
    ///
    /// Each process has its own batches. The numbers of a range are the same on all processes.
    pub(in crate::lower) fn differs_as_item(&self, item: &Value<'a>) -> Differs {
        let kind = self.control.innermost().map(|of| self.cfg.loops[of].head.kind);
        match (kind, item.differs()) {
            (Some(HeadKind::Numbers), _) => Differs::Unknown,
            (_, differs @ (Differs::Agreed | Differs::Part)) => differs,
            _ => Differs::Item,
        }
    }

    /// How a value that is stored in a place differs between processes.
    pub(in crate::lower) fn differs_in(&mut self, path: PathId, value: &Value<'a>) -> Differs {
        let differs = value.differs();
        if differs == Differs::Agreed {
            self.processes.agreed.insert(path);
        }
        let weak = matches!(differs, Differs::Item | Differs::Measured);
        match differs {
            _ if weak && self.processes.agreed.contains(&path) => Differs::Agreed,
            _ if self.guarding.counting.is_index(path) => Differs::Unknown,
            _ => differs,
        }
    }

    /// The value of a variable, refined by what the variable's name tells about distributed runs.
    pub(in crate::lower) fn in_run(&self, path: PathId, mut value: Value<'a>) -> Value<'a> {
        let name = self.cfg.paths.name(path);
        learn_from_name(name, &mut value);
        value
    }
}

/// Learns from the name of a variable or a field how the value differs between processes, and
/// whether the value is a gradient.
fn learn_from_name(name: &str, value: &mut Value<'_>) {
    if value.differs() == Differs::Unknown {
        if names_rank(name) {
            value.differs = Differs::Named;
        } else if asks_for_main(name) {
            value.differs = Differs::Rank;
        }
    }
    value.gradient |= is_gradient(name) && !names_communicator(name);
}

/// The value of a field, refined by what the field's name tells about distributed runs.
pub(in crate::lower) fn part_in_run<'a>(whole: &Value<'a>, member: &str, mut value: Value<'a>) -> Value<'a> {
    if whole.differs() == Differs::Item && value.differs() == Differs::Unknown {
        value.differs = Differs::Item;
    }
    learn_from_name(member, &mut value);
    value
}
