//! The reasons why gradients may be left without a step.

use std::collections::BTreeSet;

use super::{Of, PENDING};
use crate::cfg::{BlockKind, SiteId};
use crate::diagnostic::Place;
use crate::flow::{GradientStates, Observed};
use crate::prove::Verdict;
use crate::stage::Effect;

impl Of<'_> {
    /// The reason why this optimizer may never step with the gradients of a backward; `None`
    /// without such a reason.
    pub(super) fn left_behind(&self, fill: SiteId) -> Option<Verdict> {
        let cfg = self.asked.cfg;
        let optimizer = &cfg.optimizers[self.id];
        let name = &optimizer.name;
        let backward = self.line(fill);
        if self.steps.is_empty() && self.lost.is_empty() {
            return Some(Verdict::Undecided(format!("no `step` of `{name}` is in this function")));
        }
        let shares = |other: &crate::cfg::Optimizer| {
            other.path != optimizer.path && other.owned.is_some() && other.owned == optimizer.owned
        };
        if cfg.optimizers.iter().any(shares) {
            return Some(Verdict::Undecided(format!(
                "`{name}` shares its parameters with another optimizer"
            )));
        }
        let taken = self.steps.iter().filter(|(_, _, entry)| entry.fills.contains_key(&fill));
        if let Some(why) = taken.into_iter().find_map(|(_, _, entry)| self.may_replace(entry)) {
            return Some(why);
        }
        if let Some(line) = self.zeroed_or_rebuilt(fill) {
            let why = format!("whether a step comes between line {backward} and line {line} on every path");
            return Some(Verdict::Undecided(why));
        }
        if !self.lost.is_empty() || optimizer.lost {
            return Some(self.unknown());
        }
        let exits = cfg.blocks.iter().enumerate().filter_map(|(id, block)| Some((id, block.ends?)));
        let left = exits.clone().find(|(block, place)| {
            let gradients = self.asked.solution.starts[*block].gradients(self.id);
            let waits = self.ledger.ends.get(block).is_none_or(|entry| entry.waits(fill));
            let pending = PENDING | GradientStates::UNKNOWN;
            let own = || follows(place, &self.site(fill).place);
            gradients.is_some_and(|gradients| gradients.all.meets(pending)) && waits && !own()
        })?;
        let line = left.1.line();
        Some(Verdict::Undecided(if cfg.blocks[left.0].kind == BlockKind::Exit {
            format!("whether a step comes after line {backward} before the function ends")
        } else {
            format!("the function may end at line {line}, between line {backward} and a step")
        }))
    }

    /// The line of a `zero_grad` or a new optimizer that may come between a backward and its step.
    fn zeroed_or_rebuilt(&self, fill: SiteId) -> Option<usize> {
        let mut rebuilt = BTreeSet::new();
        self.asked.solution.replay(self.asked.cfg, |event, before, _| {
            let builds = matches!(event.action, crate::cfg::Action::Build(id) if id == self.id);
            if builds && before.gradients(self.id).is_some_and(|gradients| gradients.all.meets(PENDING)) {
                rebuilt.insert(event.site);
            }
        });
        let found = self.ledger.before.iter().find(|(index, entry)| {
            let visit = &self.asked.solution.visits[**index];
            entry.waits(fill)
                && match visit.what {
                    Observed::Effect(_, Effect::Zero, gradients) => gradients.all.meets(PENDING),
                    Observed::Build(_) => rebuilt.contains(&visit.site),
                    _ => false,
                }
        });
        found.map(|(index, _)| self.line(self.asked.solution.visits[*index].site))
    }
}

/// Whether a `?` directly follows this call. If the call then fails, there are no gradients to
/// lose.
fn follows(mark: &Place, call: &Place) -> bool {
    let (start, end) = (mark.start.start(), call.end.end());
    (start.line, start.column) == (end.line, end.column)
}
