//! The loop's own names in blocks and hooks.
//!
//! A local that a block mentions is declared with the block's hygiene, so that the local is
//! in scope in the block.
//! If the loop refers to the local by another expression, a `let` is added to the block. This is
//! the case for a model `self.model`, and for a local with the same name as a parameter.

use std::collections::BTreeSet;

use proc_macro2::{Spacing, Span, TokenStream, TokenTree};
use quote::quote;
use syn::visit::Visit;
use syn::{Block, Expr, Ident};

use super::{Local, Names, Object, Update};
use crate::spec::{EntryKind, Spec};

/// A binding for a block: the name that the block uses for a local, and the local's value in the loop, as in
/// `let model = &self.model;`.
#[derive(Clone)]
pub(crate) struct Rebind {
    /// The name in the block, with the hygiene of the block.
    pub(crate) name: Ident,
    /// The local, or a reference to the local.
    pub(crate) value: TokenStream,
}

/// The locals of the loop, with their names and objects.
pub(crate) struct Scope<'a> {
    pub(crate) names: &'a Names,
    pub(crate) model: &'a Object,
    /// The optimizer; `None` outside of the phases of a loop, and in an evaluation.
    pub(crate) optimizer: Option<&'a Object>,
    pub(crate) scheduler: Option<&'a Object>,
}

impl<'a> Scope<'a> {
    /// The locals outside of the phases of a loop.
    pub(super) fn of_loop(names: &'a Names, model: &'a Object, updates: &'a [Update]) -> Self {
        let only = updates.first().filter(|update| update.phase.is_none());
        Self {
            names,
            model,
            optimizer: only.map(|update| &update.optimizer),
            scheduler: only.and_then(|update| update.scheduler.as_ref()),
        }
    }

    /// The bindings that a block needs if the locals in `there` are in scope.
    pub(super) fn of_block(&self, block: &Block, there: &[Local]) -> Vec<Rebind> {
        self.rebinds(in_block(block), there)
    }

    /// The bindings that a hook needs if the locals in `there` are in scope.
    pub(super) fn of_hook(&self, hook: &Expr, there: &[Local]) -> Vec<Rebind> {
        self.rebinds(in_hook(hook), there)
    }

    /// One binding for each mentioned local that has another name in the loop.
    fn rebinds(&self, mentioned: Vec<Ident>, there: &[Local]) -> Vec<Rebind> {
        let mut seen = BTreeSet::new();
        mentioned
            .into_iter()
            .filter_map(|name| {
                let local = *there.iter().find(|local| name == local.name())?;
                let (place, value) = self.local(local, name.span())?;
                let renamed = place.to_string() != local.name();
                (renamed && seen.insert(local.name())).then_some(Rebind { name, value })
            })
            .collect()
    }

    /// The expression for a local in the loop, and the value that a block binds to the local.
    fn local(&self, local: Local, at: Span) -> Option<(TokenStream, TokenStream)> {
        Some(match local {
            Local::Model => (self.model.place.clone(), self.model.borrowed.clone()),
            Local::Optimizer => (self.optimizer?.place.clone(), self.optimizer?.exclusive.clone()),
            Local::Scheduler => (self.scheduler?.place.clone(), self.scheduler?.exclusive.clone()),
            Local::Ema | Local::Epoch | Local::GradNorm => {
                let name = self.names.local(local.name(), at);
                (quote!(#name), quote!(#name))
            }
            Local::Batch | Local::Output | Local::Loss => {
                let name = self.names.local(local.name(), at);
                (quote!(#name), quote!(&#name))
            }
        })
    }
}

/// The loop's locals that are in scope in hooks that run once per epoch.
pub(super) fn per_epoch(spec: &Spec) -> Vec<Local> {
    let mut there = before_training(spec);
    there.push(Local::Epoch);
    there
}

/// The loop's locals that are in scope after the phases of a batch.
pub(super) fn per_batch(spec: &Spec) -> Vec<Local> {
    let mut there = per_epoch(spec);
    there.push(Local::Batch);
    there
}

/// The loop's locals that are in scope before the first epoch.
pub(super) fn before_training(spec: &Spec) -> Vec<Local> {
    let mut there = vec![Local::Model];
    there.extend(spec.optimizer.as_ref().map(|_| Local::Optimizer));
    there.extend(spec.scheduler.as_ref().map(|_| Local::Scheduler));
    there.extend(spec.ema.as_ref().map(|_| Local::Ema));
    there
}

/// All names in blocks and hooks that may refer to a local of the loop.
pub(super) fn mentions(spec: &Spec) -> Vec<Ident> {
    let orders = [&spec.train_order, &spec.eval_order].into_iter().flatten().flat_map(|order| &order.value);
    let blocks = orders.filter_map(|entry| match &entry.kind {
        EntryKind::Block(block) => Some(in_block(block)),
        _ => None,
    });
    let hooks = spec.on.iter().flat_map(|clause| &clause.value).map(|hook| in_hook(&hook.value));
    let local = |name: &Ident| Local::ALL.iter().any(|local| name == local.name());
    blocks.chain(hooks).flatten().filter(local).collect()
}

/// Whether a block mentions a local.
pub(super) fn block_names(block: &Block, local: Local) -> bool {
    in_block(block).iter().any(|name| name == local.name())
}

/// Whether a hook mentions a local.
pub(super) fn hook_names(hook: &Expr, local: Local) -> bool {
    in_hook(hook).iter().any(|name| name == local.name())
}

/// The variables that a block mentions.
pub(crate) fn in_block(block: &Block) -> Vec<Ident> {
    let mut mentions = Mentions::default();
    mentions.visit_block(block);
    mentions.names
}

/// The variables that a hook's closure mentions, except its own parameters.
pub(crate) fn in_hook(hook: &Expr) -> Vec<Ident> {
    let Expr::Closure(closure) = hook else { return Vec::new() };
    let mut own = crate::item::Names(Vec::new());
    closure.inputs.iter().for_each(|pattern| own.visit_pat(pattern));
    let mut mentions = Mentions::default();
    mentions.visit_expr(&closure.body);
    mentions.names.retain(|name| !own.0.contains(name));
    mentions.names
}

/// A visitor that collects names in the positions in which a variable is allowed.
#[derive(Default)]
struct Mentions {
    names: Vec<Ident>,
    /// Named arguments of the macro being read: `loss` in `println!("{loss}", loss = 2)`.
    named: Vec<Ident>,
}

impl Mentions {
    /// Collects names in the arguments of a macro, including its format string.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut before = ' ';
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let mut this = ' ';
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(name) if !matches!(before, '.' | '\'') => {
                    let path = matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == ':');
                    if !path && !is_assigned(tokens.peek()) {
                        self.names.push(name);
                    }
                }
                TokenTree::Punct(punct) => this = punct.as_char(),
                TokenTree::Literal(literal) => self.format(&literal.to_string(), literal.span()),
                TokenTree::Ident(_) => {}
            }
            before = this;
        }
    }

    /// Collects names inside a format string: `"{loss}"` and `"{epoch:3}"`.
    fn format(&mut self, text: &str, span: Span) {
        if !text.ends_with(['"', '#']) {
            return;
        }
        for local in Local::ALL {
            let name = local.name();
            if self.named.iter().any(|named| named == name) {
                continue;
            }
            if text.contains(&format!("{{{name}}}")) || text.contains(&format!("{{{name}:")) {
                self.names.push(Ident::new(name, span));
            }
        }
    }
}

/// Whether a single `=` follows a name, so that the name is a named argument of a macro.
fn is_assigned(next: Option<&TokenTree>) -> bool {
    matches!(next, Some(TokenTree::Punct(next)) if next.as_char() == '=' && next.spacing() == Spacing::Alone)
}

impl<'ast> Visit<'ast> for Mentions {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        self.names.extend(path.path.get_ident().cloned());
        syn::visit::visit_expr_path(self, path);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        // `loss(..)` calls a function and does not refer to the local.
        if !matches!(&*call.func, Expr::Path(_)) {
            self.visit_expr(&call.func);
        }
        call.args.iter().for_each(|argument| self.visit_expr(argument));
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let tokens: Vec<_> = call.tokens.clone().into_iter().collect();
        self.named = tokens
            .windows(2)
            .filter(|pair| is_assigned(pair.get(1)))
            .filter_map(|pair| if let TokenTree::Ident(name) = &pair[0] { Some(name.clone()) } else { None })
            .collect();
        self.tokens(call.tokens.clone());
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
