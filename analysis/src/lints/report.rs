//! Findings, from the report of a lint to the final message.

use super::Lint;
use crate::cfg::{Certain, Cfg, GraphId, OptimizerId, SiteId};
use crate::diagnostic::{Level, Note};
use crate::fix::Fix;

/// A finding of a lint, before findings with the same cause are merged.
#[derive(Debug)]
pub struct Finding {
    pub(super) lint: &'static Lint,
    pub(super) certain: Certain,
    /// The place of the finding.
    pub(super) site: SiteId,
    /// The cause of the finding. Only one finding is reported for each cause.
    pub(super) cause: Cause,
    /// The highest level that the finding may have.
    pub(super) most: Level,
    /// The position of the finding in execution order.
    pub(super) rank: usize,
    pub(super) message: String,
    /// A description of the paths on which the fault occurs, unless it occurs on all paths.
    pub(super) when: Option<String>,
    pub(super) notes: Vec<Note>,
    pub(super) help: Option<String>,
    pub(super) fix: Option<Fix>,
}

impl Finding {
    /// The message, followed by the paths on which the fault occurs.
    pub(super) fn full_message(&self) -> String {
        match (self.certain, &self.when) {
            (Certain::Every, _) => self.message.clone(),
            (Certain::Some, None) => format!("{}, on some path", self.message),
            (Certain::Some, Some(when)) => format!("{}, {when}", self.message),
        }
    }
}

/// The cause of a fault. Only the first of several findings with the same cause is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// An event on the gradients of this optimizer.
    Gradients(SiteId, OptimizerId),
    /// An event on the graph of a tensor.
    Graph(SiteId, GraphId),
    /// An event at a site, with the name of the lint that reports the event.
    Alone(SiteId, &'static str),
}

impl Cause {
    /// The optimizer whose gradients are faulty.
    pub(super) fn optimizer(self) -> Option<OptimizerId> {
        match self {
            Self::Gradients(_, optimizer) => Some(optimizer),
            Self::Graph(..) | Self::Alone(..) => None,
        }
    }
}

/// A builder that adds notes, help and a fix to a finding.
#[derive(Debug)]
pub struct Report<'f> {
    pub(super) cfg: &'f Cfg,
    pub(super) finding: Option<&'f mut Finding>,
}

impl Report<'_> {
    /// Adds a note on the code at a site.
    pub fn note_at(mut self, site: SiteId, message: impl Into<String>) -> Self {
        let place = Some(self.cfg.sites[site].place);
        self.note_with(place, message.into());
        self
    }

    /// Adds a note without a site.
    pub fn note(mut self, message: impl Into<String>) -> Self {
        self.note_with(None, message.into());
        self
    }

    /// Sets the condition under which the fault occurs.
    ///
    /// Without a condition, the message of a possible finding ends with "on some path".
    pub fn when(self, when: Option<String>) -> Self {
        let Self { cfg, mut finding } = self;
        if let Some(finding) = &mut finding {
            finding.when = when;
        }
        Self { cfg, finding }
    }

    /// Limits the level to a warning, for code that may be intended.
    pub fn only_warns(mut self) -> Self {
        if let Some(finding) = &mut self.finding {
            finding.most = Level::Warning;
        }
        self
    }

    /// Sets the help: the code to write instead.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        if let Some(finding) = &mut self.finding {
            finding.help = Some(help.into());
        }
        self
    }

    /// Sets the help as an edit of the source.
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
