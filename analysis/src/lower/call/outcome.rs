//! Follows results that are the point of a call, to tell those that are lost.

use syn::Expr;

use crate::cfg::{Action, Deps, Fate, Gives, OptimizerId, Outcome, PathId, Reduction, SiteId, Versioned};
use crate::lower::Lower;
use crate::lower::control::expression::{method, structure};
use crate::lower::env::value::{Handed, Kind, Value};

impl<'a> Lower<'a> {
    /// A step that takes the model and gives it back; `None` where it may well change it in place.
    pub(in crate::lower) fn updates(
        &mut self,
        expr: &'a Expr,
        id: OptimizerId,
        arguments: &[Value<'a>],
        model: usize,
    ) -> Option<Value<'a>> {
        let gradients = arguments.iter().any(|argument| matches!(argument.kind, Kind::Gradients));
        let model = arguments.get(model)?;
        let place = model.place?;
        let borrowed = |value: &Value<'_>| value.handed != Handed::Value;
        let held = self.values.get(&place);
        if !gradients || borrowed(model) || held.is_some_and(|held| held.handed == Handed::Exclusive) {
            return None;
        }
        let site = self.site_of(expr, None);
        // Its gradients are values: what the optimizer itself holds is not known.
        self.emit(Action::Touch(Deps::one(self.cfg.optimizers[id].path)), site);
        let value = Value::plain(model.derived().deps);
        Some(self.outcome(expr, Gives::Model(place), value))
    }

    /// A value that is put together from all processes, or an update in place of what is given.
    pub(in crate::lower) fn reduces(&mut self, expr: &'a Expr, arguments: &[Value<'a>]) -> Value<'a> {
        let all = arguments.iter().fold(Value::nothing(), |all, part| all.with(&part.derived()));
        let site = self.site_of(expr, None);
        let of_loss = |part: &Value<'_>| part.measured || part.computed;
        let reduction = Reduction { of_loss: arguments.iter().any(of_loss) };
        self.cfg.facts.set(site, reduction);
        if arguments.is_empty() || arguments.iter().any(|part| part.handed == Handed::Exclusive) {
            return all;
        }
        self.outcome(expr, Gives::Reduced, all)
    }

    /// Notes a call whose result is the point of it.
    fn outcome(&mut self, expr: &'a Expr, gives: Gives, mut value: Value<'a>) -> Value<'a> {
        let site = self.site_of(expr, None);
        let callee = self.callee(expr);
        self.cfg.facts.note_once(site, Outcome { site, callee, gives, fate: Fate::Kept });
        value.outcome = Some(site);
        value
    }

    /// What a call calls: its function, or its method with the receiver.
    fn callee(&mut self, expr: &Expr) -> Versioned {
        let callee = match expr {
            Expr::MethodCall(node) => method(&node.method.to_string(), vec![structure(&node.receiver)]),
            Expr::Call(node) => structure(&node.func),
            other => structure(other),
        };
        self.version(&callee)
    }

    /// A value is dropped where it comes about.
    pub(in crate::lower) fn dropped(&mut self, value: &Value<'a>) {
        self.decide(value.outcome, Fate::Dropped);
    }

    /// A value gets a name.
    pub(in crate::lower) fn named(&mut self, value: &mut Value<'a>, path: PathId) {
        self.decide(value.outcome.take(), Fate::Named(path));
    }

    fn decide(&mut self, outcome: Option<SiteId>, fate: Fate) {
        if let Some(known) = outcome.and_then(|site| self.cfg.facts.at_mut::<Outcome>(site)) {
            known.fate = fate;
        }
    }

    /// A format string reads the variables that it names: `"{loss}"`.
    pub(in crate::lower) fn reads_in_text(&mut self, text: &str) {
        for piece in text.split('{').skip(1) {
            let end = piece.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(piece.len());
            if let Some(path) = self.lookup(&piece[..end]) {
                self.read.insert(path);
            }
        }
    }

    /// Settles which named results are never read.
    pub(in crate::lower) fn settle_outcomes(&mut self) {
        for outcome in self.cfg.facts.all_mut::<Outcome>() {
            if let Fate::Named(path) = outcome.fate {
                outcome.fate = if self.read.contains(&path) { Fate::Kept } else { Fate::Unread(path) };
            }
        }
    }
}

/// Whether an argument is the literal `false`.
pub(in crate::lower) fn is_no(argument: &Expr) -> bool {
    matches!(argument, Expr::Lit(literal) if matches!(&literal.lit, syn::Lit::Bool(value) if !value.value))
}
