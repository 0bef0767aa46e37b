//! What the lints on losses and data ask of where values come from.

use super::Context;
use crate::cfg::{Certain, Deps, SiteId};

impl Context<'_> {
    /// Whether an optimizer of this function moves one of these models, as far as that is known.
    pub(super) fn is_trained(&self, models: &Deps) -> bool {
        let optimizers = &self.cfg.optimizers;
        let known = |owned: &Option<Deps>| owned.as_ref()?.overlaps(models, &self.cfg.paths);
        !models.is_empty()
            && optimizers
                .iter()
                .any(|one| known(&one.owned) == Some(true) || (one.owned.is_none() && optimizers.len() == 1))
    }

    /// Whether both sites stand in the same loops, so that one round runs both.
    pub(super) fn in_one_round(&self, a: SiteId, b: SiteId) -> bool {
        self.site(a).loops == self.site(b).loops
    }

    /// Reports a fault of one place, which does not depend on the state of gradients.
    pub(super) fn report_alone(&mut self, site: SiteId, message: impl Into<String>) -> super::Report<'_> {
        let name = self.lint.map_or("", |lint| lint.name);
        // What is wrong with the loss itself is told rather than what follows from it at the same place.
        self.report(site, super::Cause::Alone(site, name), 0, Certain::Every, message)
    }
}

/// The words of a name, in lower case.
pub(super) fn words(name: &str) -> impl Iterator<Item = String> {
    let lower = name.to_ascii_lowercase();
    let words: Vec<String> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(ToOwned::to_owned)
        .collect();
    words.into_iter()
}

/// Whether one of a text's words is one of these.
pub(super) fn mentions(text: &str, known: &[&str]) -> bool {
    words(text).any(|word| known.contains(&word.as_str()))
}
