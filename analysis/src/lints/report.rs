//! A finding, from what a lint says of it to how it is worded.

use super::Lint;
use crate::cfg::{Certain, Cfg, GraphId, OptimizerId, SiteId};
use crate::diagnostic::{Level, Note};
use crate::fix::Fix;

/// A finding that has still to be weighed against the others.
#[derive(Debug)]
pub struct Finding {
    pub(super) lint: &'static Lint,
    pub(super) certain: Certain,
    /// Where it stands.
    pub(super) site: SiteId,
    /// What makes it a fault: one finding for each.
    pub(super) cause: Cause,
    /// The highest level that it may have.
    pub(super) most: Level,
    /// When it comes about.
    pub(super) rank: usize,
    pub(super) message: String,
    /// On which paths, if not on all.
    pub(super) when: Option<String>,
    pub(super) notes: Vec<Note>,
    pub(super) help: Option<String>,
    pub(super) fix: Option<Fix>,
}

impl Finding {
    /// The message, and on which paths it holds.
    pub(super) fn told(&self) -> String {
        match (self.certain, &self.when) {
            (Certain::Every, _) => self.message.clone(),
            (Certain::Some, None) => format!("{}, on some path", self.message),
            (Certain::Some, Some(when)) => format!("{}, {when}", self.message),
        }
    }
}

/// What makes something a fault; of several findings with one cause the first is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// An event that meets the gradients of an optimizer.
    Gradients(SiteId, OptimizerId),
    /// An event that meets the graph of a tensor.
    Graph(SiteId, GraphId),
    /// An event alone, judged by one lint.
    Alone(SiteId, &'static str),
}

impl Cause {
    /// The optimizer whose gradients are at fault.
    pub(super) fn optimizer(self) -> Option<OptimizerId> {
        match self {
            Self::Gradients(_, optimizer) => Some(optimizer),
            Self::Graph(..) | Self::Alone(..) => None,
        }
    }
}

/// A finding that is being worded.
#[derive(Debug)]
pub struct Report<'f> {
    pub(super) cfg: &'f Cfg,
    pub(super) finding: Option<&'f mut Finding>,
}

impl Report<'_> {
    /// Adds a note that speaks of a site.
    pub fn note_at(mut self, site: SiteId, message: impl Into<String>) -> Self {
        let place = Some(self.cfg.sites[site].place);
        self.note_with(place, message.into());
        self
    }

    /// Adds a note.
    pub fn note(mut self, message: impl Into<String>) -> Self {
        self.note_with(None, message.into());
        self
    }

    /// Says on which paths it holds, if that is known; else a finding that is not certain holds on some.
    pub fn when(self, when: Option<String>) -> Self {
        let Self { cfg, mut finding } = self;
        if let Some(finding) = &mut finding {
            finding.when = when;
        }
        Self { cfg, finding }
    }

    /// A warning at most: it may be meant so.
    pub fn only_warns(mut self) -> Self {
        if let Some(finding) = &mut self.finding {
            finding.most = Level::Warning;
        }
        self
    }

    /// Says what to write instead.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        if let Some(finding) = &mut self.finding {
            finding.help = Some(help.into());
        }
        self
    }

    /// The help as a change of the source.
    pub fn fix(mut self, fix: Option<Fix>) -> Self {
        if let Some(finding) = &mut self.finding {
            finding.fix = fix;
        }
        self
    }

    fn note_with(&mut self, place: Option<crate::diagnostic::Place>, message: String) {
        if let Some(finding) = &mut self.finding {
            finding.notes.push(Note { place, message });
        }
    }
}
