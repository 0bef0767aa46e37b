//! Distributed runs: collective operations, ranks, communicators, and opaque calls that may run collective
//! operations.

use quote::ToTokens;
use syn::Expr;

use super::Call;
use crate::cfg::{Action, Collective, Deps, Differs, Mark, PathId, Reduction, SiteId};
use crate::lower::Lower;
use crate::lower::env::value::{Kind, Passing, Value};
use crate::stage::Stage;
use crate::tokens::names_in;
use crate::vocabulary::{
    CallEffect, CollectiveKind, asks_for_main, borrows_mutably, copies_deeply, is_gradient,
    names_communicator, reduces_gradients,
};

impl<'a> Lower<'a> {
    /// Performs a collective operation; returns the value of the call.
    ///
    /// The operation returns its result, or writes the result to the `&mut` arguments.
    pub(super) fn collective(&mut self, call: &Call<'a>, kind: CollectiveKind) -> Value<'a> {
        let site = self.collective_site(call);
        let all = call.arguments.iter().fold(Value::nothing(), |all, part| all.with(&part.derived()));
        if call.receiver.as_ref().is_some_and(|receiver| receiver.differs() == Differs::Part) {
            return all;
        }
        let gradients = reduced_gradients(call, kind);
        if kind.combines() {
            self.note_reduction(site, call, gradients.is_some());
        }
        if gradients.is_some() {
            self.cfg.sites[site].stage = Some(Stage::AllReduce);
        }
        self.emit(Action::Collective(Collective { kind: Some(kind), gradients, known: true }), site);
        self.writes_results(call, kind);
        let differs = if kind.agrees() { Differs::Agreed } else { all.differs() };
        Value { differs, ..all }
    }

    fn collective_site(&mut self, call: &Call<'a>) -> SiteId {
        self.site_of(call.expr, None)
    }

    fn note_reduction(&mut self, site: SiteId, call: &Call<'a>, gradients: bool) {
        let values = || call.receiver.iter().chain(&call.arguments);
        let numbers =
            values().any(|part| part.measured || part.computed || part.differs() == Differs::Measured);
        let counts = call.arguments.iter().any(|part| matches!(part.kind, Kind::Number));
        let of_loss = !gradients && (numbers || counts && call.receiver.is_some());
        self.cfg.facts.set(site, Reduction { of_loss });
        self.processes.reduced |= !of_loss;
    }

    /// Records that the `&mut` arguments of a collective operation hold the results.
    fn writes_results(&mut self, call: &Call<'a>, kind: CollectiveKind) {
        for (argument, value) in call.args.iter().zip(&call.arguments) {
            let place = value.place.or_else(|| self.base_of(argument));
            let Some(place) = place.filter(|_| value.passing == Passing::Exclusive || is_exclusive(argument))
            else {
                continue;
            };
            self.changed_in(place);
            if kind.agrees() {
                self.processes.agreed.insert(place);
            }
            if let Some(held) = self.env.values.get_mut(&place) {
                held.gradient |= call.arguments.iter().any(|part| part.gradient);
                if kind.agrees() {
                    held.differs = Differs::Agreed;
                }
            }
        }
    }

    /// The variable of which an expression is a part: `total` for `&mut total[..]`.
    fn base_of(&self, expr: &Expr) -> Option<PathId> {
        self.lookup(&base_name(expr)?)
    }

    /// Performs an associated function that is a collective method of its first argument, such as
    /// `CommunicatorCollectives::all_reduce_into(&world, ..)`.
    pub(super) fn associated_collective(&mut self, call: &Call<'a>) -> Option<Value<'a>> {
        let (world, rest) = call.arguments.split_first()?;
        let effect = self.vocabulary.method(&call.name, rest.len())?;
        let kind = if let CallEffect::Collective { kind, .. } = effect {
            kind
        } else if effect == CallEffect::Reduces {
            CollectiveKind::AllReduce
        } else {
            return None;
        };
        if world.passing != Passing::Shared {
            return None;
        }
        Some(self.collective(call, kind))
    }

    /// Records what an opaque call may do in a distributed run, and refines the value of the call.
    ///
    /// A call that is given a communicator may run any collective operation, and its result may be reduced.
    pub(super) fn opaque_in_run(&mut self, call: &Call<'a>, site: SiteId, mut value: Value<'a>) -> Value<'a> {
        let captured = call.args.iter().any(|argument| match argument {
            Expr::Closure(closure) => names_in(&closure.body).iter().any(|name| is_gradient(name)),
            _ => false,
        });
        value.gradient |= captured || is_gradient(&call.name);
        if crate::vocabulary::names_gradients(&call.name) {
            self.cfg.facts.mark(site, Mark::HandlesGradients);
        }
        if asks_for_main(&call.name) {
            value.differs = Differs::Rank;
            return value;
        }
        let named = reduces_gradients(&call.name);
        if named || self.gets_communicator(call) {
            let kind = named.then_some(CollectiveKind::AllReduce);
            let deps = call.values().fold(Deps::none(), |all, value| all.union(&value.derived().deps));
            self.emit(
                Action::Collective(Collective { kind, gradients: named.then_some(deps), known: false }),
                site,
            );
            self.processes.reduced = true;
            value.differs = Differs::Agreed;
        }
        value
    }

    /// Whether a communicator is the receiver or an argument of a call.
    fn gets_communicator(&self, call: &Call<'a>) -> bool {
        let receiver = match call.expr {
            Expr::MethodCall(node) => Some(&*node.receiver),
            _ => None,
        };
        receiver.into_iter().chain(call.args).any(|expr| {
            last_name(expr).is_some_and(|name| {
                names_communicator(&name) || self.survey().distributed.communicators.contains(&name)
            })
        })
    }

    /// Whether a collective operation writes its result to a copy that is lost. The copy is lost if
    /// it has no name, or if its variable is mentioned nowhere else.
    pub(super) fn loses_copy(&self, call: &Call<'a>) -> bool {
        call.args.iter().zip(&call.arguments).any(|(argument, value)| {
            let Expr::Reference(by) = argument else { return false };
            if by.mutability.is_none() {
                return false;
            }
            match &*by.expr {
                Expr::MethodCall(node) => copies_deeply(&node.method.to_string()) && node.args.is_empty(),
                Expr::Path(path) => path.path.get_ident().is_some_and(|name| {
                    value.copied && value.gradient && self.mentions_of(&name.to_string()) == 2
                }),
                _ => false,
            }
        })
    }

    /// The number of times that the function mentions a name.
    fn mentions_of(&self, name: &str) -> usize {
        fn count(tokens: proc_macro2::TokenStream, name: &str) -> usize {
            let in_one = |token| match token {
                proc_macro2::TokenTree::Ident(ident) => usize::from(ident == name),
                proc_macro2::TokenTree::Group(group) => count(group.stream(), name),
                proc_macro2::TokenTree::Literal(text) => {
                    usize::from(text.to_string().contains(&format!("{{{name}")))
                }
                proc_macro2::TokenTree::Punct(_) => 0,
            };
            tokens.into_iter().map(in_one).sum()
        }
        count(self.here().body.to_token_stream(), name)
    }
}

/// The places of the gradients that a collective operation combines; `None` if it combines no gradients.
fn reduced_gradients(call: &Call<'_>, kind: CollectiveKind) -> Option<Deps> {
    let is = |value: &&Value<'_>| value.gradient && !matches!(value.kind, Kind::Number);
    let mut given = call.arguments.iter().filter(is).peekable();
    given.peek().filter(|_| kind.combines())?;
    Some(given.fold(Deps::none(), |all, value| all.union(&value.derived().deps)))
}

/// Performs a call that returns the number of this process.
///
/// If the receiver is a tensor, `rank` returns the number of dimensions instead.
pub(super) fn rank<'a>(call: &Call<'a>) -> Value<'a> {
    let of_data = |receiver: &Value<'a>| {
        receiver.is_tensor()
            || receiver.measured
            || matches!(receiver.differs(), Differs::Item | Differs::Measured)
    };
    if call.receiver.as_ref().is_some_and(of_data) {
        return Value::number();
    }
    Value { differs: Differs::Rank, ..Value::number() }
}

/// Performs a call that returns a communicator of some of the processes.
pub(super) fn splits<'a>(call: &Call<'a>) -> Value<'a> {
    let deps = call.receiver.as_ref().map_or_else(Deps::none, |receiver| receiver.derived().deps);
    Value { differs: Differs::Part, ..Value::plain(deps) }
}

/// Whether an argument is a `&mut` borrow, or a call of a method that borrows mutably.
fn is_exclusive(argument: &Expr) -> bool {
    match argument {
        Expr::Reference(by) => by.mutability.is_some(),
        Expr::MethodCall(node) => borrows_mutably(&node.method.to_string()),
        _ => false,
    }
}

/// The name of the variable that an expression is a part of.
fn base_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Reference(inner) => base_name(&inner.expr),
        Expr::Unary(inner) => base_name(&inner.expr),
        Expr::Paren(inner) => base_name(&inner.expr),
        Expr::Index(inner) => base_name(&inner.expr),
        Expr::MethodCall(node) => base_name(&node.receiver),
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

/// The last name of a variable or a field, without references: `world` for `&self.world`.
pub(in crate::lower) fn last_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Reference(inner) => last_name(&inner.expr),
        Expr::Unary(inner) => last_name(&inner.expr),
        Expr::Paren(inner) => last_name(&inner.expr),
        Expr::Field(field) => match &field.member {
            syn::Member::Named(name) => Some(name.to_string()),
            syn::Member::Unnamed(_) => None,
        },
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}
