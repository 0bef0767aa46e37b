//! The conditions around what is being lowered: in branches that are open, and in jumps that were not taken.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Arm, BinOp, Expr, Lit, Pat, UnOp};

use super::count::Counting;
use super::value::Value;
use super::{FrameKind, Lower, address, text};
use crate::cfg::{BlockId, Guard, GuardId, GuardKind};
use crate::diagnostic::Place;
use crate::limits;
use crate::tokens::names_in;
use crate::vocabulary::asks_for_soundness;
use crate::vocabulary::rust::{Question, Variant, question};

#[cfg(test)]
mod tests;

/// A guard, and how it came out.
type Outcome = (GuardId, bool);

/// What is known of the conditions around the place that is being lowered.
#[derive(Debug, Default)]
pub(in crate::lower) struct Guarding {
    /// Those of the branches that are open, outermost first.
    open: Vec<Outcome>,
    /// Jumps over what follows.
    exits: Vec<Exit>,
    /// Guards by syntax node and chain of calls.
    known: BTreeMap<(usize, u32), GuardId>,
    /// Guards that are several at once.
    joined: BTreeMap<Vec<Outcome>, GuardId>,
    /// What each guard asks, until all that counts is known.
    pub(in crate::lower) asks: Vec<Ask>,
    /// Conditions that look at what this round computed.
    pub(in crate::lower) measured: BTreeSet<usize>,
    pub(in crate::lower) counting: Counting,
}

/// A `continue`, or a `return` or `break` out of something that runs in the round.
#[derive(Debug)]
struct Exit {
    /// Where the frame that it leaves goes on, which names the frame.
    frame: BlockId,
    /// How many loops are around the frame.
    rounds: usize,
    /// The conditions that lead to the jump, from the round's start.
    path: Vec<Outcome>,
}

/// What a condition asks, before it is known what counts rounds.
#[derive(Clone, Debug)]
pub(in crate::lower) enum Ask {
    /// A number of rounds; else what it is if nothing counts them.
    Count(super::count::Count, GuardKind),
    Not(Box<Ask>),
    /// One of several holds.
    Any(Vec<Ask>),
    /// All of several hold.
    All(Vec<Ask>),
    Plain(GuardKind),
}

impl<'a> Lower<'a> {
    /// The guards of what is lowered here, from the start of the innermost round.
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

    /// Opens a branch that is taken when the condition comes out as said; gives back what to close it with.
    pub(in crate::lower) fn guard_branch(&mut self, condition: &'a Expr, holds: bool) -> usize {
        let mark = self.guarding.open.len();
        let mut outcomes = Vec::new();
        self.outcomes(condition, holds, 0, &mut outcomes);
        self.guarding.open.extend(outcomes);
        mark
    }

    /// Opens an arm of a `match`; the last is what is left by those before.
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
            let guard = self.arm_guard(arm, subject, value);
            self.guarding.open.push((guard, holds));
        }
        let mut outcomes = Vec::new();
        if let Pat::Guard(guarded) = &arms[index].pat {
            self.outcomes(&guarded.guard, true, 0, &mut outcomes);
        }
        self.guarding.open.extend(outcomes);
        mark
    }

    /// Opens the `else` of a `let`.
    pub(in crate::lower) fn guard_else(&mut self, local: &'a syn::Local) -> usize {
        let mark = self.guarding.open.len();
        let asks = Ask::Plain(kind_of_pattern(&local.pat));
        let guard = self.new_guard(address(local), asks, || {
            let value = local.init.as_ref().map(|init| text::tight(&init.expr)).unwrap_or_default();
            (Place::of(&local.pat), format!("let {} = {value}", text::tight(&local.pat)))
        });
        self.guarding.open.push((guard, false));
        mark
    }

    /// How many guards are open.
    pub(in crate::lower) fn open_guards(&self) -> usize {
        self.guarding.open.len()
    }

    /// Closes the branches opened since.
    pub(in crate::lower) fn unguard(&mut self, mark: usize) {
        self.guarding.open.truncate(mark);
    }

    /// Notes a jump to the end of a frame: what follows in it runs only if the jump was not taken.
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

    /// Forgets the jumps of a round that has been lowered.
    pub(in crate::lower) fn forget_exits(&mut self) {
        let rounds = self.control.iterations.len();
        self.guarding.exits.retain(|exit| exit.rounds < rounds);
    }

    /// The single conditions that must have come out in one way, as far as that is certain.
    fn outcomes(&mut self, condition: &'a Expr, holds: bool, depth: usize, into: &mut Vec<Outcome>) {
        match condition {
            _ if depth > limits::NESTED_CONDITIONS => {}
            Expr::Paren(inner) => return self.outcomes(&inner.expr, holds, depth + 1, into),
            Expr::Group(inner) => return self.outcomes(&inner.expr, holds, depth + 1, into),
            Expr::Unary(not) if matches!(not.op, UnOp::Not(_)) => {
                return self.outcomes(&not.expr, !holds, depth + 1, into);
            }
            Expr::Binary(both) if holds && matches!(both.op, BinOp::And(_)) || is_or(condition) && !holds => {
                self.outcomes(&both.left, holds, depth + 1, into);
                return self.outcomes(&both.right, holds, depth + 1, into);
            }
            Expr::Lit(literal) if matches!(literal.lit, Lit::Bool(_)) => return,
            _ => {}
        }
        let guard = self.guard_of(condition);
        into.push((guard, holds));
    }

    fn guard_of(&mut self, condition: &'a Expr) -> GuardId {
        if let Some(&known) = self.guarding.known.get(&(address(condition), self.nodes.chain)) {
            return known;
        }
        let asks = self.question(condition, 0);
        self.new_guard(address(condition), asks, || (Place::of(condition), text::tight(condition)))
    }

    fn arm_guard(&mut self, arm: &'a Arm, subject: &'a Expr, value: &Value<'a>) -> GuardId {
        if let Some(&known) = self.guarding.known.get(&(address(arm), self.nodes.chain)) {
            return known;
        }
        let pat = match &arm.pat {
            Pat::Guard(guarded) => &*guarded.pat,
            other => other,
        };
        let whole = matches!(arm.pat, Pat::Guard(_));
        let asks = match pat {
            Pat::Lit(literal) if !whole => match &literal.lit {
                Lit::Bool(yes) if yes.value => self.question(subject, 0),
                Lit::Bool(_) => Ask::Not(Box::new(self.question(subject, 0))),
                Lit::Int(number) => self.ask_remainder(subject, number.base10_parse().ok()),
                _ => Ask::Plain(GuardKind::Other),
            },
            pat => Ask::Plain(match kind_of_pattern(pat) {
                GuardKind::Other if value.measured => GuardKind::Measured,
                GuardKind::Other if is_name(subject) => GuardKind::Flag,
                kind => kind,
            }),
        };
        self.new_guard(address(arm), asks, || {
            (Place::of(&arm.pat), format!("match {} is {}", text::tight(subject), text::tight(&arm.pat)))
        })
    }

    /// All of these at once.
    fn join_guards(&mut self, path: Vec<Outcome>) -> GuardId {
        if let Some(&known) = self.guarding.joined.get(&path) {
            return known;
        }
        let texts = path.iter().map(|&(guard, holds)| {
            let text = &self.cfg.guards[guard].text;
            if holds { text.clone() } else { format!("!({text})") }
        });
        let text = texts.collect::<Vec<_>>().join(" && ");
        let asks = path.iter().map(|&(guard, holds)| {
            let asks = self.guarding.asks[guard].clone();
            if holds { asks } else { Ask::Not(Box::new(asks)) }
        });
        let asks = Ask::All(asks.collect());
        let place = self.cfg.guards[path[0].0].place;
        let site = self.cfg.guards[path[0].0].site;
        self.cfg.guards.push(Guard { text, place, site, kind: GuardKind::Other });
        self.guarding.asks.push(asks);
        self.guarding.joined.insert(path, self.cfg.guards.len() - 1);
        self.cfg.guards.len() - 1
    }

    fn new_guard(&mut self, node: usize, asks: Ask, place: impl FnOnce() -> (Place, String)) -> GuardId {
        let key = (node, self.nodes.chain);
        if let Some(&known) = self.guarding.known.get(&key) {
            return known;
        }
        let (place, text) = place();
        let site = self.site(node, None, || (place, text.clone()));
        self.cfg.guards.push(Guard { text, place, site, kind: GuardKind::Other });
        self.guarding.asks.push(asks);
        self.guarding.known.insert(key, self.cfg.guards.len() - 1);
        self.cfg.guards.len() - 1
    }

    /// What a condition asks.
    pub(in crate::lower) fn question(&mut self, condition: &Expr, depth: usize) -> Ask {
        if depth > limits::NESTED_CONDITIONS {
            return Ask::Plain(GuardKind::Other);
        }
        match condition {
            Expr::Paren(inner) => return self.question(&inner.expr, depth + 1),
            Expr::Group(inner) => return self.question(&inner.expr, depth + 1),
            Expr::Unary(not) if matches!(not.op, UnOp::Not(_)) => {
                return Ask::Not(Box::new(self.question(&not.expr, depth + 1)));
            }
            Expr::Binary(both) if matches!(both.op, BinOp::And(_) | BinOp::Or(_)) => {
                let parts = vec![self.question(&both.left, depth + 1), self.question(&both.right, depth + 1)];
                return if is_or(condition) { Ask::Any(parts) } else { Ask::All(parts) };
            }
            _ => {}
        }
        if let Expr::Path(path) = condition
            && let Some(known) = path.path.get_ident().and_then(|name| self.lookup(&name.to_string()))
            && let Some(asks) = self.guarding.counting.tests.get(&known)
        {
            return asks.clone();
        }
        let plain = match condition {
            Expr::Let(node) => kind_of_pattern(&node.pat),
            Expr::MethodCall(call)
                if matches!(
                    question(&call.method.to_string(), call.args.len()),
                    Some(Question::Variant(_))
                ) =>
            {
                GuardKind::Absent
            }
            _ if self.guarding.measured.contains(&address(condition)) => GuardKind::Measured,
            other if is_name(other) => GuardKind::Flag,
            other if asks_only(other) => GuardKind::Asks,
            _ => GuardKind::Other,
        };
        match self.ask_count(condition) {
            Some(count) => Ask::Count(count, plain),
            None => Ask::Plain(plain),
        }
    }

    /// Says of each guard what it is, now that it is known what counts rounds.
    pub(in crate::lower) fn settle_guards(&mut self) {
        let asks = std::mem::take(&mut self.guarding.asks);
        for (id, asks) in asks.iter().enumerate() {
            self.cfg.guards[id].kind = self.kind(asks, self.cfg.guards[id].site);
        }
    }

    fn kind(&self, asks: &Ask, site: usize) -> GuardKind {
        let parts = |parts: &[Ask], fires: bool| {
            let kinds: Vec<GuardKind> = parts.iter().map(|part| self.kind(part, site)).collect();
            let fitting =
                |kind: &GuardKind| matches!(kind, GuardKind::Counter(counter) if counter.fires == fires);
            if kinds.iter().all(|kind| *kind == GuardKind::Absent) {
                return GuardKind::Absent;
            }
            match (kinds.iter().position(fitting), kinds.contains(&GuardKind::Measured)) {
                (_, true) => GuardKind::Measured,
                (Some(index), false) => match kinds[index].clone() {
                    GuardKind::Counter(counter) => {
                        GuardKind::Counter(crate::cfg::Counter { or_else: true, ..counter })
                    }
                    kind => kind,
                },
                (None, false) => GuardKind::Other,
            }
        };
        match asks {
            Ask::Plain(kind) => kind.clone(),
            Ask::Count(count, plain) => self.counter(count, site).map_or(plain.clone(), GuardKind::Counter),
            Ask::Not(asks) => match self.kind(asks, site) {
                GuardKind::Counter(counter) => {
                    GuardKind::Counter(crate::cfg::Counter { fires: !counter.fires, ..counter })
                }
                kind => kind,
            },
            // Either is enough to hold, or to fail.
            Ask::Any(all) => parts(all, true),
            Ask::All(all) => parts(all, false),
        }
    }
}

fn is_or(condition: &Expr) -> bool {
    matches!(condition, Expr::Binary(node) if matches!(node.op, BinOp::Or(_)))
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

/// Whether a condition is only a call without arguments whose names suggest no check of values or of the batch.
fn asks_only(condition: &Expr) -> bool {
    let names = names_in(&condition);
    matches!(condition, Expr::Call(_) | Expr::MethodCall(_))
        && is_bare_call(condition)
        && !names.iter().any(|name| asks_for_soundness(name))
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

/// `Some(..)` and its like ask whether something is there.
fn kind_of_pattern(pat: &Pat) -> GuardKind {
    let wraps = |path: &syn::Path| {
        path.segments.last().is_some_and(|last| Variant::of(&last.ident.to_string()).is_some())
    };
    match pat {
        Pat::TupleStruct(pat) if wraps(&pat.path) => GuardKind::Absent,
        Pat::Path(pat) if wraps(&pat.path) => GuardKind::Absent,
        Pat::Ident(pat) if Variant::None.is(&pat.ident) => GuardKind::Absent,
        Pat::Reference(inner) => kind_of_pattern(&inner.pat),
        Pat::Paren(inner) => kind_of_pattern(&inner.pat),
        _ => GuardKind::Other,
    }
}
