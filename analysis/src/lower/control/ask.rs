//! Where control goes at a condition or a pattern, and what is known of the answer from there on.

use std::collections::BTreeMap;

use syn::{BinOp, Expr, Pat, UnOp};

use super::condition::{self, Constant, Test};
use super::{Lower, address, text};
use crate::cfg::{Action, BlockId, Condition, ConditionId, PathId};
use crate::limits;

/// The followed conditions.
#[derive(Default)]
pub(in crate::lower) struct Conditions {
    /// By question and variables.
    ids: BTreeMap<(String, Vec<PathId>), ConditionId>,
    /// What each asks: of what, whether it is what.
    answers: Vec<(String, Option<condition::Answer>)>,
    mentions: Vec<Mentions>,
}

/// What a followed condition mentions.
struct Mentions {
    variables: Vec<PathId>,
    /// Names that are no variables: fields, constants.
    names: Vec<String>,
}

impl<'a> Lower<'a> {
    /// Goes to `yes` where the condition holds, to `no` where it does not.
    pub(in crate::lower) fn condition(&mut self, condition: &'a Expr, yes: BlockId, no: BlockId) {
        match condition {
            Expr::Paren(inner) => self.condition(&inner.expr, yes, no),
            Expr::Group(inner) => self.condition(&inner.expr, yes, no),
            Expr::Unary(not) if matches!(not.op, UnOp::Not(_)) => self.condition(&not.expr, no, yes),
            Expr::Binary(both) if matches!(both.op, BinOp::And(_)) => {
                let right = self.block("");
                self.condition(&both.left, right, no);
                self.start(right);
                self.control.branches += 1;
                self.condition(&both.right, yes, no);
                self.control.branches -= 1;
            }
            Expr::Binary(either) if matches!(either.op, BinOp::Or(_)) => {
                let right = self.block("");
                self.condition(&either.left, yes, right);
                self.start(right);
                self.control.branches += 1;
                self.condition(&either.right, yes, no);
                self.control.branches -= 1;
            }
            Expr::Let(node) => {
                self.expect_next(&node.pat, &node.expr);
                let item = std::mem::take(&mut self.syntax.while_let);
                let mut value = self.expr(&node.expr);
                value.item |= item;
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
            single => {
                if self.expr(single).measured {
                    self.guarding.measured.insert(address(single));
                }
                self.single(single, yes, no);
            }
        }
    }

    fn single(&mut self, condition: &Expr, yes: BlockId, no: BlockId) {
        match condition::constant(condition) {
            Some(Constant::Truth(true)) => self.goto(yes),
            Some(Constant::Truth(false)) => self.goto(no),
            _ => match self.decides(condition) {
                Some(true) => self.goto(yes),
                Some(false) => self.goto(no),
                None => self.ask(condition::asked(condition), yes, Some(no)),
            },
        }
    }

    /// Where control goes when a value meets a pattern; the names in it are bound elsewhere.
    ///
    /// Without `no`, the pattern is the last that is left.
    pub(in crate::lower) fn matching(
        &mut self,
        subject: &'a Expr,
        pat: &'a Pat,
        yes: BlockId,
        no: Option<BlockId>,
    ) {
        match pat {
            Pat::Paren(inner) => self.matching(subject, &inner.pat, yes, no),
            Pat::Reference(inner) => self.matching(subject, &inner.pat, yes, no),
            Pat::Type(inner) => self.matching(subject, &inner.pat, yes, no),
            Pat::Guard(guarded) => self.matching(subject, &guarded.pat, yes, no),
            Pat::Or(cases) => {
                let last = cases.cases.len().saturating_sub(1);
                for case in cases.cases.iter().take(last) {
                    let next = self.block("");
                    self.matching(subject, case, yes, Some(next));
                    self.start(next);
                }
                if let Some(case) = cases.cases.last() {
                    self.matching(subject, case, yes, no);
                }
            }
            Pat::Tuple(tuple) => match condition::parts(subject, tuple) {
                Some(parts) => {
                    for (part, pat) in parts {
                        let next = self.block("");
                        self.matching(part, pat, next, no);
                        self.start(next);
                    }
                    self.goto(yes);
                }
                None if condition::always(pat) => self.goto(yes),
                None => self.ask(None, yes, no),
            },
            pat if condition::always(pat) => self.goto(yes),
            pat => {
                let outer = condition::leaf(subject, pat);
                match condition::inner(subject, pat) {
                    None => self.ask(outer, yes, no),
                    Some(inner) => {
                        let next = self.block("");
                        self.ask(outer, next, no);
                        self.start(next);
                        self.ask(Some(inner), yes, no);
                    }
                }
            }
        }
    }

    /// Goes on at `yes` and at `no`, and notes the answer if the question is followed.
    fn ask(&mut self, test: Option<Test>, yes: BlockId, no: Option<BlockId>) {
        let known = test.and_then(|test| Some((self.followed(&test)?, test.holds)));
        let (at, dead) = (self.at.block, self.at.dead);
        if let Some(no) = no {
            self.answer(known.map(|(id, holds)| (id, !holds)), no);
            (self.at.block, self.at.dead) = (at, dead);
        }
        self.answer(known, yes);
    }

    fn answer(&mut self, known: Option<(ConditionId, bool)>, to: BlockId) {
        if let Some((id, holds)) = known {
            let on = self.block("");
            self.goto(on);
            self.start(on);
            self.emit(Action::Assume(id, holds), 0);
        }
        self.goto(to);
    }

    /// The condition that a question is about, if it is followed.
    fn followed(&mut self, test: &Test) -> Option<ConditionId> {
        let key = test.key();
        if !self.survey().followed.contains(&key) {
            return None;
        }
        let mut mentions = Mentions { variables: Vec::new(), names: Vec::new() };
        for name in &test.names {
            match self.lookup(name) {
                Some(path) => mentions.variables.push(self.home(path)),
                None => mentions.names.push(name.clone()),
            }
        }
        let instance = (key, mentions.variables.clone());
        if let Some(known) = self.conditions.ids.get(&instance) {
            return Some(*known);
        }
        let id = self.cfg.conditions.len();
        if id == limits::CONDITIONS {
            self.cfg.too_many_conditions = true;
            return None;
        }
        let mut condition = Condition {
            subject: test.subject.clone(),
            answer: test.answer.as_ref().map(|answer| answer.shown.clone()),
            text: test.text.clone(),
            text_holds: test.holds,
            excludes: 0,
        };
        let rivals = self.conditions.answers.iter().enumerate().filter(|(other, (subject, answer))| {
            *subject == test.subject
                && self.conditions.mentions[*other].variables == mentions.variables
                && matches!((answer, &test.answer), (Some(one), Some(two)) if one.excludes(two))
        });
        for (other, _) in rivals {
            condition.excludes |= 1 << other;
            self.cfg.conditions[other].excludes |= 1 << id;
        }
        self.cfg.conditions.push(condition);
        self.conditions.answers.push((test.subject.clone(), test.answer.clone()));
        self.conditions.mentions.push(mentions);
        self.conditions.ids.insert(instance, id);
        Some(id)
    }

    /// A variable or field got a value: what does that say about conditions?
    pub(in crate::lower) fn learn(&mut self, name: &str, value: &'a Expr) {
        if self.survey().followed.is_empty() {
            return;
        }
        if let Some(constant) = condition::constant(value) {
            let test = Test::of_name(name, constant);
            if let Some(id) = self.followed(&test) {
                self.emit(Action::Assume(id, test.holds), 0);
            }
            return;
        }
        let mut depends = false;
        condition::each(value, &mut |test| {
            depends |= self.survey().followed.contains(&test.key()) && !test.names.contains(name);
        });
        let flag = Test::of_name(name, Constant::Truth(true));
        if depends && let Some(id) = self.followed(&flag) {
            let (yes, no, after) = (self.block(""), self.block(""), self.block(""));
            self.quietly(value, yes, no);
            for (block, holds) in [(yes, true), (no, false)] {
                self.start(block);
                self.emit(Action::Assume(id, holds), 0);
                self.goto(after);
            }
            self.start(after);
        }
    }

    /// Goes both ways of a condition whose parts were evaluated before.
    fn quietly(&mut self, condition: &'a Expr, yes: BlockId, no: BlockId) {
        match condition {
            Expr::Paren(inner) => self.quietly(&inner.expr, yes, no),
            Expr::Group(inner) => self.quietly(&inner.expr, yes, no),
            Expr::Unary(not) if matches!(not.op, UnOp::Not(_)) => self.quietly(&not.expr, no, yes),
            Expr::Binary(both) if matches!(both.op, BinOp::And(_)) => {
                let right = self.block("");
                self.quietly(&both.left, right, no);
                self.start(right);
                self.quietly(&both.right, yes, no);
            }
            Expr::Binary(either) if matches!(either.op, BinOp::Or(_)) => {
                let right = self.block("");
                self.quietly(&either.left, yes, right);
                self.start(right);
                self.quietly(&either.right, yes, no);
            }
            Expr::Let(node) => self.matching(&node.expr, &node.pat, yes, Some(no)),
            single => self.single(single, yes, no),
        }
    }

    /// What a name stands for may have changed, and the conditions that mention it.
    pub(in crate::lower) fn changed(&mut self, name: &str) {
        let path = self.lookup(name).map(|path| self.nodes.first_of.get(&path).copied().unwrap_or(path));
        self.unassume(|mentions| {
            path.is_some_and(|path| mentions.variables.contains(&path))
                || mentions.names.iter().any(|known| known == name)
        });
    }

    /// The variable that a place belongs to may have changed.
    pub(in crate::lower) fn changed_in(&mut self, place: PathId) {
        let root = self.cfg.paths.root_of(place);
        let root = self.nodes.first_of.get(&root).copied().unwrap_or(root);
        self.unassume(|mentions| mentions.variables.contains(&root));
    }

    /// A place is assigned.
    pub(in crate::lower) fn changed_place(&mut self, left: &Expr) {
        let name = text::tight(left);
        self.changed(name.rsplit('.').next().unwrap_or(&name).trim_start_matches('*'));
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

    /// The variable that a name means to conditions: the caller's, if it is passing on as it is.
    fn home(&self, path: PathId) -> PathId {
        let held = self.env.values.get(&path).and_then(|value| value.place);
        let held = held.filter(|held| self.cfg.paths.root_of(*held) == *held);
        match (self.nodes.first_of.get(&path), held) {
            (Some(_), Some(held)) if held != path => held,
            (Some(first), _) => *first,
            (None, _) => path,
        }
    }

    fn unassume(&mut self, concerns: impl Fn(&Mentions) -> bool) {
        for index in 0..self.conditions.mentions.len() {
            if concerns(&self.conditions.mentions[index]) {
                self.emit(Action::Unassume(index), 0);
            }
        }
    }
}
