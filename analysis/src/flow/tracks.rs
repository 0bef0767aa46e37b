//! Which words belong to what, and what events do to them.

use super::{Word, words::Words};
use crate::cfg::{Action, Cfg, Deps, Event, OptimizerId, PathId, SiteId};

/// The words of everything that is tracked beside gradients, in a fixed order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tracks {
    words: Vec<Words>,
}

/// Where the words of a thing stand.
fn stepped(id: OptimizerId) -> usize {
    1 + id
}

fn mode(cfg: &Cfg, index: usize) -> usize {
    1 + cfg.optimizers.len() + index
}

/// Where a guard keeps the former mode of a model.
fn kept(cfg: &Cfg, guard: usize, index: usize) -> usize {
    mode(cfg, cfg.modes.len() * (guard + 1) + index)
}

impl Tracks {
    /// At the function's entry.
    pub(super) fn entry(cfg: &Cfg, annotated: bool) -> Self {
        let mut words = vec![Words::new(Word::ON)];
        words.extend(cfg.optimizers.iter().map(|optimizer| {
            Words::new(match (optimizer.lost, optimizer.from_caller, annotated) {
                (true, _, _) | (false, false, _) => Word::UNKNOWN,
                (false, true, true) => Word::BEFORE,
                (false, true, false) => Word::ENTRY,
            })
        }));
        words.extend(
            cfg.modes
                .iter()
                .map(|(_, of_caller)| Words::new(if *of_caller { Word::ENTRY } else { Word::UNKNOWN })),
        );
        words.resize(words.len() + cfg.guards_of_mode * cfg.modes.len(), Words::new(Word::UNKNOWN));
        Self { words }
    }

    /// Whether what is computed is recorded, as far as a switch decides that.
    pub(super) fn recording(&self) -> Words {
        self.words[0]
    }

    /// Whether an optimizer has stepped.
    pub(super) fn stepped(&self, id: OptimizerId) -> Words {
        self.words[stepped(id)]
    }

    /// The mode of a model: its own, or that of the smallest known whole that it is a part of.
    pub(super) fn mode(&self, cfg: &Cfg, model: PathId) -> Option<Words> {
        let wholes = cfg.modes.iter().enumerate().filter(|(_, (path, _))| cfg.paths.holds(*path, model));
        let nearest = wholes.reduce(|a, b| if cfg.paths.holds(a.1.0, b.1.0) { b } else { a })?;
        Some(self.words[mode(cfg, nearest.0)])
    }

    pub(super) fn join(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for (mine, theirs) in self.words.iter_mut().zip(&other.words) {
            changed |= mine.join(theirs);
        }
        changed
    }

    pub(super) fn skip(&mut self) {
        self.words.iter_mut().for_each(Words::skip);
    }

    pub(super) fn apply(&mut self, cfg: &Cfg, event: &Event) {
        match &event.action {
            Action::Build(id) => self.put(cfg, *id, Word::BEFORE, Some(event.site)),
            Action::Forget(id) => self.put(cfg, *id, Word::UNKNOWN, None),
            Action::Gradients(id, crate::stage::Effect::Take) => {
                self.put(cfg, *id, Word::AFTER, Some(event.site));
            }
            Action::Touch(deps) => {
                for id in (0..cfg.optimizers.len()).filter(|id| cfg.touches(*id, deps)) {
                    self.put(cfg, id, Word::UNKNOWN, None);
                }
                self.lose_mode(cfg, deps);
            }
            Action::Mode(model, word) => self.set_mode(cfg, *model, *word, event.site),
            Action::LoseMode(deps) => self.lose_mode(cfg, deps),
            Action::Recording(word) => self.words[0].set(*word, Some(event.site)),
            Action::KeepMode(guard) => {
                for index in 0..cfg.modes.len() {
                    self.words[kept(cfg, *guard, index)] = self.words[mode(cfg, index)];
                }
            }
            Action::RestoreMode(guard, model) => {
                for index in related(cfg, *model) {
                    self.words[mode(cfg, index)] = self.words[kept(cfg, *guard, index)];
                }
            }
            _ => {}
        }
    }

    fn put(&mut self, cfg: &Cfg, id: OptimizerId, word: Word, by: Option<SiteId>) {
        if !cfg.optimizers[id].lost {
            self.words[stepped(id)].set(word, by);
        }
    }

    /// A part in another mode than the whole is meant so, and nothing is said about the whole.
    fn set_mode(&mut self, cfg: &Cfg, model: PathId, word: Word, site: SiteId) {
        for index in related(cfg, model) {
            let words = &mut self.words[mode(cfg, index)];
            if cfg.paths.holds(model, cfg.modes[index].0) {
                words.set(word, Some(site));
            } else {
                words.keep_only(word);
            }
        }
    }

    fn lose_mode(&mut self, cfg: &Cfg, deps: &Deps) {
        for (index, (path, _)) in cfg.modes.iter().enumerate() {
            if Deps::one(*path).overlaps(deps, &cfg.paths) != Some(false) {
                self.words[mode(cfg, index)].set(Word::UNKNOWN, None);
            }
        }
    }
}

/// The modes of a model, of its parts, and of what it is a part of.
fn related(cfg: &Cfg, model: PathId) -> impl Iterator<Item = usize> {
    (0..cfg.modes.len()).filter(move |&index| cfg.paths.overlap(cfg.modes[index].0, model))
}
