//! Branches at conditions and patterns, and the answers that are assumed on each branch.

use std::collections::BTreeMap;

use syn::{Expr, Pat};

use super::condition::{self, Answer, Code, Constant, Key, Shape, Test};
use super::expression::unreferenced;
use super::{Lower, address};
use crate::cfg::{Action, BlockId, Expression, Formula, PathId, Question, QuestionId};
use crate::limits;
use crate::lower::env::bind::member;

/// The questions asked so far.
#[derive(Debug, Default)]
pub(in crate::lower) struct Asking {
    known: BTreeMap<Key, QuestionId>,
    /// The questions whose answers are part of the state, indexed by state bit.
    followed: Vec<Followed>,
    /// The state bit of each question in `followed`.
    bits: BTreeMap<QuestionId, usize>,
}

/// A question whose answer is part of the state.
#[derive(Debug)]
struct Followed {
    subject: Expression,
    answer: Option<Answer>,
    variables: Vec<PathId>,
    /// Names in the question that are not variables, such as fields and constants.
    names: Vec<String>,
}

impl<'a> Lower<'a> {
    /// Branches to `yes` if the condition holds, to `no` if not.
    pub(in crate::lower) fn condition(&mut self, condition: &'a Expr, yes: BlockId, no: BlockId) {
        match Shape::of(condition) {
            Shape::Not(inner) => self.condition(inner, no, yes),
            Shape::All(left, right) => {
                let next = self.block("");
                self.condition(left, next, no);
                self.further_condition(next, right, yes, no);
            }
            Shape::Any(left, right) => {
                let next = self.block("");
                self.condition(left, yes, next);
                self.further_condition(next, right, yes, no);
            }
            Shape::Fits(node) => {
                self.expect_next(&node.pat, &node.expr);
                let item = std::mem::take(&mut self.syntax.while_let);
                let mut value = self.expr(&node.expr);
                value.item |= item;
                if item {
                    value.differs = self.differs_as_item(&value);
                }
                self.asks_about(&node.expr, &value);
                let holds = self.block("");
                match Self::fits(&node.pat, &value) {
                    Some(true) => self.goto(holds),
                    Some(false) => self.goto(no),
                    None => self.matching(&node.expr, &node.pat, holds, Some(no)),
                }
                self.start(holds);
                self.bind(&node.pat, value);
                self.goto(yes);
            }
            Shape::Single(single) => {
                let value = self.expr(single);
                if value.measured {
                    self.guarding.measured.insert(address(single));
                }
                self.asks_about(single, &value);
                self.single(single, yes, no);
            }
        }
    }

    /// Branches on a condition without `&&` and `||`. Its expression was evaluated before.
    fn single(&mut self, condition: &'a Expr, yes: BlockId, no: BlockId) {
        if !self.survey().followed.is_empty() {
            return self.branch_on(condition::asked(condition).formula(), yes, Some(no));
        }
        match self.decided_here(condition) {
            Some(true) => self.goto(yes),
            Some(false) => self.goto(no),
            None => {
                self.divides_here();
                self.goto(no);
                self.goto(yes);
            }
        }
    }

    /// Branches on the second operand of `&&` or `||`. The value of the first operand may skip the
    /// second.
    fn further_condition(&mut self, at: BlockId, condition: &'a Expr, yes: BlockId, no: BlockId) {
        self.start(at);
        self.control.branches += 1;
        self.condition(condition, yes, no);
        self.control.branches -= 1;
    }

    /// Branches on whether a value matches a pattern. The names of the pattern are not bound.
    ///
    /// If `no` is `None`, the match is certain, as in the last arm.
    pub(in crate::lower) fn matching(
        &mut self,
        subject: &'a Expr,
        pat: &'a Pat,
        yes: BlockId,
        no: Option<BlockId>,
    ) {
        if self.survey().followed.is_empty() {
            let may_fail = no.filter(|_| !condition::always(pat));
            self.divides_here();
            return may_fail.into_iter().chain([yes]).for_each(|to| self.goto(to));
        }
        self.branch_on(condition::of_pattern(subject, pat), yes, no);
    }

    /// Branches on a formula over tests. The expressions of the tests were evaluated before.
    ///
    /// If `no` is `None`, the formula is certain to hold.
    fn branch_on(&mut self, formula: Formula<Test<'_>>, yes: BlockId, no: Option<BlockId>) {
        match formula {
            Formula::Is(test) => match self.decided(&test) {
                Some(true) => self.goto(yes),
                Some(false) => no.into_iter().for_each(|no| self.goto(no)),
                None => self.ask(&test, yes, no),
            },
            Formula::Not(inner) => match (*inner, no) {
                (inner, Some(no)) => self.branch_on(inner, no, Some(yes)),
                // The answer is known to be no.
                (Formula::Is(test), None) => self.ask(&test.turned(), yes, None),
                _ => self.goto(yes),
            },
            Formula::All(parts) => {
                for part in parts {
                    let next = self.block("");
                    self.branch_on(part, next, no);
                    self.start(next);
                }
                self.goto(yes);
            }
            Formula::Any(mut parts) => {
                let last = parts.pop();
                for part in parts {
                    let next = self.block("");
                    self.branch_on(part, yes, Some(next));
                    self.start(next);
                }
                if let Some(last) = last {
                    self.branch_on(last, yes, no);
                }
            }
        }
    }

    /// The answer to a test, if it is statically known.
    fn decided(&self, test: &Test<'_>) -> Option<bool> {
        let Code::Truth(expr) = test.code else { return None };
        Some(self.decided_here(expr)? == test.code_holds)
    }

    /// The value of a condition, if it is statically known.
    fn decided_here(&self, condition: &Expr) -> Option<bool> {
        match condition::constant(condition) {
            Some(Constant::Truth(value)) => Some(value),
            _ => self.decides(condition),
        }
    }

    /// Branches to `yes` and to `no`. If the test's question is followed, the state on each branch
    /// assumes the answer that leads to this branch.
    fn ask(&mut self, test: &Test<'_>, yes: BlockId, no: Option<BlockId>) {
        let known = self.followed(test).map(|bit| (bit, test.holds));
        let (at, dead) = (self.at.block, self.at.dead);
        self.divides_here();
        if let Some(no) = no {
            self.answer(known.map(|(bit, holds)| (bit, !holds)), no);
            (self.at.block, self.at.dead) = (at, dead);
        }
        self.answer(known, yes);
    }

    fn answer(&mut self, known: Option<(usize, bool)>, to: BlockId) {
        if let Some((bit, holds)) = known {
            let on = self.block("");
            self.goto(on);
            self.start(on);
            self.emit(Action::Assume(bit, holds), 0);
        }
        self.goto(to);
    }

    /// The question of a test, with its names resolved to the variables in scope.
    pub(super) fn question(&mut self, test: &Test<'_>) -> (QuestionId, Key) {
        let key = Key { subject: self.in_scope(&test.key.subject), answer: test.key.answer.clone() };
        let next = self.asking.known.len();
        let id = *self.asking.known.entry(key.clone()).or_insert(next);
        (id, key)
    }

    /// The state bit of a test's question; `None` if the question is not followed.
    fn followed(&mut self, test: &Test<'_>) -> Option<usize> {
        if !test.is_pure || !self.survey().followed.contains(&test.key) {
            return None;
        }
        let (id, key) = self.question(test);
        if let Some(bit) = self.asking.bits.get(&id) {
            return Some(*bit);
        }
        let bit = self.asking.followed.len();
        if bit == limits::CONDITIONS {
            self.cfg.questions.too_many = true;
            return None;
        }
        let (mut variables, mut names) = (Vec::new(), Vec::new());
        key.subject.variables(&mut variables);
        key.subject.names(&mut |name| names.push(name.to_owned()));
        let followed = Followed { subject: key.subject, answer: test.answer().cloned(), variables, names };
        let excludes = self.exclude(bit, &followed);
        self.asking.followed.push(followed);
        self.asking.bits.insert(id, bit);
        self.cfg.questions.followed.push(Question {
            subject: test.subject(),
            wording: test.wording(),
            of_constant: test.answer().is_some(),
            excludes,
        });
        Some(bit)
    }

    /// The state bits of the questions that a new question excludes: `P::F32` excludes `P::Bf16`.
    ///
    /// Also records the reverse: each of these questions excludes the new question.
    fn exclude(&mut self, bit: usize, followed: &Followed) -> u32 {
        let mut excludes = 0;
        for (other, known) in self.asking.followed.iter().enumerate() {
            let answers = known.answer.as_ref().zip(followed.answer.as_ref());
            if known.subject == followed.subject && answers.is_some_and(|(one, two)| one.excludes(two)) {
                excludes |= 1 << other;
                self.cfg.questions.followed[other].excludes |= 1 << bit;
            }
        }
        excludes
    }

    /// Assumes the answers that are implied by the new value of the variable or field `name`.
    pub(in crate::lower) fn learn(&mut self, name: &str, value: &'a Expr) {
        if self.survey().followed.is_empty() {
            return;
        }
        if let Some(constant) = condition::constant(value) {
            let test = Test::of_variable(name, constant);
            if let Some(bit) = self.followed(&test) {
                self.emit(Action::Assume(bit, test.holds), 0);
            }
            return;
        }
        let mut depends = false;
        condition::each_pure(condition::tests(value), &mut |test| {
            let mut itself = false;
            test.key.subject.names(&mut |known| itself |= known == name);
            depends |= self.survey().followed.contains(&test.key) && !itself;
        });
        let flag = Test::of_variable(name, Constant::Truth(true));
        if depends && let Some(bit) = self.followed(&flag) {
            let (yes, no, after) = (self.block(""), self.block(""), self.block(""));
            self.branch_on(condition::tests(value), yes, Some(no));
            for (block, holds) in [(yes, true), (no, false)] {
                self.start(block);
                self.emit(Action::Assume(bit, holds), 0);
                self.goto(after);
            }
            self.start(after);
        }
    }

    /// Forgets the answers to questions about a name whose value may have changed.
    pub(in crate::lower) fn changed(&mut self, name: &str) {
        let path = self.lookup(name).map(|path| self.nodes.first_of.get(&path).copied().unwrap_or(path));
        self.unassume(|question| {
            path.is_some_and(|path| question.variables.contains(&path))
                || question.names.iter().any(|known| known == name)
        });
    }

    /// Forgets the answers to questions about a variable, because a place in the variable may have
    /// changed.
    pub(in crate::lower) fn changed_in(&mut self, place: PathId) {
        let root = self.cfg.paths.root_of(place);
        if self.env.exclusive.contains(&root) {
            *self.env.changes.entry(root).or_default() += 1;
        }
        let root = self.nodes.first_of.get(&root).copied().unwrap_or(root);
        self.unassume(|question| question.variables.contains(&root));
    }

    /// Forgets the answers to questions about the place `left`, which is assigned.
    pub(in crate::lower) fn changed_place(&mut self, left: &Expr) {
        match unreferenced(left) {
            Expr::Path(path) => {
                if let Some(name) = path.path.get_ident() {
                    self.changed(&name.to_string());
                }
            }
            Expr::Field(field) => self.changed(&member(&field.member)),
            _ => {}
        }
        if let Some(place) = self.place_of(left) {
            let held = self.env.values.get(&place).and_then(|value| value.place);
            // A field may be assigned through a reference to the whole.
            if self.cfg.paths.root_of(place) == place {
                self.changed_in(place);
            }
            if let Some(held) = held.filter(|held| *held != place) {
                self.changed_in(held);
            }
        }
    }

    /// Resolves a variable in a question to the variable that holds the value.
    ///
    /// A parameter is resolved to the variable of the caller, if the argument is this variable
    /// itself.
    pub(super) fn home(&self, path: PathId) -> PathId {
        let held = self.env.values.get(&path).and_then(|value| value.place);
        let held = held.filter(|held| self.cfg.paths.root_of(*held) == *held);
        match (self.nodes.first_of.get(&path), held) {
            (Some(_), Some(held)) if held != path => held,
            (Some(first), _) => *first,
            (None, _) => path,
        }
    }

    fn unassume(&mut self, concerns: impl Fn(&Followed) -> bool) {
        for bit in 0..self.asking.followed.len() {
            if concerns(&self.asking.followed[bit]) {
                self.emit(Action::Unassume(bit), 0);
            }
        }
    }
}
