//! Where values come from: what of it lints look at, at losses and at `backward`.

use syn::punctuated::Punctuated;
use syn::{BinOp, Expr, ExprBinary, ExprMethodCall, Token};

use crate::cfg::{Argument, Deps, Difference, Excerpt, Join, LossCall, Origin, Root, SiteId, Source};
use crate::diagnostic::Place;
use crate::lower::env::value::Value;
use crate::lower::{Lower, text};
use crate::stage::Stage;
use crate::tokens::names_in;
use crate::vocabulary::rust::{Variant, is_next};
use crate::vocabulary::{Loss, is_no_reduction, names_gradients, names_parameters, sets_reduction};

/// How an operator puts two values together.
pub(in crate::lower) fn join_of(op: &BinOp) -> Join {
    match op {
        BinOp::Add(_) | BinOp::AddAssign(_) => Join::Sum,
        BinOp::Sub(_) | BinOp::SubAssign(_) => Join::Difference,
        BinOp::Mul(_) | BinOp::MulAssign(_) | BinOp::Div(_) | BinOp::DivAssign(_) => Join::Product,
        _ => Join::Other,
    }
}

/// Whether an argument asks a loss not to sum or average: `Reduction::None`.
pub(in crate::lower) fn asks_for_no_reduction(argument: &Expr) -> bool {
    matches!(argument, Expr::Path(path) if is_no_reduction(&path.path))
}

impl<'a> Lower<'a> {
    /// What a call of a loss gives, as far as the vocabulary knows the loss; the call is remembered.
    ///
    /// `first` and `second` are output and target as the source writes them.
    pub(in crate::lower) fn loss_origin(
        &mut self,
        site: SiteId,
        loss: &'static Loss,
        output: (&Expr, &Value<'a>),
        target: (&Expr, &Value<'a>),
    ) -> Origin {
        let (first, second) = (output.1.origin.clone(), target.1.origin.clone());
        let origin = first.loss(&second);
        if self.dead {
            return origin;
        }
        if let Some(known) = self.cfg.facts.at_mut::<LossCall>(site) {
            known.output.origin = known.output.origin.either(&first);
            known.target.origin = known.target.origin.either(&second);
            return origin;
        }
        let (output, target) = (self.argument(output.0, output.1), self.argument(target.0, target.1));
        self.cfg.facts.note(site, LossCall { site, loss, by_name: false, output, target });
        origin
    }

    fn argument(&self, expr: &Expr, value: &Value<'a>) -> Argument {
        let name = self.name_of(expr, value);
        let names = if name.is_none() { names_in(expr) } else { std::collections::BTreeSet::new() };
        let expr = bare(expr);
        let is_operand = !matches!(expr, Expr::Binary(_) | Expr::Unary(_) | Expr::Cast(_) | Expr::Closure(_));
        Argument { text: text::call(expr).into(), is_operand, name, names, origin: value.origin.clone() }
    }

    /// Remembers a difference of two tensors that went through a model.
    pub(in crate::lower) fn difference(&mut self, node: &'a ExprBinary, left: &Value<'a>, right: &Value<'a>) {
        let outputs = |value: &Value<'a>| value.is_tensor() && !value.origin.forwards.is_empty();
        if self.dead || join_of(&node.op) != Join::Difference || !outputs(left) || !outputs(right) {
            return;
        }
        let site =
            self.site(crate::lower::address(node), None, || (Place::of(node), text::tight(node).into()));
        if let Some(known) = self.cfg.facts.at_mut::<Difference>(site) {
            known.output.origin = known.output.origin.either(&left.origin);
            known.target.origin = known.target.origin.either(&right.origin);
        } else {
            let (output, target) = (self.argument(&node.left, left), self.argument(&node.right, right));
            self.cfg.facts.note(site, Difference { site, output, target });
        }
    }

    /// The last name of the variable or field that an expression is.
    fn name_of(&self, expr: &Expr, value: &Value<'a>) -> Option<String> {
        match bare(expr) {
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
            Expr::Field(field) => Some(crate::lower::env::bind::member(&field.member)),
            _ => {
                let place = value.place?;
                self.cfg.paths.name(place).rsplit('.').next().map(ToOwned::to_owned)
            }
        }
    }

    /// Remembers what a `backward` starts from.
    pub(in crate::lower) fn root_of_backward(&mut self, site: SiteId, origin: &Origin) {
        if self.dead {
            return;
        }
        if let Some(known) = self.cfg.facts.at_mut::<Root>(site) {
            known.origin = known.origin.either(origin);
        } else {
            let adds_up = self.vocabulary.sums_unreduced;
            self.cfg.facts.note(site, Root { site, origin: origin.clone(), adds_up });
        }
    }

    /// Where one of a loop's items comes from.
    pub(in crate::lower) fn item_origin(&self, items: &Value<'a>) -> Origin {
        let Some(of) = self.rounds.last().map(|round| round.of) else { return Origin::default() };
        let parameters = self.cfg.loops[of].head.names.iter().any(|name| names_parameters(name));
        let made = items.computed || !items.origin.models.is_empty() || items.made.is_some();
        let of_model = self.cfg.function.models.overlaps(&items.deps, &self.cfg.paths) != Some(false);
        let unknown = parameters || made || of_model || items.origin.source == Source::Computed;
        if unknown { Origin::default() } else { Origin::data(of) }
    }

    /// Whether an assignment to a variable always happens before what follows it: it stands beside the
    /// variable's `let`, under no further condition and in no further loop.
    pub(in crate::lower) fn is_straight(&self, path: crate::cfg::PathId) -> bool {
        self.declared.get(&path) == Some(&(self.branches, self.rounds.len()))
    }

    /// Where the result of a stage comes from.
    pub(in crate::lower) fn computed_origin(
        &mut self,
        expr: &'a Expr,
        stage: Stage,
        site: SiteId,
        receiver: Option<&Value<'a>>,
        arguments: &[Value<'a>],
    ) -> Origin {
        let all = receiver.into_iter().chain(arguments);
        let whole = all.fold(Origin::constant(), |all, part| all.with(&part.origin, Join::Other));
        let known = match (expr, receiver) {
            (Expr::MethodCall(node), Some(value)) => {
                let given = (&node.args, arguments);
                self.loss_of(site, &node.method.to_string(), Some((&node.receiver, value)), given)
            }
            (Expr::Call(node), None) => {
                let name = match &*node.func {
                    Expr::Path(path) if !self.seen.may_be_own(&path.path, self.function) => {
                        path.path.segments.last().map(|part| part.ident.to_string())
                    }
                    _ => None,
                };
                let origin = name.and_then(|name| self.loss_of(site, &name, None, (&node.args, arguments)));
                if let (Some(call), Expr::Path(path)) = (self.cfg.facts.at_mut::<LossCall>(site), &*node.func)
                {
                    call.by_name = path.path.is_ident(call.loss.name);
                }
                origin
            }
            _ => None,
        };
        if let Some(known) = known {
            return known;
        }
        let model = receiver.map_or_else(Deps::none, |receiver| receiver.deps.clone());
        match stage {
            Stage::Forward => whole.forward(site, &model),
            // A loss of the user's own may have parameters, and may take what it likes.
            _ => Origin { source: whole.source, ..Origin::unseen([&whole, &Origin::default()].into_iter()) },
        }
    }

    /// Where the result of a method comes from that the vocabulary does not know.
    pub(in crate::lower) fn unseen_origin(
        &mut self,
        name: &str,
        node: &'a ExprMethodCall,
        receiver: &Value<'a>,
        arguments: &[Value<'a>],
    ) -> Origin {
        if names_gradients(name) {
            // `requires_grad_(true)` makes parameters of data.
            if let Some(known) = receiver.place.and_then(|place| self.values.get_mut(&place)) {
                known.origin = Origin::default();
            }
            return Origin::default();
        }
        if is_next(name, arguments.len()) && receiver.origin.source == Source::Unknown {
            return self.item_origin(receiver);
        }
        if receiver.origin.criterion.is_some() {
            let unreduced = node.args.iter().any(asks_for_no_reduction)
                || (sets_reduction(name) && node.args.iter().any(is_none));
            let unreduced = unreduced.then(|| {
                self.site(crate::lower::address(node), None, || (Place::of(node), Excerpt::default()))
            });
            return Origin { unreduced: receiver.origin.unreduced.or(unreduced), ..receiver.origin.clone() };
        }
        Origin::unseen([&receiver.origin].into_iter().chain(arguments.iter().map(|value| &value.origin)))
    }

    /// Where the result of a loss comes from: of a known loss by its row, of any other from its name alone.
    pub(in crate::lower) fn loss_of(
        &mut self,
        site: SiteId,
        name: &str,
        receiver: Option<(&'a Expr, &Value<'a>)>,
        arguments: (&'a Punctuated<Expr, Token![,]>, &[Value<'a>]),
    ) -> Option<Origin> {
        let (exprs, values) = arguments;
        let mut given: Vec<(&Expr, &Value<'a>)> = exprs.iter().zip(values).collect();
        let criterion = receiver.and_then(|(_, value)| value.origin.criterion);
        let loss = criterion.or_else(|| self.vocabulary.loss(name))?;
        if let Some((expr, value)) = receiver.filter(|_| criterion.is_none()) {
            // A method of a tensor; one of a network may do anything.
            if value.origin.source != Source::Computed && value.origin.last.is_none() {
                return None;
            }
            given.insert(0, (expr, value));
        }
        let (output, target) = (*given.first()?, *given.get(1)?);
        let unreduced = exprs.iter().any(asks_for_no_reduction)
            || receiver.is_some_and(|(_, value)| value.origin.unreduced.is_some());
        let origin = self.loss_origin(site, loss, output, target);
        Some(Origin { unreduced: unreduced.then_some(site), ..origin })
    }
}

fn is_none(argument: &Expr) -> bool {
    matches!(argument, Expr::Path(path) if Variant::None.is_path(&path.path))
}

/// An expression without references and parentheses round it.
fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Reference(node) => bare(&node.expr),
        Expr::Paren(node) => bare(&node.expr),
        Expr::Group(node) => bare(&node.expr),
        other => other,
    }
}
