//! The survey of a function before its lowering: uses of names, assignments, stages, conditions to track.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};
use syn::{BinOp, Block, Expr, ExprAssign, ExprIf, ExprMatch, ExprMethodCall, ExprWhile, Local, Pat};

use super::effects::{is_computation, is_stage};
use super::passed::Passed;
use super::questions::Questions;
use super::shapes::Shapes;
use crate::cfg::{Expression, Factors};
use crate::limits;
use crate::lower::call::mode::literal_bool;
use crate::lower::call::processes::last_name;
use crate::lower::control::condition::Key;
use crate::lower::control::each::each_step;
use crate::lower::control::expression::structure;
use crate::lower::control::factors;
use crate::lower::text;
use crate::vocabulary::rust::is_self;
use crate::vocabulary::{
    CallEffect, Role, Uses, Vocabularies, ends_all_processes, freezes, hints_at_differentiation,
    hints_at_training, may_train, role_of_type, runs_backward,
};

/// What a survey of a function found.
pub(crate) struct Survey {
    /// For the source text of each receiver, the methods that are called on the receiver.
    pub uses: BTreeMap<String, Uses>,
    /// The names and numbers that the function multiplies with or divides by.
    pub factors: Factors,
    /// The names and fields that are assigned somewhere in the function.
    pub assigned: BTreeSet<String>,
    /// The uses of models and optimizers from libraries that have no vocabulary.
    pub(super) shapes: Shapes,
    /// The keys of the questions that the flow analysis tracks.
    pub followed: BTreeSet<Key>,
    /// Whether the flow analysis cannot track all questions that guard several stages.
    pub too_many: bool,
    /// The nesting depth of the function's expressions.
    pub deepest: usize,
    /// Whether the function calls a function that may run `backward` or update parameters.
    pub trains: bool,
    /// What the function switches off.
    pub switches: Switches,
    /// What the function calls in a distributed run.
    pub distributed: Distributed,
    /// The arguments of the function's calls, recorded for lints on epochs and checkpoints.
    pub passed: Passed,
    pub(super) vocabulary: Vocabularies,
    questions: Questions,
    /// The variables that hold closures.
    closures: BTreeSet<String>,
    /// Number of stages so far.
    pub stages: usize,
    jumps: usize,
    depth: usize,
}

/// What a function switches off.
#[derive(Default)]
pub(crate) struct Switches {
    /// Whether the function switches the recording of graphs off.
    pub stops_recording: bool,
    /// Whether the function calls a method that may freeze parameters.
    pub freezes: bool,
    /// Whether the function takes a model without gradients from a model: `model.valid()`.
    pub takes_inner: bool,
}

/// What a function calls in a distributed run.
#[derive(Default)]
pub(crate) struct Distributed {
    /// The last names of the receivers of collective operations.
    pub communicators: BTreeSet<String>,
    /// Whether the function calls a function, such as `abort`, that ends all processes.
    pub aborts: bool,
}

impl Survey {
    /// The survey of a body that is nested too deeply to be lowered.
    pub(in crate::lower) fn of_deep(vocabulary: Vocabularies) -> Self {
        Self { deepest: limits::NESTED_EXPRESSIONS + 1, ..Self::empty(vocabulary) }
    }

    pub(in crate::lower) fn of(block: &Block, vocabulary: Vocabularies) -> Self {
        let mut survey = Self { factors: factors::of(block), ..Self::empty(vocabulary) };
        survey.visit_block(block);
        (survey.followed, survey.too_many) = std::mem::take(&mut survey.questions).choose();
        survey
    }

    /// A survey that has found nothing yet.
    pub(in crate::lower) fn empty(vocabulary: Vocabularies) -> Self {
        Self {
            uses: BTreeMap::new(),
            factors: Factors::default(),
            assigned: BTreeSet::new(),
            shapes: Shapes::default(),
            followed: BTreeSet::new(),
            too_many: false,
            switches: Switches::default(),
            distributed: Distributed::default(),
            passed: Passed::default(),
            vocabulary,
            questions: Questions::default(),
            closures: BTreeSet::new(),
            stages: 0,
            deepest: 0,
            trains: false,
            jumps: 0,
            depth: 0,
        }
    }

    /// Number of stages and jumps so far.
    fn weight(&self) -> usize {
        self.stages + self.jumps
    }
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
        if matches!(does, Some(CallEffect::Reduces | CallEffect::Collective { .. } | CallEffect::Rank)) {
            self.distributed.communicators.extend(last_name(&call.receiver));
        }
        self.distributed.aborts |= ends_all_processes(&name);
        self.switches.stops_recording |=
            matches!(does, Some(CallEffect::NoGrad | CallEffect::SwitchesRecording));
        self.switches.takes_inner |= does == Some(CallEffect::Freezes);
        // A method of `self` may be inlined, and have stages.
        let own = does.is_none() && is_self(&call.receiver);
        self.stages += usize::from(is_stage(does) || hints_at_training(&name) || own);
        self.trains |= may_train(&name);
        let told = call.args.first().and_then(literal_bool);
        self.switches.freezes |= freezes(&name, told) || told.is_none() && freezes(&name, Some(false));
        self.passed.method(call, &name);
        self.shapes.runs_backward |= call.args.is_empty() && runs_backward(&name);
        self.shapes.named.method(call, &name);
        self.shapes.differentiates |= hints_at_differentiation(&name);
        self.shapes.computing |= is_computation(does) || call.args.iter().any(is_exclusive);
        visit::visit_expr_method_call(self, call);
        // The arguments of `optimizer.update(&mut model, &loss.backward())` come first.
        if matches!(&*call.receiver, Expr::Path(_) | Expr::Field(_)) {
            self.note_use(call);
        }
    }

    fn visit_expr_assign(&mut self, assign: &'ast ExprAssign) {
        targets(&assign.left, &mut self.assigned);
        self.shapes.named.assigns(&assign.left);
        self.questions.holds(structure(&assign.left), &assign.right);
        visit::visit_expr_assign(self, assign);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        if is_assignment(&binary.op) {
            targets(&binary.left, &mut self.assigned);
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(path) = &*call.func
            && let Some(last) = path.path.segments.last()
        {
            self.trains |= may_train(&last.ident.to_string());
            self.distributed.aborts |= ends_all_processes(&last.ident.to_string());
            self.shapes.differentiates |= hints_at_differentiation(&last.ident.to_string());
            let name = last.ident.to_string();
            let does = self.vocabulary.function(&name);
            self.switches.stops_recording |=
                matches!(does, Some(CallEffect::NoGrad | CallEffect::SwitchesRecording));
            let owner = path.path.segments.iter().rev().nth(1);
            let role = owner.and_then(|owner| role_of_type(self.vocabulary, &owner.ident.to_string()));
            let stage = is_stage(does)
                || hints_at_training(&name)
                || call.args.iter().any(is_exclusive)
                || role == Some(Role::Optimizer)
                || self.closures.contains(&name);
            self.stages += usize::from(stage);
            self.passed.function(&path.path, call);
            self.shapes.named.function(call, &name);
            let computes = is_computation(does);
            self.shapes.computing |= computes || call.args.iter().any(is_exclusive);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        if let Some(name) = path.path.get_ident() {
            self.shapes.mentions.entry(name.to_string()).or_default().0 += 1;
        }
    }

    fn visit_expr_reference(&mut self, reference: &'ast syn::ExprReference) {
        if let (Expr::Path(path), None) = (&*reference.expr, &reference.mutability)
            && let Some(name) = path.path.get_ident()
        {
            self.shapes.mentions.entry(name.to_string()).or_default().1 += 1;
        }
        visit::visit_expr_reference(self, reference);
    }

    fn visit_expr_index(&mut self, index: &'ast syn::ExprIndex) {
        if matches!(&*index.expr, Expr::Path(_) | Expr::Field(_)) {
            self.uses.entry(text::tight(&index.expr)).or_default().indexed = true;
        }
        visit::visit_expr_index(self, index);
    }

    fn visit_expr_for_loop(&mut self, node: &'ast syn::ExprForLoop) {
        let each = each_step(node).filter(|_| self.shapes.named.follows_backward());
        self.shapes.each.extend(each.map(|each| each.key()));
        self.shapes.named.enter_loop();
        visit::visit_expr_for_loop(self, node);
        self.shapes.named.leave_loop();
    }

    fn visit_expr_loop(&mut self, node: &'ast syn::ExprLoop) {
        self.shapes.named.enter_loop();
        visit::visit_expr_loop(self, node);
        self.shapes.named.leave_loop();
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
        // A macro that could not be unfolded may contain stages.
        self.stages += 1;
    }

    fn visit_local(&mut self, local: &'ast Local) {
        visit::visit_local(self, local);
        let Some(init) = &local.init else { return };
        if init.diverge.is_some() {
            self.questions.ask_pattern(&init.expr, &local.pat, true);
        }
        let pat = match &local.pat {
            Pat::Type(typed) => &*typed.pat,
            other => other,
        };
        if let Pat::Ident(ident) = pat {
            let name = ident.ident.to_string();
            self.note_parameters(&name, &init.expr);
            if matches!(&*init.expr, Expr::Closure(_)) {
                self.closures.insert(name);
            } else {
                self.questions.holds(Expression::Name(name), &init.expr);
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
        self.questions.ask_each(&node.cond, self.weight() > before, false);
    }

    fn visit_expr_while(&mut self, node: &'ast ExprWhile) {
        let before = self.weight();
        self.shapes.named.enter_loop();
        visit::visit_expr_while(self, node);
        self.shapes.named.leave_loop();
        self.questions.ask_each(&node.cond, self.weight() > before, true);
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
        // An arm also guards all arms after it.
        for (arm, before) in node.arms.iter().zip(before) {
            let guarding = self.weight() > before;
            self.questions.ask_pattern(&node.expr, &arm.pat, guarding);
        }
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Whether an operator also assigns its result, as `+=` does.
pub(in crate::lower) fn is_assignment(op: &BinOp) -> bool {
    matches!(
        op,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}

/// Whether an argument is passed by `&mut`. The callee may then change the argument and run stages.
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

/// Collects the source text of each place in the left side of an assignment: `a` and `b` for
/// `(a, b)`.
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
