//! Calls that take the parameters as they stand: an average of them is moved, or they are saved.

use syn::{Expr, ExprCall, ExprMethodCall};

use crate::cfg::{Action, Deps, Reads, SiteId};
use crate::lower::Lower;
use crate::lower::env::value::Value;
use crate::vocabulary::rust::is_transparent;
use crate::vocabulary::{
    gives_parameters, holds_parameters, is_average, is_average_update, moves_average, saves,
};

impl<'a> Lower<'a> {
    /// Notes a method that takes the parameters; says whether it does nothing else.
    pub(in crate::lower) fn reads_method(
        &mut self,
        expr: &'a Expr,
        node: &'a ExprMethodCall,
        receiver: &Value<'a>,
        arguments: &[Value<'a>],
    ) -> bool {
        let name = node.method.to_string();
        let of = last_name(&node.receiver).unwrap_or_default();
        if is_average(&of) && moves_average(&name) {
            return self.averages(expr, arguments, true);
        }
        let given =
            node.args.iter().zip(arguments).find_map(|(argument, value)| self.model_in(argument, value));
        let whole = self.model_in(&node.receiver, receiver);
        if saves(&name) && (whole.is_some() || given.is_some() || holds_parameters(&of)) {
            let site = self.site_of(expr, None);
            self.reads(site, Reads::Save, whole.or(given).unwrap_or(Deps::Anything));
        }
        false
    }

    /// Notes a function that takes the parameters; says whether it does nothing else.
    pub(in crate::lower) fn reads_call(
        &mut self,
        expr: &'a Expr,
        node: &'a ExprCall,
        arguments: &[Value<'a>],
    ) -> bool {
        let Expr::Path(function) = &*node.func else { return false };
        let Some(name) = function.path.segments.last().map(|last| last.ident.to_string()) else {
            return false;
        };
        if is_average_update(&name) {
            return self.averages(expr, arguments, false);
        }
        let given =
            node.args.iter().zip(arguments).find_map(|(argument, value)| self.model_in(argument, value));
        if let Some(model) = given.filter(|_| saves(&name)) {
            let site = self.site_of(expr, None);
            self.reads(site, Reads::Save, model);
        }
        false
    }

    /// An average is moved towards the parameters that it is given, or that it knows.
    fn averages(&mut self, expr: &'a Expr, arguments: &[Value<'a>], knows: bool) -> bool {
        // The average of a loss is one as well.
        if arguments.iter().any(|value| value.measured) || !knows && arguments.is_empty() {
            return false;
        }
        let all = arguments.iter().fold(Deps::none(), |all, value| all.union(&value.derived().deps));
        let of_model = |owned: &Deps| owned.overlaps(&all, &self.cfg.paths) == Some(true);
        let owned = self.cfg.optimizers.iter().filter_map(|optimizer| optimizer.owned.as_ref());
        let model = owned.chain([&self.cfg.function.models]).any(of_model);
        if !arguments.is_empty() && !model {
            return false;
        }
        let site = self.site_of(expr, None);
        self.reads(site, Reads::Average, if model { all } else { Deps::Anything });
        true
    }

    fn reads(&mut self, site: SiteId, what: Reads, of: Deps) {
        self.cfg.facts.set(site, what);
        self.emit(Action::Look(of), site);
    }

    /// A jump out of the round.
    pub(in crate::lower) fn leaves(&mut self, expr: &'a Expr) {
        if !self.rounds.is_empty() {
            let site = self.site(crate::lower::address(expr), None, || {
                (
                    crate::diagnostic::Place::of(expr),
                    crate::lower::text::tight(expr).replacen('\'', " '", 1).into(),
                )
            });
            self.reads(site, Reads::Leave, Deps::Anything);
        }
    }

    /// The model that an expression is, or whose values it gives.
    fn model_in(&self, expr: &Expr, value: &Value<'a>) -> Option<Deps> {
        match expr {
            Expr::Reference(inner) => return self.model_in(&inner.expr, value),
            Expr::Paren(inner) => return self.model_in(&inner.expr, value),
            Expr::MethodCall(call) => {
                let name = call.method.to_string();
                let root = self.receiver_place(&call.receiver).filter(|_| gives_parameters(&name))?;
                return self.is_trained(&root).then_some(root);
            }
            Expr::Path(_) | Expr::Field(_) => {}
            _ => return None,
        }
        let place = Deps::one(value.place?);
        self.is_trained(&place).then_some(place)
    }

    fn is_trained(&self, place: &Deps) -> bool {
        let mut owned = self.cfg.optimizers.iter().filter_map(|optimizer| optimizer.owned.as_ref());
        let is = |models: &Deps| models.overlaps(place, &self.cfg.paths) == Some(true);
        owned.any(is) || is(&self.cfg.function.models)
    }

    fn receiver_place(&self, expr: &Expr) -> Option<Deps> {
        match expr {
            Expr::Path(path) => {
                let path = self.lookup(&path.path.get_ident()?.to_string())?;
                let place = self.values.get(&path).and_then(|value| value.place).unwrap_or(path);
                Some(Deps::one(place))
            }
            Expr::Field(field) => self.receiver_place(&field.base),
            Expr::Reference(inner) => self.receiver_place(&inner.expr),
            Expr::Paren(inner) => self.receiver_place(&inner.expr),
            _ => None,
        }
    }
}

/// The last name of a variable or a field.
fn last_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        Expr::Field(field) => Some(crate::lower::env::bind::member(&field.member)),
        Expr::Reference(inner) => last_name(&inner.expr),
        Expr::Paren(inner) => last_name(&inner.expr),
        Expr::MethodCall(call) if is_transparent(&call.method.to_string()) => last_name(&call.receiver),
        _ => None,
    }
}
