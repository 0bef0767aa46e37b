//! The guards of the current code.
//!
//! Guards are the conditions of open branches, and the conditions of jumps that were not taken.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Arm, Expr, ExprLit, Lit, Pat};

use super::condition::{self, Code, Shape, Test};
use super::count::{Count, Counting};
use super::value::Value;
use super::{FrameKind, Lower, address, text};
use crate::cfg::{BlockId, Condition, ConditionKind, Formula, Guard, GuardId, PathId, QuestionId};
use crate::diagnostic::Place;
use crate::limits;
use crate::tokens::names_in;
use crate::vocabulary::asks_for_soundness;
use crate::vocabulary::rust::{Question, Variant, question};

#[cfg(test)]
mod tests;

/// A guard, and whether its condition is true.
type Outcome = (GuardId, bool);

/// The guards of the current code, and what is known about all guards so far.
#[derive(Debug, Default)]
pub(in crate::lower) struct Guarding {
    /// Guards of the enclosing branches, outermost first.
    open: Vec<Outcome>,
    /// Jumps that may have skipped the current code.
    exits: Vec<Exit>,
    /// The guard of each condition, by syntax node and chain of calls.
    known: BTreeMap<(usize, u32), GuardId>,
    /// The guards that each represent several outcomes at once.
    joined: BTreeMap<Vec<Outcome>, GuardId>,
    /// The formula of each guard, until the counters in the formula are resolved.
    formulas: Vec<Formula<Leaf>>,
    /// The syntax nodes of conditions that depend on the results of an iteration.
    pub(in crate::lower) measured: BTreeSet<usize>,
    pub(super) counting: Counting,
    /// The number of assignments lowered so far.
    pub(super) assignments: u32,
    pub(super) assigned: BTreeMap<PathId, u32>,
}

/// A jump inside an iteration: a `continue`, or a `return` or `break` that leaves a frame.
#[derive(Debug)]
struct Exit {
    /// The block after the frame that the jump leaves. This block identifies the frame.
    frame: BlockId,
    /// The number of loops around the frame.
    rounds: usize,
    /// The outcomes that lead from the start of the iteration to the jump.
    path: Vec<Outcome>,
}

/// A single condition at a place in the source, before its counters are resolved.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) question: QuestionId,
    pub(super) version: u32,
    /// The kind of the condition, unless the condition is a counter.
    pub(super) kind: ConditionKind,
    pub(super) count: Option<Count>,
}

/// The expression that a `match` matches.
#[derive(Clone, Copy)]
struct Matched<'e> {
    subject: &'e Expr,
    measured: bool,
}

impl<'a> Lower<'a> {
    /// The guards between the start of the innermost iteration and the current code.
    pub(in crate::lower) fn guards_here(&mut self) -> Vec<Outcome> {
        let base = self.control.iterations.last().map_or(0, |round| round.guards);
        let open = self.guarding.open.get(base..).unwrap_or_default().to_vec();
        let alive: BTreeSet<BlockId> = self.control.frames.iter().map(|frame| frame.break_to).collect();
        self.guarding.exits.retain(|exit| alive.contains(&exit.frame));
        let mut left_out: Vec<Vec<Outcome>> = Vec::new();
        for exit in self.guarding.exits.iter().filter(|exit| exit.rounds == self.control.iterations.len()) {
            let elsewhere = exit.path.iter().any(|(guard, holds)| open.contains(&(*guard, !holds)));
            if !elsewhere {
                left_out.push(exit.path.iter().filter(|outcome| !open.contains(outcome)).copied().collect());
            }
        }
        let mut here = open;
        for path in left_out {
            let outcome = match path[..] {
                [] => continue,
                [(guard, holds)] => (guard, !holds),
                _ => (self.join_guards(path), false),
            };
            if !here.contains(&outcome) {
                here.push(outcome);
            }
        }
        here
    }

    /// Opens the branch on which a condition has the value `holds`; returns the mark that closes the branch.
    pub(in crate::lower) fn guard_branch(&mut self, condition: &'a Expr, holds: bool) -> usize {
        let mark = self.guarding.open.len();
        self.open_each(condition, holds);
        mark
    }

    /// Opens an arm of a `match`. The guards of the last arm state that no earlier arm matches.
    ///
    /// Returns the mark that closes the arm.
    pub(in crate::lower) fn guard_arm(
        &mut self,
        arms: &'a [Arm],
        index: usize,
        subject: &'a Expr,
        value: &Value<'a>,
    ) -> usize {
        let mark = self.guarding.open.len();
        let last = index + 1 == arms.len();
        let (from, to, holds) = if last { (0, index, false) } else { (index, index + 1, true) };
        for arm in &arms[from..to] {
            let guard = self.arm_guard(arm, Matched { subject, measured: value.measured });
            self.guarding.open.push((guard, holds));
        }
        if let Pat::Guard(guarded) = &arms[index].pat {
            self.open_each(&guarded.guard, true);
        }
        mark
    }

    /// Opens the `else` branch of a `let`; returns the mark that closes the branch.
    pub(in crate::lower) fn guard_else(&mut self, local: &'a syn::Local) -> usize {
        let mark = self.guarding.open.len();
        if let Some(init) = &local.init {
            let guard = self.guard(
                address(local),
                |lower| lower.asked_here(condition::of_pattern(&init.expr, &local.pat), None),
                || {
                    let text = format!("let {} = {}", text::tight(&local.pat), text::tight(&init.expr));
                    (Place::of(&local.pat), text)
                },
            );
            self.guarding.open.push((guard, false));
        }
        mark
    }

    /// The number of open guards.
    pub(in crate::lower) fn open_guards(&self) -> usize {
        self.guarding.open.len()
    }

    /// Closes the branches that were opened since the mark.
    pub(in crate::lower) fn unguard(&mut self, mark: usize) {
        self.guarding.open.truncate(mark);
    }

    /// Records a jump to the end of a frame: the rest of the frame runs only if the jump is not taken.
    pub(in crate::lower) fn note_exit(&mut self, frame: usize) {
        if self.at.dead || self.guarding.exits.len() >= limits::EXITS {
            return;
        }
        let is_loop = |kind| matches!(kind, FrameKind::Loop { .. });
        let rounds = self.control.frames[..=frame].iter().filter(|frame| is_loop(frame.kind)).count();
        let base = rounds
            .checked_sub(1)
            .and_then(|round| self.control.iterations.get(round))
            .map_or(0, |round| round.guards);
        let path = self.guarding.open.get(base..).unwrap_or_default().to_vec();
        let frame = self.control.frames[frame].break_to;
        self.guarding.exits.push(Exit { frame, rounds, path });
    }

    /// Forgets the jumps of the innermost iteration, whose body has been lowered.
    pub(in crate::lower) fn forget_exits(&mut self) {
        let rounds = self.control.iterations.len();
        self.guarding.exits.retain(|exit| exit.rounds < rounds);
    }

    /// Opens guards for the single conditions whose values follow from the value of a condition.
    fn open_each(&mut self, condition: &'a Expr, holds: bool) {
        match (Shape::of(condition), holds) {
            (Shape::Not(inner), _) => self.open_each(inner, !holds),
            (Shape::All(left, right), true) | (Shape::Any(left, right), false) => {
                self.open_each(left, holds);
                self.open_each(right, holds);
            }
            (Shape::Single(Expr::Lit(ExprLit { lit: Lit::Bool(_), .. })), _) => {}
            _ => {
                let whole = unparenthesized(condition);
                let guard = self.guard(
                    address(whole),
                    |lower| lower.guard_formula(whole),
                    || (Place::of(whole), text::tight(whole)),
                );
                self.guarding.open.push((guard, holds));
            }
        }
    }

    fn arm_guard(&mut self, arm: &'a Arm, matched: Matched<'a>) -> GuardId {
        let subject = matched.subject;
        self.guard(
            address(arm),
            |lower| match &arm.pat {
                // The condition of the arm is a guard of its own.
                Pat::Guard(_) => {
                    let test = Test::alone(address(arm), Code::Fits(subject, &arm.pat));
                    lower.asked_here(Formula::Is(test), Some(matched))
                }
                pat => lower.asked_here(condition::of_pattern(subject, pat), Some(matched)),
            },
            || (Place::of(&arm.pat), format!("match {} is {}", text::tight(subject), text::tight(&arm.pat))),
        )
    }

    /// The guard whose condition is the conjunction of several outcomes.
    fn join_guards(&mut self, path: Vec<Outcome>) -> GuardId {
        if let Some(&known) = self.guarding.joined.get(&path) {
            return known;
        }
        let texts = path.iter().map(|&(guard, holds)| {
            let text = &self.cfg.guards[guard].text;
            if holds { text.to_string() } else { format!("!({text})") }
        });
        let text = texts.collect::<Vec<_>>().join(" && ");
        let parts = path.iter().map(|&(guard, holds)| {
            let formula = self.guarding.formulas[guard].clone();
            if holds { formula } else { formula.negated() }
        });
        let formula = Formula::All(parts.collect());
        let Guard { place, site, .. } = self.cfg.guards[path[0].0];
        let id = self.push_guard(formula, Guard::new(text, place, site));
        self.guarding.joined.insert(path, id);
        id
    }

    /// The guard of the condition at a syntax node.
    fn guard(
        &mut self,
        node: usize,
        formula: impl FnOnce(&mut Self) -> Formula<Leaf>,
        shown: impl FnOnce() -> (Place, String),
    ) -> GuardId {
        let key = (node, self.nodes.chain);
        if let Some(&known) = self.guarding.known.get(&key) {
            return known;
        }
        let formula = formula(self);
        let (place, text) = shown();
        let site = self.site(node, None, || (place, text.clone().into()));
        let id = self.push_guard(formula, Guard::new(text, place, site));
        self.guarding.known.insert(key, id);
        id
    }

    fn push_guard(&mut self, formula: Formula<Leaf>, guard: Guard) -> GuardId {
        self.guarding.formulas.push(formula);
        self.cfg.guards.push(guard);
        self.cfg.guards.len() - 1
    }

    /// A condition as a formula over its questions at the current place.
    pub(super) fn guard_formula(&mut self, condition: &Expr) -> Formula<Leaf> {
        self.asked_here(condition::tests(condition), None)
    }

    fn asked_here(&mut self, tests: Formula<Test<'_>>, matched: Option<Matched<'_>>) -> Formula<Leaf> {
        tests.replaced(&mut |test| self.leaf(&test, matched))
    }

    fn leaf(&mut self, test: &Test<'_>, matched: Option<Matched<'_>>) -> Formula<Leaf> {
        if let Code::Truth(Expr::Path(path)) = test.code
            && let Some(known) = path.path.get_ident().and_then(|name| self.lookup(&name.to_string()))
            && let Some(held) = self.guarding.counting.tests.get(&known)
        {
            return held.clone();
        }
        let (question, key) = self.question(test);
        let version = self.last_assigned(&key.subject);
        let kind = match test.code {
            Code::Truth(expr) => self.kind_of(expr),
            Code::Fits(_, pat) => kind_of_match(pat, matched),
            Code::Variable(_) => ConditionKind::Flag,
        };
        let count = match test.code {
            Code::Truth(expr) => self.ask_count(expr),
            Code::Fits(subject, Pat::Lit(ExprLit { lit: Lit::Int(number), .. })) => {
                self.ask_remainder(subject, number.base10_parse().ok())
            }
            Code::Fits(..) | Code::Variable(_) => None,
        };
        // The count is full where the code is true, which may be the answer no.
        let count = count.map(|count| count.answered(test.code_holds));
        Formula::Is(Leaf { question, version, kind, count })
    }

    /// The kind of a single condition, unless the condition is a counter.
    fn kind_of(&self, condition: &Expr) -> ConditionKind {
        match condition {
            Expr::MethodCall(call) if asks_for_variant(call) => ConditionKind::Absent,
            _ if self.guarding.measured.contains(&address(condition)) => ConditionKind::Measured,
            other if is_name(other) => ConditionKind::Flag,
            other if asks_only(other) => ConditionKind::Asks,
            _ => ConditionKind::Other,
        }
    }

    /// Completes all guards after the whole function is lowered, when the counters are known.
    pub(in crate::lower) fn settle_guards(&mut self) {
        for (id, formula) in std::mem::take(&mut self.guarding.formulas).into_iter().enumerate() {
            let site = self.cfg.guards[id].site;
            let formula = formula.replaced(&mut |leaf| {
                let counter = leaf.count.as_ref().and_then(|count| self.counter(count, site));
                let kind = counter.map_or(leaf.kind, ConditionKind::Counter);
                Formula::Is(Condition { question: leaf.question, version: leaf.version, kind })
            });
            let guard = &mut self.cfg.guards[id];
            guard.kind = formula.kind();
            guard.formula = formula;
        }
    }
}

/// The kind of a match. The match of a pattern such as `Some(..)` asks whether a value is present.
fn kind_of_match(pat: &Pat, matched: Option<Matched<'_>>) -> ConditionKind {
    match matched {
        _ if is_variant(pat) => ConditionKind::Absent,
        Some(matched) if matched.measured => ConditionKind::Measured,
        Some(matched) if is_name(matched.subject) => ConditionKind::Flag,
        _ => ConditionKind::Other,
    }
}

fn unparenthesized(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => unparenthesized(&inner.expr),
        Expr::Group(inner) => unparenthesized(&inner.expr),
        other => other,
    }
}

/// Whether an expression is a variable or a field.
fn is_name(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) => true,
        Expr::Field(field) => is_name(&field.base),
        Expr::Paren(inner) => is_name(&inner.expr),
        Expr::Reference(inner) => is_name(&inner.expr),
        Expr::Unary(inner) => is_name(&inner.expr),
        _ => false,
    }
}

/// Whether a method asks for a variant: `is_some`, `is_ok`.
fn asks_for_variant(call: &syn::ExprMethodCall) -> bool {
    matches!(question(&call.method.to_string(), call.args.len()), Some(Question::Variant(_)))
}

/// Whether a condition is a call without arguments, such as `engine.should_step()`.
///
/// A call whose names suggest a test for finite numbers or for an available batch does not count.
fn asks_only(condition: &Expr) -> bool {
    matches!(condition, Expr::Call(_) | Expr::MethodCall(_))
        && is_bare_call(condition)
        && !names_in(&condition).iter().any(|name| asks_for_soundness(name))
}

fn is_bare_call(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) => true,
        Expr::Field(field) => is_bare_call(&field.base),
        Expr::MethodCall(call) => call.args.is_empty() && is_bare_call(&call.receiver),
        Expr::Call(call) => call.args.is_empty() && is_bare_call(&call.func),
        _ => false,
    }
}

/// Whether the outermost constructor of a pattern is a variant of `Option` or `Result`.
fn is_variant(pat: &Pat) -> bool {
    match pat {
        Pat::TupleStruct(pat) => Variant::of_path(&pat.path).is_some(),
        Pat::Path(pat) => Variant::of_path(&pat.path).is_some(),
        Pat::Ident(pat) => Variant::None.is(&pat.ident),
        Pat::Reference(inner) => is_variant(&inner.pat),
        Pat::Paren(inner) => is_variant(&inner.pat),
        Pat::Guard(guarded) => is_variant(&guarded.pat),
        _ => false,
    }
}
