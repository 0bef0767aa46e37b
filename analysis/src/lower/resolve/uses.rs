//! The uses of variables that the survey of a function records. Uses are recognized by the shape of
//! the calls alone.

use syn::{Expr, ExprMethodCall, Lit};

use super::survey::Survey;
use crate::lower::control::expression::unreferenced;
use crate::lower::{address, text};
use crate::vocabulary::{
    Role, STEP, Uses, applies_gradients, names_gradients_alone, names_rate, returns_parameters, role_of_name,
    zeroes_gradients,
};

impl Survey {
    /// The names of the models that update themselves and whose gradients the function zeroes.
    pub(super) fn zeroes_models(&self) -> impl Iterator<Item = String> {
        let zeroed = self.uses.iter().filter(|(_, uses)| self.updates_itself(uses) && uses.is_zeroed());
        zeroed.map(|(name, _)| last_name(name))
    }

    /// Pairs of names. The first is a method that applies an optimizer to a model, and the second
    /// is the model. Only models whose gradients the function zeroes are included.
    pub(super) fn zeroes_applied(&self) -> impl Iterator<Item = (String, String)> {
        let zeroed =
            |uses: &&Uses| uses.is_zeroed() || uses.applied_to.iter().any(|model| self.is_zeroed(model));
        let pairs = |uses: &Uses| {
            let models: Vec<String> = uses.applied_to.iter().map(|model| last_name(model)).collect();
            let methods = uses.applied_by.iter().cloned();
            methods
                .flat_map(move |method| models.clone().into_iter().map(move |model| (method.clone(), model)))
                .collect::<Vec<_>>()
        };
        self.uses.values().filter(zeroed).flat_map(pairs).collect::<Vec<_>>().into_iter()
    }

    /// Records a method call whose receiver is a variable or a field.
    pub(super) fn note_use(&mut self, call: &ExprMethodCall) {
        let name = call.method.to_string();
        let uses = self.uses.entry(text::place(&call.receiver)).or_default();
        let set = if call.args.is_empty() { &mut uses.bare } else { &mut uses.given };
        set.insert(name.clone());
        uses.calls += 1;
        if let (true, Some(model)) = (zeroes_gradients(&name), call.args.first()) {
            self.shapes.zeroed.insert(text::tight(owner(unreferenced(model))));
        }
        if !applies_gradients(&name) {
            return;
        }
        if self.shapes.each.contains(&address(call)) {
            // A loop over the parameters steps the optimizer once. Two loops step it for different parameters.
            uses.takes_gradients |= !uses.bare.insert(STEP.to_owned());
            return;
        }
        // A step with gradients as an argument may belong to a library in which gradients are
        // values.
        let known = self.vocabulary.optimizer_method(&name, call.args.len()).is_some();
        let values = self.shapes.runs_backward || self.vocabulary.gives_gradients();
        let takes = name != STEP && !(known && values);
        let mut arguments = call.args.iter().map(unreferenced);
        let (first, second) = (arguments.next(), arguments.next());
        match (first, second) {
            (None, _) => uses.updates |= name != STEP,
            (Some(rate), None) if is_rate_expr(rate) => uses.updates = true,
            (Some(model), None) if is_gradient(model) => uses.takes_gradients |= takes,
            (Some(_), Some(gradient)) if !is_rate_expr(gradient) => uses.takes_gradients |= takes,
            (Some(Expr::Path(path)), None) if is_optimizer(path) => {}
            (Some(model), _) => {
                let model = text::tight(owner(model));
                let model = self.shapes.parameters_of.get(&model).cloned().unwrap_or(model);
                uses.applied_to.insert(model);
                uses.applied_by.insert(name.clone());
            }
        }
        if let (Some(Expr::Path(optimizer)), None) = (first, second)
            && is_optimizer(optimizer)
        {
            let of_optimizer = self.uses.entry(text::tight(optimizer)).or_default();
            of_optimizer.applied_to.insert(text::tight(&call.receiver));
            of_optimizer.applied_by.insert(name);
        }
    }
}

/// The last name of a variable or field, as in the source.
pub(in crate::lower) fn last_name(text: &str) -> String {
    text.rsplit('.').next().unwrap_or(text).to_owned()
}

fn is_optimizer(path: &syn::ExprPath) -> bool {
    let name = path.path.get_ident().map(ToString::to_string);
    name.is_some_and(|name| role_of_name(&name) == Some(Role::Optimizer))
}

impl Survey {
    /// Records that the variable `name` holds the parameters of a model: `let params = model.parameters_mut()`.
    pub(super) fn note_parameters(&mut self, name: &str, init: &Expr) {
        let of = owner(unreferenced(init));
        if !std::ptr::eq(of, unreferenced(init)) {
            self.shapes.parameters_of.insert(name.to_owned(), text::tight(of));
        }
    }
}

/// The receiver `model` of `model.parameters_mut()`. Any other expression is returned unchanged.
fn owner(expr: &Expr) -> &Expr {
    match expr {
        Expr::MethodCall(call) if call.args.is_empty() && returns_parameters(&call.method.to_string()) => {
            owner(&call.receiver)
        }
        other => other,
    }
}

/// Whether the name of an expression suggests a gradient.
pub(in crate::lower) fn is_gradient(expr: &Expr) -> bool {
    match unreferenced(expr) {
        Expr::Path(path) => {
            path.path.segments.last().is_some_and(|last| names_gradients_alone(&last.ident.to_string()))
        }
        Expr::Field(field) => names_gradients_alone(&text::tight(&field.member)),
        Expr::MethodCall(call) => {
            names_gradients_alone(&call.method.to_string()) || is_gradient(&call.receiver)
        }
        _ => false,
    }
}

/// Whether an expression is a learning rate: a number, or a variable or field with the name of a
/// rate.
pub(in crate::lower) fn is_rate_expr(expr: &Expr) -> bool {
    match unreferenced(expr) {
        Expr::Lit(literal) => matches!(literal.lit, Lit::Float(_) | Lit::Int(_)),
        Expr::Path(path) => path.path.segments.last().is_some_and(|last| names_rate(&last.ident.to_string())),
        Expr::Field(field) => names_rate(&text::tight(&field.member)),
        Expr::Unary(unary) => is_rate_expr(&unary.expr),
        Expr::Cast(cast) => is_rate_expr(&cast.expr),
        Expr::Binary(binary) => is_rate_expr(&binary.left) || is_rate_expr(&binary.right),
        Expr::MethodCall(call) => names_rate(&call.method.to_string()) || is_rate_expr(&call.receiver),
        Expr::Call(call) => is_rate_expr(&call.func),
        _ => false,
    }
}
