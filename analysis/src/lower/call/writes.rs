//! Writes to parameters in place while a graph is recorded: `linear.ws.copy_(&other.ws)`.

use syn::{Expr, Pat};

use super::{Call, Callee};
use crate::cfg::{Mark, Recorded};
use crate::lower::Lower;
use crate::lower::control::expression::unreferenced;
use crate::lower::env::bind::member;
use crate::vocabulary::rust::{Numbering, numbering};
use crate::vocabulary::{CallEffect, is_parameter_field, returns_leaves, writes_tensor};

impl<'a> Lower<'a> {
    /// Records a method that writes a parameter in place while a graph is recorded.
    pub(super) fn writes_by_method(&mut self, call: &Call<'a>) {
        if let Callee::Method(node) = call.callee
            && writes_tensor(&call.name, call.arguments.len())
        {
            self.note_write(call.expr, &node.receiver);
        }
    }

    /// Records a write to `written` in place, if it is a parameter and a graph is recorded.
    ///
    /// A parameter that some function of the checked code freezes may be written.
    pub(in crate::lower) fn note_write(&mut self, expr: &'a Expr, written: &'a Expr) {
        let recorded = self.recording.state() == Recorded::Yes && !self.at.dead;
        if recorded && self.records_parameters() && self.is_parameter(written) {
            let site = self.site_of(expr, None);
            self.cfg.facts.mark(site, Mark::WritesParameter);
        }
    }

    /// Whether parameters certainly record a graph: the library says so, and no function of the checked code
    /// freezes parameters.
    pub(super) fn records_parameters(&self) -> bool {
        self.vocabulary.refuses_recorded_writes() && !self.may_freeze()
    }

    /// Whether some function of the checked code may freeze parameters.
    pub(in crate::lower) fn may_freeze(&self) -> bool {
        self.resolver.functions.iter().any(|function| function.survey.switches.freezes)
    }

    /// Whether an expression is a parameter of a layer of the library, or an item of a store's parameters.
    fn is_parameter(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Field(field) => self.is_layer_field(&member(&field.member)),
            Expr::MethodCall(call) => {
                let effect = self.vocabulary.method(&call.method.to_string(), call.args.len());
                effect == Some(CallEffect::Passes) && self.is_parameter(&call.receiver)
            }
            Expr::Path(path) => {
                let Some(name) = path.path.get_ident().map(ToString::to_string) else { return false };
                let Some(variable) = self.lookup(&name) else { return false };
                // `if let Some(ws) = &mut layer.ws` names the parameter anew.
                let held = self.env.value(variable).and_then(|value| value.place);
                let place = held.map_or("", |place| self.cfg.paths.name(place));
                if place.rsplit_once('.').is_some_and(|(_, field)| self.is_layer_field(field)) {
                    return true;
                }
                let round = self.cfg.facts.item_of(variable);
                let head = round.and_then(|round| self.averaging.over.get(&round));
                head.is_some_and(|(pat, items)| self.binds_leaf(pat, items, &name))
            }
            Expr::Paren(inner) => self.is_parameter(&inner.expr),
            Expr::Reference(inner) => self.is_parameter(&inner.expr),
            Expr::Unary(inner) => self.is_parameter(&inner.expr),
            _ => false,
        }
    }
    /// Whether a field with this name is a parameter of a layer of the library.
    ///
    /// A type of the checked code may have a plain tensor in a field with such a name.
    fn is_layer_field(&self, name: &str) -> bool {
        is_parameter_field(name) && !self.resolver.has_field(name)
    }

    /// Whether the pattern of a loop binds a variable to the items of a store's parameters.
    ///
    /// In pairs of parameters and other tensors, the position of the variable decides.
    fn binds_leaf(&self, pat: &Pat, items: &Expr, name: &str) -> bool {
        match (pat, unreferenced(items)) {
            (Pat::Ident(ident), items) => ident.ident == name && self.yields_leaves(items),
            (Pat::Tuple(parts), Expr::MethodCall(call)) if parts.elems.len() == 2 => {
                let (first, second) = (&parts.elems[0], &parts.elems[1]);
                match numbering(&call.method.to_string()) {
                    Some(Numbering::Adds) => self.binds_leaf(second, &call.receiver, name),
                    Some(Numbering::Pairs) => {
                        self.binds_leaf(first, &call.receiver, name)
                            || call.args.first().is_some_and(|other| self.binds_leaf(second, other, name))
                    }
                    Some(Numbering::Keeps | Numbering::Skips | Numbering::Loses) | None => {
                        self.binds_leaf(pat, &call.receiver, name)
                    }
                }
            }
            _ => false,
        }
    }

    /// Whether an iterator, or the variable that it goes through, yields the parameters of a store.
    fn yields_leaves(&self, items: &Expr) -> bool {
        match unreferenced(items) {
            Expr::MethodCall(call) if returns_leaves(&call.method.to_string()) => true,
            Expr::MethodCall(call) if call.args.is_empty() => self.yields_leaves(&call.receiver),
            Expr::Path(path) => {
                let variable = path.path.get_ident().and_then(|name| self.lookup(&name.to_string()));
                let init = variable.and_then(|variable| self.env.made_of.get(&variable));
                matches!(init, Some(Expr::MethodCall(call)) if returns_leaves(&call.method.to_string()))
            }
            _ => false,
        }
    }
}
