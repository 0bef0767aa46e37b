//! Branches that save the best model.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{BinOp, Expr, ExprBinary, ExprIf, Stmt};

use crate::cfg::{Choice, Computation, Decides, Measure, SiteId};
use crate::diagnostic::Place;
use crate::limits;
use crate::lower::control::expression::{structure, unreferenced};
use crate::lower::env::bind::member;
use crate::lower::{Lower, address, text};
use crate::stage::Stage;
use crate::tokens::names_in;
use crate::vocabulary::{is_loss, keeps_model, saves, stops_early};

impl<'a> Lower<'a> {
    /// Records a branch that saves the best model, or a branch that ends the loop because the
    /// measure no longer improves. This is a branch that saves:
    /// `if loss < best { best = loss; save(&model); }`.
    pub(in crate::lower) fn note_choice(&mut self, node: &'a ExprIf) {
        let then = &*node.then_branch.stmts;
        let other = match node.else_branch.as_ref().map(|(_, other)| &**other) {
            Some(Expr::Block(block)) => &*block.block.stmts,
            _ => &[],
        };
        let compared = compared(&node.cond);
        let best_in = |body| compared.and_then(|compared| new_best(compared, body));
        let (now, better, worse) = match (best_in(then), best_in(other)) {
            (Some(now), _) => (now, then, other),
            (None, Some(now)) => (now, other, then),
            (None, None) => return self.note_stop(node),
        };
        let names: BTreeSet<String> = better.iter().flat_map(names_in).collect();
        let decides = match names.into_iter().find(|name| keeps_model(name)) {
            Some(name) => Decides::Saves(name),
            None if jumps_out(worse) => Decides::Stops,
            None => match counter(worse).or_else(|| reset(better)) {
                Some(counter) => Decides::Counts(counter),
                None => return,
            },
        };
        self.note_decision(node, now, decides);
    }

    /// Records a decision that depends on the measure `now` in the condition of a branch.
    fn note_decision(&mut self, node: &'a ExprIf, now: &'a Expr, decides: Decides) {
        let site = self.site(address(node), None, || (Place::of(&node.cond), text::call(&node.cond).into()));
        let own = self.own_loss(now);
        let named = matches!(now, Expr::Path(_) | Expr::Binary(_) | Expr::Field(_)) || !own.is_empty();
        if !named || self.cfg.facts.at::<Choice>(site).is_some() || self.at.dead {
            return;
        }
        let name = text::tight(now);
        let mut measure = Measure { name: name.clone(), forwards: own, ..Measure::default() };
        self.measure(&name, &mut measure, 0);
        self.cfg.facts.note(site, Choice { site, measure, decides });
    }

    /// Records a jump out of the loop after a number of iterations without improvement:
    /// `if bad > 5 { break; }`.
    ///
    /// The condition may also be a call on an early-stopping object:
    /// `if stopper.should_stop(loss) { break; }`.
    fn note_stop(&mut self, node: &'a ExprIf) {
        if !jumps_out(&node.then_branch.stmts) {
            return;
        }
        if let Expr::MethodCall(call) = &*node.cond
            && let [measure] = &*call.args.iter().collect::<Vec<_>>()
            && names_in(&node.cond).iter().any(|name| stops_early(name))
        {
            return self.note_decision(node, unreferenced(measure), Decides::Stops);
        }
        let names = names_in(&node.cond);
        let here = self.control.loops();
        let sites = &self.cfg.sites;
        for choice in self.cfg.facts.all_mut::<Choice>() {
            let counted = matches!(&choice.decides, Decides::Counts(counter) if names.contains(counter));
            if counted && sites[choice.site].loops.last() == here.last() {
                choice.decides = Decides::Stops;
            }
        }
    }

    /// The forwards of the model whose own loss an expression reads: `model.loss()`.
    ///
    /// The model keeps the loss of its last forward. The list is empty if other code may have run
    /// another forward. Such code gets the model other than by `&`, or is a method of the model that
    /// no vocabulary has.
    fn own_loss(&self, expr: &Expr) -> Vec<SiteId> {
        let Expr::MethodCall(call) = expr else { return Vec::new() };
        let Expr::Path(model) = &*call.receiver else { return Vec::new() };
        let Some(name) = model.path.get_ident().map(ToString::to_string) else { return Vec::new() };
        let asks = call.args.is_empty() && is_loss(&call.method.to_string());
        let Some(model) = self.lookup(&name).filter(|_| asks) else { return Vec::new() };
        let known = |method: &String| {
            is_loss(method)
                || saves(method)
                || self.vocabulary.method(method, 0).is_some()
                || self.vocabulary.method(method, 1).is_some()
        };
        let survey = self.survey();
        let methods = survey.uses.get(&name).into_iter().flat_map(|uses| uses.bare.iter().chain(&uses.given));
        if !survey.keeps_to_itself(&name) || !methods.into_iter().all(known) {
            return Vec::new();
        }
        let around = self.control.innermost();
        let here = |site: SiteId| around.is_some_and(|around| self.cfg.sites[site].loops.contains(&around));
        let runs = self.cfg.facts.all::<Computation>().filter(|(site, run)| {
            run.stage == Stage::Forward
                && here(*site)
                && run.model.is_some_and(|one| self.cfg.paths.overlap(one, model))
        });
        runs.map(|(site, _)| site).collect()
    }

    /// Collects the inputs of the measure called `name`. The best model is selected by this
    /// measure. An example is a validation loss.
    fn measure(&self, name: &str, into: &mut Measure, depth: usize) {
        let Some(path) = self.lookup(name) else { return };
        if let Some(value) = self.env.values.get(&path) {
            into.forwards.extend(&value.origin.forwards);
        }
        into.forwards.extend(self.env.added.get(&path).into_iter().flatten());
        let Some(init) = self.env.made_of.get(&path).filter(|_| depth < limits::MEASURE_SOURCES) else {
            return;
        };
        into.forwards.extend(self.own_loss(init));
        for part in names_in(init) {
            if part != name && !into.names.contains(&part) {
                into.names.push(part.clone());
                self.measure(&part, into, depth + 1);
            }
        }
    }
}

/// The binary operation in a condition such as `loss < best`; `None` for any other condition.
fn compared(condition: &Expr) -> Option<&ExprBinary> {
    match condition {
        Expr::Paren(inner) => compared(&inner.expr),
        Expr::Binary(node) => Some(node),
        _ => None,
    }
}

/// The measure that a branch stores as the best one: `loss` of `if loss < best { best = loss; }`.
fn new_best<'e>(compared: &ExprBinary, body: &'e [Stmt]) -> Option<&'e Expr> {
    let (less, more) = match compared.op {
        BinOp::Lt(_) | BinOp::Le(_) => (&*compared.left, &*compared.right),
        BinOp::Gt(_) | BinOp::Ge(_) => (&*compared.right, &*compared.left),
        _ => return None,
    };
    body.iter().find_map(|statement| {
        let Stmt::Expr(Expr::Assign(assign), _) = statement else { return None };
        let now = structure(&assign.right);
        let is = |best_side: &Expr, now_side: &Expr| {
            is_named_in(&assign.left, best_side) && structure(now_side) == now
        };
        (is(more, less) || is(less, more)).then_some(&*assign.right)
    })
}

/// The variable that a branch increases: `bad` of `{ bad += 1; }`.
fn counter(body: &[Stmt]) -> Option<String> {
    body.iter().find_map(|statement| match statement {
        Stmt::Expr(Expr::Binary(node), _) if matches!(node.op, BinOp::AddAssign(_)) => last_name(&node.left),
        _ => None,
    })
}

/// The variable to which a branch assigns a number: `bad` of `{ best = loss; bad = 0; }`.
fn reset(body: &[Stmt]) -> Option<String> {
    body.iter().find_map(|statement| match statement {
        Stmt::Expr(Expr::Assign(node), _) if matches!(&*node.right, Expr::Lit(_)) => last_name(&node.left),
        _ => None,
    })
}

/// Whether a branch contains a jump that ends the loop around the branch.
fn jumps_out(body: &[Stmt]) -> bool {
    let mut jumps = Jumps(false);
    for statement in body {
        jumps.visit_stmt(statement);
    }
    jumps.0
}

/// A visitor that looks for a `break` or a `return` outside of inner loops and closures.
struct Jumps(bool);

impl<'ast> Visit<'ast> for Jumps {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::Break(_) | Expr::Return(_) => self.0 = true,
            Expr::ForLoop(_) | Expr::While(_) | Expr::Loop(_) | Expr::Closure(_) | Expr::Async(_) => {}
            other => visit::visit_expr(self, other),
        }
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Whether `expr` mentions the variable or the field that `variable` refers to.
fn is_named_in(variable: &Expr, expr: &Expr) -> bool {
    last_name(variable).is_some_and(|name| names_in(expr).contains(&name))
}

/// The name of a variable, or the last name of a field.
fn last_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        Expr::Field(field) => Some(member(&field.member)),
        _ => None,
    }
}
