//! Uses of a model's output by calls that show or store results.

use crate::cfg::{Computation, Shown, SiteId};
use crate::lower::Lower;
use crate::lower::env::value::Value;
use crate::stage::Stage;

impl<'a> Lower<'a> {
    /// Records that the call `by` shows these values, once for each forward that the values depend
    /// on. For a macro that prints, `by` is `None`.
    pub(in crate::lower) fn note_shown<'v>(
        &mut self,
        by: Option<SiteId>,
        values: impl Iterator<Item = &'v Value<'a>>,
    ) where
        'a: 'v,
    {
        let sites = values.flat_map(|value| value.past.computed.known().iter().chain(&value.origin.forwards));
        let sites: Vec<SiteId> = sites.copied().collect();
        for site in sites {
            let stage = self.cfg.facts.at::<Computation>(site).map(|run| run.stage);
            if stage == Some(Stage::Forward) {
                self.cfg.facts.note_once(site, Shown { by });
            }
        }
    }
}
