//! Compares the collective operations on the branches that processes may take differently.
//!
//! All processes have to run the same collective operations in the same order. From a branch, each side leads
//! to some sequences of operations. The sequences end where an iteration or the function ends. If the sides do not
//! have the same sequences, a process on one side waits for a process on the other side.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::cfg::{Action, BlockId, BlockKind, Certain, Cfg, Collective, Differs, Divide, LoopId, SiteId};
use crate::limits;
use crate::vocabulary::CollectiveKind;

/// A collective operation that some processes do not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The operation.
    pub collective: SiteId,
    /// Whether the operations of the two sides differ on every path or only on some paths.
    pub certain: Certain,
    /// Whether the operation is known, and not only suggested by a name.
    pub known: bool,
}

/// The next point on a path at which two sides are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Collective(CollectiveKind),
    /// The next iteration of a loop with collective operations.
    Iteration,
    /// The end of the function.
    End,
    /// The end of the function with an error.
    Error,
}

type Position = (BlockId, usize);
type Positions = BTreeSet<Position>;

/// For each kind of next point, the positions after it, and the site of one point of this kind.
type Nexts = BTreeMap<Next, (Positions, Option<SiteId>)>;

/// The collective operation that processes miss if they disagree about a branch. `None` if there is no such
/// operation, or if this is unknown.
pub fn missed(cfg: &Cfg, divide: &Divide) -> Option<Missed> {
    let walk = Walk::new(cfg, divide);
    let mut arms = cfg.blocks[divide.block].edges.iter().filter(|edge| !edge.skips).map(|edge| edge.to);
    let first = walk.enter(arms.next()?)?;
    arms.find_map(|arm| walk.compare(&first, &walk.enter(arm)?))
}

/// A walk over the graph from one branch.
struct Walk<'a> {
    cfg: &'a Cfg,
    /// The loops that are around the branch and contain collective operations.
    rounds: BTreeSet<LoopId>,
    ignores_errors: bool,
}

impl<'a> Walk<'a> {
    fn new(cfg: &'a Cfg, divide: &Divide) -> Self {
        let around = &cfg.sites[divide.site].loops;
        let holds = |id: &&LoopId| collectives(cfg).any(|(site, _)| cfg.sites[site].loops.contains(id));
        let rounds = around.iter().filter(holds).copied().collect();
        let ignores_errors =
            cfg.facts.processes.aborts || matches!(divide.differs, Differs::Rank | Differs::Named);
        Self { cfg, rounds, ignores_errors }
    }

    /// The start of a side: its first position, or the next iteration. `None` if the side is the
    /// error path of a `?` that fails on all processes or on none.
    fn enter(&self, arm: BlockId) -> Option<Side> {
        if self.cfg.facts.processes.failures.contains(&arm) {
            return None;
        }
        Some(if self.is_round(arm) { Side::Iteration } else { Side::At(Positions::from([(arm, 0)])) })
    }

    fn is_round(&self, block: BlockId) -> bool {
        self.cfg.blocks[block].iterates.is_some_and(|of| self.rounds.contains(&of))
    }

    /// The first operation that only one of two sides runs.
    fn compare(&self, one: &Side, other: &Side) -> Option<Missed> {
        let mut open = VecDeque::from([(one.clone(), other.clone(), Certain::Every)]);
        let mut seen = BTreeSet::new();
        while let Some((one, other, certain)) = open.pop_front() {
            if one == other || !seen.insert((one.clone(), other.clone())) {
                continue;
            }
            if seen.len() > limits::MEETINGS {
                return None;
            }
            let (mine, theirs) = (self.nexts(&one)?, self.nexts(&other)?);
            if mine.is_empty() || theirs.is_empty() || mine == theirs {
                continue;
            }
            if !mine.keys().eq(theirs.keys()) {
                return self.missed_by(&mine, &theirs, certain);
            }
            let certain = if mine.len() == 1 { certain } else { Certain::Some };
            for (next, (after, _)) in &mine {
                if matches!(next, Next::Collective(_)) {
                    open.push_back((Side::At(after.clone()), Side::At(theirs[next].0.clone()), certain));
                }
            }
        }
        None
    }

    fn missed_by(&self, mine: &Nexts, theirs: &Nexts, certain: Certain) -> Option<Missed> {
        let only = |of: &Nexts, not: &Nexts| {
            let mut left = of.iter().filter(|(next, _)| !not.contains_key(next));
            left.find_map(|(_, (_, site))| *site)
        };
        let differing = mine.keys().chain(theirs.keys()).any(|next| *next == Next::Iteration);
        // One side leaves a loop whose next iterations have operations.
        let later = || {
            let inside =
                |site: &SiteId| self.cfg.sites[*site].loops.iter().any(|of| self.rounds.contains(of));
            collectives(self.cfg).map(|(site, _)| site).find(inside).filter(|_| differing)
        };
        let collective = only(mine, theirs).or_else(|| only(theirs, mine)).or_else(later)?;
        let common = mine.keys().any(|next| theirs.contains_key(next));
        let known = collectives(self.cfg).any(|(site, done)| site == collective && done.known);
        Some(Missed { collective, certain: if common { Certain::Some } else { certain }, known })
    }

    /// The next points on all paths of one side of a branch. `None` if opaque code before them may
    /// run collective operations.
    fn nexts(&self, side: &Side) -> Option<Nexts> {
        let mut found = Nexts::new();
        let Side::At(from) = side else {
            found.insert(Next::Iteration, (Positions::new(), None));
            return Some(found);
        };
        let mut open: Vec<Position> = from.iter().copied().collect();
        let mut seen = BTreeSet::new();
        while let Some((block, index)) = open.pop() {
            if !seen.insert((block, index)) {
                continue;
            }
            if seen.len() > limits::WALK {
                return None;
            }
            let known = &self.cfg.blocks[block];
            let mut events = known.events.iter().enumerate().skip(index);
            let met = events.find_map(|(at, event)| match &event.action {
                Action::Collective(done) => Some((at, event.site, done)),
                _ => None,
            });
            if let Some((at, site, done)) = met {
                let (after, at_site) = found.entry(Next::Collective(done.kind?)).or_default();
                after.insert((block, at + 1));
                at_site.get_or_insert(site);
                continue;
            }
            if known.kind == BlockKind::Exit || known.ends.is_some() {
                let failed = self.cfg.facts.processes.errors.contains(&block);
                if !(failed && self.ignores_errors) {
                    found.entry(if failed { Next::Error } else { Next::End }).or_default();
                }
            }
            for edge in known.edges.iter().filter(|edge| !edge.skips) {
                if self.is_round(edge.to) {
                    found.entry(Next::Iteration).or_default();
                } else if !self.cfg.facts.processes.failures.contains(&edge.to) {
                    open.push((edge.to, 0));
                }
            }
        }
        Some(found)
    }
}

/// The rest of the paths on one side of a branch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    /// The paths from these positions.
    At(Positions),
    /// The next iteration.
    Iteration,
}

/// All collective operations of a known kind.
fn collectives(cfg: &Cfg) -> impl Iterator<Item = (SiteId, &Collective)> {
    cfg.events().filter_map(|(_, event)| match &event.action {
        Action::Collective(done) if done.kind.is_some() => Some((event.site, done)),
        _ => None,
    })
}
