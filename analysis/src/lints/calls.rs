//! Queries on the chain of inlined calls that leads to a site.

use super::Context;
use crate::cfg::{Cfg, SiteId};
use crate::diagnostic::Note;

impl Context<'_> {
    /// The position of a site in source order: the positions of the calls that lead to the site,
    /// followed by the position of the site itself.
    pub(super) fn order(&self, site: SiteId) -> Vec<(usize, usize)> {
        let calls = self.cfg.calls_to(site).into_iter().map(|call| self.cfg.calls[call].site);
        let place = |site| (self.line(site), self.site(site).place.column());
        calls.chain([site]).map(place).collect()
    }

    /// Maps `site` into the innermost function that leads to both `site` and `other`.
    ///
    /// The result is `site` itself, or the call in this function that leads to `site`.
    pub fn in_common_function(&self, site: SiteId, other: SiteId) -> SiteId {
        let (calls, others) = (self.cfg.calls_to(site), self.cfg.calls_to(other));
        let common = calls.iter().zip(&others).take_while(|(a, b)| a == b).count();
        calls.get(common).map_or(site, |&call| self.cfg.calls[call].site)
    }

    /// Whether the same chain of inlined calls leads to two sites.
    pub fn same_function(&self, a: SiteId, b: SiteId) -> bool {
        self.site(a).call == self.site(b).call
    }

    /// The outermost inlined call that leads to a site and is in the same loops as the site. Without such a
    /// call, the result is the site itself.
    pub fn entry_into_loop(&self, mut site: SiteId) -> SiteId {
        while let Some(call) = self.site(site).call {
            let outer = self.cfg.calls[call].site;
            if self.site(outer).loops != self.site(site).loops {
                break;
            }
            site = outer;
        }
        site
    }
}

/// The notes on the calls that lead to a site, innermost first.
pub(super) fn notes(cfg: &Cfg, site: SiteId) -> Vec<Note> {
    let calls = cfg.calls_to(site);
    let note = |(index, call): (usize, &usize)| {
        let call = &cfg.calls[*call];
        let place = cfg.sites[call.site].place;
        let message = if index == 0 {
            format!("called from `{}` on line {}", call.caller, place.line())
        } else {
            format!("and `{}` from `{}` on line {}", call.callee, call.caller, place.line())
        };
        Note { place: Some(place), message }
    };
    calls.iter().rev().enumerate().map(note).collect()
}
