//! The questions that a function asks in its conditions, and the choice of the questions that the
//! flow analysis tracks.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Expr, Pat};

use crate::cfg::Expression;
use crate::limits;
use crate::lower::control::condition::{self, Key, Test};

/// The questions of a function, by their keys.
#[derive(Debug, Default)]
pub(super) struct Questions {
    asked: BTreeMap<Key, Asked>,
    /// Variables that hold a condition, with the questions that this condition asks.
    held: Vec<(Key, Vec<Key>)>,
}

/// The places where a question is asked.
#[derive(Debug)]
struct Asked {
    subject: Expression,
    places: usize,
    /// The number of places that ask the question and guard a stage or a jump.
    guarding: usize,
    /// The position of the question in source order.
    order: usize,
    /// Whether only heads of loops ask the question.
    only_loops: bool,
}

impl Questions {
    /// Records a place where a question is asked, and whether this place guards a stage or a jump.
    fn ask(&mut self, test: &Test<'_>, guarding: bool, in_head: bool) {
        let order = self.asked.len();
        let fresh =
            || Asked { subject: test.key.subject.clone(), places: 0, guarding: 0, order, only_loops: true };
        let asked = self.asked.entry(test.key.clone()).or_insert_with(fresh);
        asked.places += 1;
        asked.guarding += usize::from(guarding);
        asked.only_loops &= in_head;
    }

    /// Records the questions that a condition asks.
    pub(super) fn ask_each(&mut self, condition: &Expr, guarding: bool, in_head: bool) {
        condition::each_pure(condition::tests(condition), &mut |test| self.ask(test, guarding, in_head));
    }

    /// Records a variable that holds the result of a condition, and the questions of the condition.
    pub(super) fn holds(&mut self, name: Expression, value: &Expr) {
        let mut keys = Vec::new();
        condition::each_pure(condition::tests(value), &mut |test| {
            self.ask(test, false, false);
            keys.push(test.key.clone());
        });
        if !keys.is_empty() {
            self.held.push((Key { subject: name, answer: None }, keys));
        }
    }

    /// Records the questions that a pattern asks.
    pub(super) fn ask_pattern(&mut self, subject: &Expr, pat: &Pat, guarding: bool) {
        let tests = condition::of_pattern(subject, pat);
        condition::each_pure(tests, &mut |test| self.ask(test, guarding, false));
        if let Pat::Guard(guarded) = pat {
            self.ask_each(&guarded.guard, guarding, false);
        }
    }

    /// Chooses the questions to track, with priority for questions that guard stages in several
    /// places.
    ///
    /// Also returns whether some questions with priority are left out.
    pub(super) fn choose(mut self) -> (BTreeSet<Key>, bool) {
        for (name, tests) in std::mem::take(&mut self.held) {
            let Some((places, guarding)) = self.asked.get(&name).map(|asked| (asked.places, asked.guarding))
            else {
                continue;
            };
            for key in tests {
                if let Some(asked) = self.asked.get_mut(&key) {
                    asked.places += places;
                    asked.guarding += guarding;
                }
            }
        }
        let class = |asked: &Asked| match (asked.places, asked.guarding) {
            (_, 0) => None,
            (_, 2..) => Some(0),
            (2.., _) => Some(1),
            _ => (!asked.only_loops).then_some(2),
        };
        let mut candidates: Vec<Candidate<'_>> = Vec::new();
        for (key, asked) in &self.asked {
            if let Some(class) = class(asked) {
                candidates.push(Candidate { class, key, asked });
            }
        }
        candidates.sort_by_key(|candidate| (candidate.class, candidate.asked.order));
        // If some are left out, only certain findings are reported, for which fewer suffice.
        let mut chosen = within(&candidates, limits::OUTCOMES);
        if chosen.left_out {
            chosen = within(&candidates, limits::OUTCOMES_WITH_SINGLE);
        }
        (chosen.keys, chosen.left_out)
    }
}

/// A question that may be tracked.
struct Candidate<'a> {
    /// The priority of the question, where 0 comes first.
    ///
    /// Class 0: the question guards stages or jumps in several places. Class 1: the question is
    /// asked in several places. Class 2: the question is asked once.
    class: u8,
    key: &'a Key,
    asked: &'a Asked,
}

struct Chosen {
    keys: BTreeSet<Key>,
    left_out: bool,
}

/// Chooses questions in the order of `candidates`. The chosen questions have at most `most` joint
/// outcomes.
fn within(candidates: &[Candidate<'_>], most: usize) -> Chosen {
    // A subject that is compared with `n` values has `n + 1` outcomes.
    let mut answers: BTreeMap<&Expression, usize> = BTreeMap::new();
    let mut chosen = Chosen { keys: BTreeSet::new(), left_out: false };
    let mut outcomes = 1;
    for Candidate { class, key, asked } in candidates {
        let known = answers.get(&asked.subject).copied().unwrap_or(0);
        let next = outcomes / (known + 1) * (known + 2);
        if next <= if *class == 2 { most.min(limits::OUTCOMES_WITH_SINGLE) } else { most } {
            outcomes = next;
            answers.insert(&asked.subject, known + 1);
            chosen.keys.insert((*key).clone());
        } else {
            chosen.left_out |= *class < 2;
        }
    }
    chosen
}
