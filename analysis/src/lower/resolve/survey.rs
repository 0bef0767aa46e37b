//! A first look over a function: how names are used, which are assigned, which conditions to follow.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprAssign, ExprIf, ExprMatch, ExprMethodCall, ExprWhile, Local, Pat};

use crate::cfg::{Expression, Factors};
use crate::limits;
use crate::lower::control::condition::{self, Key, Test};
use crate::lower::control::expression::structure;
use crate::lower::text;
use crate::vocabulary::rust::is_self;
use crate::vocabulary::{CallEffect, Role, Uses, Vocabulary, hints_at_training, may_train, role_of_type};

/// What the first look found.
#[derive(Debug)]
pub(crate) struct Survey {
    /// Methods called, by the receiver's text.
    pub uses: BTreeMap<String, Uses>,
    /// The factors by which it scales anything.
    pub factors: Factors,
    /// Names and fields that are assigned somewhere.
    pub assigned: BTreeSet<String>,
    /// The questions that are followed, by their keys.
    pub followed: BTreeSet<Key>,
    /// More conditions guard several stages than are followed.
    pub too_many: bool,
    /// How deep its expressions are nested.
    pub deepest: usize,
    /// It calls something that may run `backward` or update parameters.
    pub trains: bool,
    vocabulary: &'static Vocabulary,
    asked: BTreeMap<Key, Asked>,
    /// Questions that a variable holds the answer to.
    held: Vec<(Key, Vec<Key>)>,
    closures: BTreeSet<String>,
    /// Stages met so far.
    pub stages: usize,
    jumps: usize,
    depth: usize,
}

/// Where a question is asked.
#[derive(Debug)]
struct Asked {
    subject: Expression,
    places: usize,
    /// Of them those that guard a stage or a jump.
    guarding: usize,
    /// Counts the questions in the order of the source.
    order: usize,
    /// Only the head of a loop asks it.
    only_loops: bool,
}

impl Survey {
    /// Of a body that is nested deeper than is followed.
    pub(in crate::lower) fn of_deep(vocabulary: &'static Vocabulary) -> Self {
        Self { deepest: limits::NESTED_EXPRESSIONS + 1, ..Self::empty(vocabulary) }
    }

    pub(in crate::lower) fn of(block: &Block, vocabulary: &'static Vocabulary) -> Self {
        let mut survey =
            Self { factors: crate::lower::control::factors::of(block), ..Self::empty(vocabulary) };
        survey.visit_block(block);
        survey.choose();
        survey
    }

    /// Nothing looked at yet.
    pub(in crate::lower) fn empty(vocabulary: &'static Vocabulary) -> Self {
        Self {
            uses: BTreeMap::new(),
            factors: Factors::default(),
            assigned: BTreeSet::new(),
            followed: BTreeSet::new(),
            too_many: false,
            vocabulary,
            asked: BTreeMap::new(),
            held: Vec::new(),
            closures: BTreeSet::new(),
            stages: 0,
            deepest: 0,
            trains: false,
            jumps: 0,
            depth: 0,
        }
    }

    /// Stages and jumps met so far.
    fn weight(&self) -> usize {
        self.stages + self.jumps
    }

    /// Chooses the conditions that are followed: those first that guard stages in several places.
    fn choose(&mut self) {
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
        // Where some are left out nothing but certain findings counts, and fewer do.
        let mut chosen = within(&candidates, limits::OUTCOMES);
        if chosen.left_out {
            chosen = within(&candidates, limits::OUTCOMES_WITH_SINGLE);
        }
        (self.followed, self.too_many) = (chosen.keys, chosen.left_out);
    }

    /// Notes a place that asks, and whether a stage hangs on the answer.
    fn ask(&mut self, test: &Test<'_>, guarding: bool, in_head: bool) {
        let order = self.asked.len();
        let fresh =
            || Asked { subject: test.key.subject.clone(), places: 0, guarding: 0, order, only_loops: true };
        let asked = self.asked.entry(test.key.clone()).or_insert_with(fresh);
        asked.places += 1;
        asked.guarding += usize::from(guarding);
        asked.only_loops &= in_head;
    }

    fn ask_each(&mut self, condition: &Expr, guarding: bool, in_head: bool) {
        condition::each_pure(condition::tests(condition), &mut |test| self.ask(test, guarding, in_head));
    }

    /// A variable that holds the answer to questions, or is asked about as another is.
    fn holds(&mut self, name: Expression, value: &Expr) {
        let mut keys = Vec::new();
        condition::each_pure(condition::tests(value), &mut |test| {
            self.ask(test, false, false);
            keys.push(test.key.clone());
        });
        if !keys.is_empty() {
            self.held.push((Key { subject: name, answer: None }, keys));
        }
    }

    fn is_stage(effect: Option<CallEffect>) -> bool {
        effect.is_some_and(|effect| match effect {
            CallEffect::Detaches
            | CallEffect::Harmless
            | CallEffect::KeepsGraph
            | CallEffect::Parameters
            | CallEffect::Passes
            | CallEffect::Takes => false,
            CallEffect::Gradients(_)
            | CallEffect::Backward { .. }
            | CallEffect::Computes(_)
            | CallEffect::Applies
            | CallEffect::Settings
            | CallEffect::Builds
            | CallEffect::Adopts
            | CallEffect::Updates { .. }
            | CallEffect::Scales
            | CallEffect::SetsEpoch
            | CallEffect::Reduces
            | CallEffect::Copies
            | CallEffect::Mode(_)
            | CallEffect::ModeBy
            | CallEffect::NoGrad
            | CallEffect::WithGrad
            | CallEffect::SwitchesRecording => true,
        })
    }
}

/// A question that may be followed.
struct Candidate<'a> {
    /// Smaller classes first: it guards stages in several places, is asked in several, or stands alone.
    class: u8,
    key: &'a Key,
    asked: &'a Asked,
}

struct Chosen {
    keys: BTreeSet<Key>,
    left_out: bool,
}

/// The questions that come out in no more ways together.
fn within(candidates: &[Candidate<'_>], most: usize) -> Chosen {
    // A subject that may be one of `n` things comes out in `n + 1` ways.
    let mut answers: BTreeMap<&Expression, usize> = BTreeMap::new();
    let mut chosen = Chosen { keys: BTreeSet::new(), left_out: false };
    let mut ways = 1;
    for Candidate { class, key, asked } in candidates {
        let known = answers.get(&asked.subject).copied().unwrap_or(0);
        let next = ways / (known + 1) * (known + 2);
        if next <= if *class == 2 { most.min(limits::OUTCOMES_WITH_SINGLE) } else { most } {
            ways = next;
            answers.insert(&asked.subject, known + 1);
            chosen.keys.insert((*key).clone());
        } else {
            chosen.left_out |= *class < 2;
        }
    }
    chosen
}

impl<'ast> Visit<'ast> for Survey {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        if self.depth <= limits::NESTED_EXPRESSIONS {
            visit::visit_expr(self, expr);
        }
        self.depth -= 1;
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let (name, given) = (call.method.to_string(), call.args.len());
        let does =
            self.vocabulary.optimizer_method(&name, given).or_else(|| self.vocabulary.method(&name, given));
        // A method of `self` may be followed to a stage.
        let own = does.is_none() && is_self(&call.receiver);
        self.stages += usize::from(Self::is_stage(does) || hints_at_training(&name) || own);
        if matches!(&*call.receiver, Expr::Path(_) | Expr::Field(_)) {
            let uses = self.uses.entry(text::tight(&call.receiver)).or_default();
            let set = if call.args.is_empty() { &mut uses.bare } else { &mut uses.given };
            set.insert(call.method.to_string());
        }
        self.trains |= may_train(&name);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_assign(&mut self, assign: &'ast ExprAssign) {
        targets(&assign.left, &mut self.assigned);
        self.holds(structure(&assign.left), &assign.right);
        visit::visit_expr_assign(self, assign);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        if crate::lower::expr::is_assignment(&binary.op) {
            targets(&binary.left, &mut self.assigned);
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(path) = &*call.func
            && let Some(last) = path.path.segments.last()
        {
            self.trains |= may_train(&last.ident.to_string());
            let name = last.ident.to_string();
            let owner = path.path.segments.iter().rev().nth(1);
            let role = owner.and_then(|owner| role_of_type(self.vocabulary, &owner.ident.to_string()));
            let stage = Self::is_stage(self.vocabulary.function(&name))
                || hints_at_training(&name)
                || call.args.iter().any(is_exclusive)
                || role == Some(Role::Optimizer)
                || self.closures.contains(&name);
            self.stages += usize::from(stage);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_break(&mut self, node: &'ast syn::ExprBreak) {
        self.jumps += 1;
        visit::visit_expr_break(self, node);
    }

    fn visit_expr_continue(&mut self, _: &'ast syn::ExprContinue) {
        self.jumps += 1;
    }

    fn visit_expr_return(&mut self, node: &'ast syn::ExprReturn) {
        self.jumps += 1;
        visit::visit_expr_return(self, node);
    }

    fn visit_expr_macro(&mut self, _: &'ast syn::ExprMacro) {
        // What is still a macro here may hide anything.
        self.stages += 1;
    }

    fn visit_local(&mut self, local: &'ast Local) {
        visit::visit_local(self, local);
        let Some(init) = &local.init else { return };
        if init.diverge.is_some() {
            let tests = condition::of_pattern(&init.expr, &local.pat);
            condition::each_pure(tests, &mut |test| self.ask(test, true, false));
        }
        let pat = match &local.pat {
            Pat::Type(typed) => &*typed.pat,
            other => other,
        };
        if let Pat::Ident(ident) = pat {
            let name = ident.ident.to_string();
            if matches!(&*init.expr, Expr::Closure(_)) {
                self.closures.insert(name);
            } else {
                self.holds(Expression::Name(name), &init.expr);
            }
        }
    }

    fn visit_expr_if(&mut self, node: &'ast ExprIf) {
        self.visit_expr(&node.cond);
        let before = self.weight();
        self.visit_block(&node.then_branch);
        if let Some((_, other)) = &node.else_branch {
            self.visit_expr(other);
        }
        self.ask_each(&node.cond, self.weight() > before, false);
    }

    fn visit_expr_while(&mut self, node: &'ast ExprWhile) {
        let before = self.weight();
        visit::visit_expr_while(self, node);
        self.ask_each(&node.cond, self.weight() > before, true);
    }

    fn visit_expr_match(&mut self, node: &'ast ExprMatch) {
        self.visit_expr(&node.expr);
        let before: Vec<usize> = node
            .arms
            .iter()
            .map(|arm| {
                let before = self.weight();
                self.visit_arm(arm);
                before
            })
            .collect();
        // Whether an arm is taken decides on all that come after it.
        for (arm, before) in node.arms.iter().zip(before) {
            let guarding = self.weight() > before;
            let tests = condition::of_pattern(&node.expr, &arm.pat);
            condition::each_pure(tests, &mut |test| self.ask(test, guarding, false));
            if let Pat::Guard(guarded) = &arm.pat {
                self.ask_each(&guarded.guard, guarding, false);
            }
        }
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Whether an argument may be changed by what it is given to, which may be followed to a stage.
fn is_exclusive(argument: &Expr) -> bool {
    matches!(argument, Expr::Reference(by) if by.mutability.is_some())
}

/// The last name of a type's path.
pub(in crate::lower) fn type_name(ty: &syn::Type) -> String {
    match ty {
        syn::Type::Path(path) => {
            path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// Texts of everything that an assignment's left side assigns.
pub(in crate::lower) fn targets(left: &Expr, into: &mut BTreeSet<String>) {
    match left {
        Expr::Tuple(tuple) => tuple.elems.iter().for_each(|part| targets(part, into)),
        Expr::Array(array) => array.elems.iter().for_each(|part| targets(part, into)),
        Expr::Struct(fields) => fields.fields.iter().for_each(|field| targets(&field.expr, into)),
        Expr::Call(call) => call.args.iter().for_each(|part| targets(part, into)),
        Expr::Unary(deref) => targets(&deref.expr, into),
        Expr::Paren(inner) => targets(&inner.expr, into),
        Expr::Index(index) => targets(&index.expr, into),
        other => {
            into.insert(text::tight(other));
        }
    }
}
