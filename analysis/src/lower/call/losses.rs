//! Calls of losses: the loss, its output and target arguments, and the origin of the result.

use syn::{Expr, ExprBinary};

use super::{Call, Callee};
use crate::cfg::{
    Argument, Deps, Difference, Excerpt, Join, LossCall, Origin, Root, SiteId, Source, Weighting,
};
use crate::diagnostic::Place;
use crate::lower::env::bind::member;
use crate::lower::env::origin::join_of;
use crate::lower::env::value::{Passing, Value};
use crate::lower::{Lower, address, text};
use crate::stage::Stage;
use crate::tokens::names_in;
use crate::vocabulary::rust::{Variant, is_next};
use crate::vocabulary::{
    CallEffect, Loss, OTHER_LOSS, changes_input, hints_at_training, is_no_reduction, names_advantage,
    names_bootstrap, names_gradients, names_likelihood, sets_reduction,
};

/// An argument: its expression in the source, and its value.
type Given<'v, 'a> = (&'v Expr, &'v Value<'a>);

impl<'a> Lower<'a> {
    /// Whether the name of the result shows that an opaque call computes a loss:
    /// `let loss = mse(&output, &y)`.
    ///
    /// A function with the model as an argument, or with a name such as `train_step`, does not
    /// count, because it may run `backward`.
    pub(super) fn is_named_loss(&self, call: &Call<'a>) -> bool {
        // Without an optimizer in the function, the result may be a number.
        let trains = self.cfg.optimizers.iter().any(|optimizer| optimizer.owned.is_some());
        let named = self.syntax.loss == Some(address(call.expr)) && trains && !hints_at_training(&call.name);
        let output = |value: &Value<'a>| value.computed && value.passing != Passing::Exclusive;
        let model = |value: &Value<'a>| {
            let place = value.place.filter(|_| !value.computed).map(Deps::one);
            place.is_some_and(|place| {
                self.is_owned(&place)
                    || self.cfg.function.models.overlaps(&place, &self.cfg.paths) == Some(true)
            })
        };
        named && call.arguments.iter().any(output) && !call.arguments.iter().any(model)
    }

    /// The origin of the result of a stage.
    pub(super) fn computed_origin(
        &mut self,
        call: &Call<'a>,
        stage: Stage,
        site: SiteId,
        receiver: Option<&Value<'a>>,
        arguments: &[Value<'a>],
    ) -> Origin {
        let all = receiver.into_iter().chain(arguments);
        let whole = all.fold(Origin::constant(), |all, part| all.with(&part.origin, Join::Other));
        if let Some(known) = self.loss_origin(call, site, receiver, arguments) {
            return known;
        }
        let model = receiver.map_or_else(Deps::none, |receiver| receiver.deps.clone());
        match stage {
            Stage::Forward => {
                let last = self.last_of_forward(call, receiver);
                Origin { last, ..whole.forward(site, &model) }
            }
            // A loss of the user's own may have parameters, and may take any input.
            _ => Origin { source: whole.source, ..Origin::unseen([&whole, &Origin::default()].into_iter()) },
        }
    }

    /// The origin of the result of a loss that the vocabulary knows.
    fn loss_origin(
        &mut self,
        call: &Call<'a>,
        site: SiteId,
        receiver: Option<&Value<'a>>,
        arguments: &[Value<'a>],
    ) -> Option<Origin> {
        let mut given: Vec<Given<'_, 'a>> = call.args.iter().zip(arguments).collect();
        let criterion = match (&call.callee, receiver) {
            (Callee::Method(_), Some(object)) => object.origin.criterion,
            (_, None) => {
                let own = |path| self.resolver.may_be_own(path, self.inlining.function);
                call.path().filter(|path| !own(path))?;
                None
            }
            _ => return None,
        };
        let loss = criterion.or_else(|| self.vocabulary.loss(&call.name))?;
        if let (None, Callee::Method(node), Some(tensor)) = (criterion, &call.callee, receiver) {
            // A method of a tensor; one of a model may do anything.
            if tensor.origin.source != Source::Computed && tensor.origin.last.is_none() {
                return None;
            }
            given.insert(0, (&node.receiver, tensor));
        }
        let (output, target) = (*given.first()?, *given.get(1)?);
        let unreduced = call.args.iter().any(asks_for_no_reduction)
            || receiver.is_some_and(|value| value.origin.unreduced.is_some());
        let by_name = matches!(&call.callee, Callee::Function(path) if path.is_ident(loss.name));
        let origin = self.note_loss(site, (loss, by_name), output, target);
        self.averaging.unreduced.extend(unreduced.then_some(site));
        Some(Origin { unreduced: unreduced.then_some(site), ..origin })
    }

    /// Records a call of a loss, and returns the origin of its result.
    fn note_loss(
        &mut self,
        site: SiteId,
        (loss, by_name): (&'static Loss, bool),
        output: Given<'_, 'a>,
        target: Given<'_, 'a>,
    ) -> Origin {
        let mut origin = output.1.origin.loss(&target.1.origin);
        if loss.symmetric {
            origin.add_comparison(site);
        }
        if self.at.dead {
            return origin;
        }
        if let Some(known) = self.cfg.facts.at_mut::<LossCall>(site) {
            known.output.origin = known.output.origin.either(&output.1.origin);
            known.target.origin = known.target.origin.either(&target.1.origin);
            return origin;
        }
        let (output, target) = (self.argument(output), self.argument(target));
        self.cfg.facts.note(site, LossCall { site, loss, by_name, output, target });
        origin
    }

    /// Records the difference between two model outputs, such as `student - teacher`.
    pub(in crate::lower) fn note_difference(
        &mut self,
        node: &'a ExprBinary,
        left: &Value<'a>,
        right: &Value<'a>,
    ) -> Option<SiteId> {
        let outputs = |value: &Value<'a>| value.is_tensor() && !value.origin.forwards.is_empty();
        if self.at.dead || join_of(&node.op) != Join::Difference || !outputs(left) || !outputs(right) {
            return None;
        }
        let site = self.site(address(node), None, || (Place::of(node), text::tight(node).into()));
        if let Some(known) = self.cfg.facts.at_mut::<Difference>(site) {
            known.output.origin = known.output.origin.either(&left.origin);
            known.target.origin = known.target.origin.either(&right.origin);
        } else {
            let (output, target) = (self.argument((&node.left, left)), self.argument((&node.right, right)));
            self.cfg.facts.note(site, Difference { site, output, target });
        }
        Some(site)
    }

    /// Records the product of log-probabilities and an advantage, such as `log_probs * advantages` or
    /// `log_probs * (returns - values)`.
    ///
    /// Returns the site of the product.
    pub(in crate::lower) fn note_weighting(
        &mut self,
        product: &'a Expr,
        one: Given<'_, 'a>,
        other: Given<'_, 'a>,
    ) -> Option<SiteId> {
        let named =
            |(expr, _): Given<'_, 'a>, is: fn(&str) -> bool| names_in(&expr).iter().any(|name| is(name));
        let weight = [(one, other), (other, one)].into_iter().find_map(|(weight, likelihood)| {
            let is_advantage = is_difference(weight.0) || named(weight, names_advantage);
            let pair = is_advantage && named(likelihood, names_likelihood);
            (pair && !named(weight, names_likelihood) && weight.1.is_tensor())
                .then(|| (positive(weight.0), weight.1))
        });
        let weight = weight.filter(|_| !self.at.dead)?;
        let site = self.site(address(product), None, || (Place::of(product), text::call(product).into()));
        if let Some(known) = self.cfg.facts.at_mut::<Weighting>(site) {
            known.weight.origin = known.weight.origin.either(&weight.1.origin);
        } else {
            let weight = self.argument(weight);
            self.cfg.facts.note(site, Weighting { site, weight });
        }
        Some(site)
    }

    /// Records the product of a method: `log_probs.mul(&advantages)`.
    pub(super) fn weights_by_method(&mut self, call: &Call<'a>) -> Option<SiteId> {
        let (Callee::Method(node), Some(receiver)) = (&call.callee, &call.receiver) else { return None };
        let given = (call.args.first()?, call.arguments.first()?);
        self.note_weighting(call.expr, (&node.receiver, receiver), given)
    }

    /// Records the origin of the loss on which `backward` is called.
    pub(super) fn note_root(&mut self, site: SiteId, origin: &Origin) {
        if self.at.dead {
            return;
        }
        if let Some(known) = self.cfg.facts.at_mut::<Root>(site) {
            known.origin = known.origin.either(origin);
        } else {
            let adds_up = self.vocabulary.sums_unreduced();
            self.cfg.facts.note(site, Root { site, origin: origin.clone(), adds_up });
        }
    }

    fn argument(&self, (expr, value): Given<'_, 'a>) -> Argument {
        let name = self.last_name_of(expr, value);
        let names = if name.is_none() { names_in(&expr) } else { std::collections::BTreeSet::new() };
        let root = self.root_name(expr);
        let init = value.place.and_then(|place| self.env.made_of.get(&place)).copied();
        let bootstraps =
            [Some(expr), init].into_iter().flatten().any(|part| names_bootstrap(&names_in(&part)));
        let expr = bare(expr);
        let is_operand = !matches!(expr, Expr::Binary(_) | Expr::Unary(_) | Expr::Cast(_) | Expr::Closure(_));
        Argument {
            text: text::call(expr).into(),
            is_operand,
            name,
            root,
            bootstraps,
            names,
            origin: value.origin.clone(),
        }
    }

    /// The last name of the variable or field on which a chain of tensor methods starts: `target` for
    /// `target.narrow(0, 0, n)`.
    fn root_name(&self, expr: &Expr) -> Option<String> {
        match bare(expr) {
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
            Expr::Field(field) => Some(member(&field.member)),
            Expr::MethodCall(call) => {
                let name = call.method.to_string();
                let known = self.vocabulary.method(&name, call.args.len());
                let keeps =
                    known.or_else(|| self.vocabulary.on_tensor(&name)) == Some(CallEffect::KeepsGraph);
                if keeps { self.root_name(&call.receiver) } else { None }
            }
            _ => None,
        }
    }

    /// The last name in the path of a variable or a field: `target` for `batch.target`.
    fn last_name_of(&self, expr: &Expr, value: &Value<'a>) -> Option<String> {
        match bare(expr) {
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
            Expr::Field(field) => Some(member(&field.member)),
            _ => self.cfg.paths.name(value.place?).rsplit('.').next().map(ToOwned::to_owned),
        }
    }

    /// The origin of the result of an opaque method.
    pub(super) fn opaque_origin(&mut self, call: &Call<'a>, receiver: &Value<'a>) -> Origin {
        if names_gradients(&call.name) {
            // `requires_grad_(true)` makes parameters of data.
            if let Some(known) = receiver.place.and_then(|place| self.env.values.get_mut(&place)) {
                known.origin = Origin::default();
            }
            return Origin::default();
        }
        if is_next(&call.name, call.arguments.len()) && receiver.origin.source == Source::Unknown {
            return self.item_origin(receiver);
        }
        if receiver.origin.criterion.is_some() {
            let unreduced = call.args.iter().any(asks_for_no_reduction)
                || (sets_reduction(&call.name) && call.args.iter().any(is_none));
            let node = match call.callee {
                Callee::Method(node) => address(node),
                _ => address(call.expr),
            };
            let place = || (Place::of(call.expr), Excerpt::default());
            let unreduced = unreduced.then(|| self.site(node, None, place));
            let criterion =
                if changes_input(&call.name) { Some(&OTHER_LOSS) } else { receiver.origin.criterion };
            return Origin {
                criterion,
                unreduced: receiver.origin.unreduced.or(unreduced),
                ..receiver.origin.clone()
            };
        }
        Origin::unseen(call.values().map(|value| &value.origin))
    }
}

/// Whether an argument selects a loss without reduction: `Reduction::None`.
pub(super) fn asks_for_no_reduction(argument: &Expr) -> bool {
    matches!(argument, Expr::Path(path) if is_no_reduction(&path.path))
}

/// Whether an expression is a difference, such as `returns - values`.
fn is_difference(expr: &Expr) -> bool {
    matches!(positive(expr), Expr::Binary(node) if join_of(&node.op) == Join::Difference)
}

/// The operand of a negation, or else the expression itself.
fn positive(expr: &Expr) -> &Expr {
    match bare(expr) {
        Expr::Unary(node) => positive(&node.expr),
        other => other,
    }
}

fn is_none(argument: &Expr) -> bool {
    matches!(argument, Expr::Path(path) if Variant::None.is_path(&path.path))
}

/// An expression without the references and parentheses around it.
fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Reference(node) => bare(&node.expr),
        Expr::Paren(node) => bare(&node.expr),
        Expr::Group(node) => bare(&node.expr),
        other => other,
    }
}
