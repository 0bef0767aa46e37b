//! What is known of an optimizer's gradients and parameters beside the automaton: whether they carry a
//! scaler's factor, whose loss they come from, whether the parameters are still the model's.

use super::effect::{Reach, covers, reaches};
use super::{Word, words::Words};
use crate::cfg::{Action, Cfg, Deps, Event, OptimizerId, PathId, SiteId};
use crate::stage::Effect;

/// The books of one optimizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Books {
    /// Plain or scaled.
    pub scale: Words,
    /// Whether a loss that another optimizer follows too filled them, and that one has stepped since.
    pub shared: Words,
    /// Whether a loss of their own came on top of such ones.
    pub mixed: Words,
    /// Whether the parameters are those of the model, or were replaced in it.
    pub parameters: Words,
}

impl Books {
    fn new(word: Word) -> Self {
        let words = Words::new(word);
        Self { scale: words, shared: words, mixed: words, parameters: words }
    }

    fn each(&mut self) -> [&mut Words; 4] {
        [&mut self.scale, &mut self.shared, &mut self.mixed, &mut self.parameters]
    }

    fn put(&mut self, word: Word) {
        self.each().into_iter().for_each(|words| words.set(word, None));
    }

    /// Nothing is left in the gradients.
    fn empty(&mut self) {
        self.scale.set(Word::PLAIN, None);
        self.own();
    }

    /// What is left in the gradients is used up.
    fn own(&mut self) {
        self.shared.set(Word::CLEAN, None);
        self.mixed.set(Word::OWN, None);
    }

    /// Takes in what comes along another way; says whether anything changed.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        let mut theirs = *other;
        let mut changed = false;
        for (mine, theirs) in self.each().into_iter().zip(theirs.each()) {
            changed |= mine.join(theirs);
        }
        changed
    }
}

/// The books of all optimizers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ledger(Vec<Books>);

impl Ledger {
    /// At the function's entry.
    pub(super) fn entry(cfg: &Cfg) -> Self {
        let start = |optimizer: &crate::cfg::Optimizer| {
            let known = optimizer.from_caller && !optimizer.lost;
            Books::new(if known { Word::PLAIN } else { Word::UNKNOWN })
        };
        Self(cfg.optimizers.iter().map(start).collect())
    }

    pub(super) fn of(&self, id: OptimizerId) -> Books {
        self.0[id]
    }

    pub(super) fn join(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            changed |= mine.join(theirs);
        }
        changed
    }

    pub(super) fn skip(&mut self) {
        for books in &mut self.0 {
            books.each().into_iter().for_each(Words::skip);
        }
    }

    pub(super) fn apply(&mut self, cfg: &Cfg, event: &Event) {
        match &event.action {
            Action::Build(id) if !cfg.optimizers[*id].lost => self.0[*id].put(Word::PLAIN),
            Action::Forget(id) => self.0[*id].put(Word::UNKNOWN),
            Action::Gradients(id, effect) if !cfg.optimizers[*id].lost => self.act(*id, *effect),
            Action::Through(deps, Effect::Zero) => self.zero(cfg, deps),
            Action::Backward { deps, scaled, .. } => self.fill(cfg, deps, *scaled, event.site),
            Action::Replace(path) => self.replace(cfg, *path, event.site),
            Action::Touch(deps) => {
                for id in (0..self.0.len()).filter(|id| cfg.touches(*id, deps)) {
                    self.0[id].put(Word::UNKNOWN);
                }
            }
            _ => {}
        }
    }

    fn act(&mut self, id: OptimizerId, effect: Effect) {
        match effect {
            Effect::Zero => self.0[id].empty(),
            Effect::Unscale => self.0[id].scale.set(Word::PLAIN, None),
            Effect::Take => {
                self.0[id].own();
                for (_, books) in self.0.iter_mut().enumerate().filter(|(other, _)| *other != id) {
                    let by = books.shared.by(Word::DISTRIBUTED);
                    if books.shared.all.within(Word::DISTRIBUTED) {
                        books.shared.set(Word::TAKEN, by);
                    } else if books.shared.all.meets(Word::DISTRIBUTED) {
                        books.shared.set(Word::UNKNOWN, None);
                    }
                }
            }
            Effect::Fill | Effect::Clip | Effect::Nothing => {}
        }
    }

    fn zero(&mut self, cfg: &Cfg, deps: &Deps) {
        for id in 0..self.0.len() {
            let whole = cfg.optimizers[id].owned.as_ref().is_some_and(|owned| covers(cfg, deps, owned));
            match reaches(cfg, id, deps) {
                Reach::Yes if whole && !cfg.optimizers[id].lost => self.0[id].empty(),
                Reach::No => {}
                _ => self.0[id].put(Word::UNKNOWN),
            }
        }
    }

    fn fill(&mut self, cfg: &Cfg, deps: &Deps, scaled: bool, site: SiteId) {
        let all = 0..self.0.len();
        let reach: Vec<Reach> = all.clone().map(|id| reaches(cfg, id, deps)).collect();
        for id in all.clone().filter(|id| !cfg.optimizers[*id].lost) {
            match reach[id] {
                Reach::Yes => {}
                Reach::Maybe => {
                    let parameters = self.0[id].parameters;
                    self.0[id].put(Word::UNKNOWN);
                    self.0[id].parameters = parameters;
                    continue;
                }
                Reach::No => continue,
            }
            let books = &mut self.0[id];
            books.scale.set(if scaled { Word::SCALED } else { Word::PLAIN }, Some(site));
            let others = |other: &usize| *other != id && reach[*other] == Reach::Yes;
            if books.shared.all.within(Word::TAKEN) {
                let before = books.shared.by(Word::TAKEN).filter(|&before| before != site);
                let earlier = before.and_then(|before| cfg.backwards.get(&before));
                let common = |earlier: &Deps| {
                    all.clone().filter(others).any(|other| reaches(cfg, other, earlier) == Reach::Yes)
                };
                if earlier.is_some_and(common) {
                    books.mixed.set(Word::MIXED, before);
                }
            } else if all.clone().any(|other| others(&other)) {
                books.shared.set(Word::DISTRIBUTED, Some(site));
            }
        }
    }

    fn replace(&mut self, cfg: &Cfg, path: PathId, site: SiteId) {
        for (id, optimizer) in cfg.optimizers.iter().enumerate().filter(|(_, optimizer)| !optimizer.lost) {
            let owned = optimizer.owned.as_ref().map_or(&[][..], Deps::paths);
            if owned.iter().any(|&owned| cfg.paths.overlap(owned, path)) {
                self.0[id].parameters.set(Word::REPLACED, Some(site));
            }
        }
    }
}
