//! Statements and expressions, in evaluation order.

use quote::ToTokens;
use syn::{Block, Expr, Local, Pat, Stmt};

use crate::cfg::{Deps, Origin, Recorded, UseKind};
use crate::limits;
use crate::lower::control::FrameKind;
use crate::lower::control::differing::part_in_run;
use crate::lower::control::known::Known;
use crate::lower::env::bind::member;
use crate::lower::env::value::{Kind, Passing, Value};
use crate::lower::resolve::Mentions;
use crate::lower::{Lower, address};
use crate::tokens::names_in;
use crate::vocabulary::rust::{Variant, is_forced};
use crate::vocabulary::{is_loss, names_backward};

mod composite;
mod conversion;
mod operators;

impl<'a> Lower<'a> {
    /// Lowers a block with its own scope.
    pub(super) fn scoped(&mut self, block: &'a Block) -> Value<'a> {
        let mark = self.scope.len();
        let value = self.statements(&block.stmts);
        self.leave(mark);
        value
    }

    pub(super) fn statements(&mut self, statements: &'a [Stmt]) -> Value<'a> {
        let mut last = Value::nothing();
        for statement in statements {
            last = self.one_statement(statement);
        }
        if self.at.dead { Value::never() } else { last }
    }

    fn one_statement(&mut self, statement: &'a Stmt) -> Value<'a> {
        match statement {
            Stmt::Local(local) => self.local(local),
            Stmt::Expr(expr, semi) => {
                self.syntax.statement = address(expr);
                self.syntax.statement_call = address(without_failure(expr));
                let value = self.expr(expr);
                if semi.is_none() {
                    return value;
                }
                // A guard without a variable ends here.
                value.guard().into_iter().for_each(|guard| self.end_guard(guard));
                self.dropped(&value);
            }
            Stmt::Macro(node) => self.touch(&Mentions::of(node.mac.tokens.clone()), 0),
            // Nested functions are lowered by themselves.
            Stmt::Item(_) => {}
        }
        Value::nothing()
    }

    fn local(&mut self, local: &'a Local) {
        let Some(init) = &local.init else {
            self.bind(&local.pat, Value::never());
            return;
        };
        self.syntax.loss = named_loss(&local.pat, &init.expr).or(self.syntax.loss);
        let value = self.expr(&init.expr);
        if let (Kind::Gradients(stores), false) = (&value.kind, matches!(local.pat, Pat::Wild(_))) {
            self.are_values(stores);
        }
        if let Some((_, diverge)) = &init.diverge {
            let (other, on) = (self.block("else"), self.block(""));
            self.asks_about(&init.expr, &value);
            self.matching(&init.expr, &local.pat, on, Some(other));
            self.start(other);
            self.branched(|lower| {
                let guards = lower.guard_else(local);
                lower.expr(diverge);
                lower.unguard(guards);
            });
            self.join_at(on);
        }
        if let (Some(guard), Pat::Wild(_)) = (value.guard(), &local.pat) {
            self.end_guard(guard);
        }
        let value = self.converted(&local.pat, &init.expr, value);
        let measured = value.measured;
        let value = self.loss_value(&local.pat, &init.expr, value);
        self.bind(&local.pat, value);
        self.note_made(&local.pat, &init.expr);
        self.note_rows(&local.pat, &init.expr);
        let pat = match &local.pat {
            Pat::Type(typed) => &*typed.pat,
            other => other,
        };
        if let Pat::Ident(ident) = pat {
            let name = ident.ident.to_string();
            self.learn(&name, &init.expr);
            self.note_layer(&name, local);
            self.may_be_left_out(&name, local);
        }
        self.note_let(&local.pat, &init.expr, measured);
    }

    pub(super) fn expr(&mut self, expr: &'a Expr) -> Value<'a> {
        if self.cfg.gave_up || self.syntax.depth >= limits::NESTED_EXPRESSIONS {
            self.cfg.gave_up = true;
            return Value::nothing();
        }
        self.syntax.depth += 1;
        let mut value = self.any(expr);
        self.syntax.depth -= 1;
        if self.recording.state() != Recorded::Yes {
            value.origin.unrecorded = true;
            value.computed = false;
        }
        value
    }

    fn any(&mut self, expr: &'a Expr) -> Value<'a> {
        match expr {
            Expr::Path(node) => self.name(node),
            Expr::Lit(node) => self.literal(&node.lit),
            Expr::Field(node) => self.field_of(node),
            Expr::MethodCall(node) => self.method(expr, node),
            Expr::Call(node) => self.call(expr, node),
            Expr::Paren(node) => self.expr(&node.expr),
            Expr::Group(node) => self.expr(&node.expr),
            Expr::Reference(node) => self.reference(node),
            Expr::RawAddr(node) => self.derived_of(&node.expr),
            Expr::Unary(node) => self.unary(node),
            Expr::Binary(node) => self.binary(expr, node),
            Expr::Assign(node) => self.assignment(node),
            Expr::Cast(node) => self.cast(node),
            Expr::Index(node) => self.index(node),
            Expr::Range(node) => self.range(node),
            Expr::Tuple(node) => self.tuple(node),
            Expr::Array(node) => self.collection(node.elems.iter()),
            Expr::Repeat(node) => self.collection([&*node.expr, &*node.len].into_iter()),
            Expr::Struct(node) => self.fields(node),
            Expr::Closure(node) => self.closure(node),
            Expr::Await(node) => match &*node.base {
                // `return` and `?` end it, nothing else does.
                Expr::Async(inner) => self.framed_block(None, FrameKind::Call, &inner.block).derived(),
                base => self.awaits(base),
            },
            Expr::Async(node) => self.asynchronous(node),
            Expr::Macro(node) => self.tokens(&node.mac.tokens),
            Expr::Verbatim(tokens) => self.tokens(tokens),
            other => self.control(other),
        }
    }

    // Each kind of expression has a function of its own, so that only nested expressions of that kind pay for
    // the size of its stack frame.

    fn literal(&mut self, literal: &syn::Lit) -> Value<'a> {
        self.note_literal(literal);
        if let syn::Lit::Str(text) = literal {
            self.reads_in_text(&text.value());
        }
        Value::number().with_known(Known::literal(literal))
    }

    fn field_of(&mut self, node: &'a syn::ExprField) -> Value<'a> {
        let base = self.expr(&node.base);
        let member = member(&node.member);
        let part = self.project(&base, &member);
        part_in_run(&base, &member, part)
    }

    fn reference(&mut self, node: &'a syn::ExprReference) -> Value<'a> {
        let mut value = self.expr(&node.expr);
        if node.mutability.is_some() {
            self.note_use(&node.expr, UseKind::Lent);
        }
        value.passing = if node.mutability.is_some() { Passing::Exclusive } else { Passing::Shared };
        value
    }

    fn derived_of(&mut self, expr: &'a Expr) -> Value<'a> {
        self.expr(expr).derived()
    }

    fn cast(&mut self, node: &'a syn::ExprCast) -> Value<'a> {
        let value = self.expr(&node.expr);
        value.derived().with_origin(value.origin.part())
    }

    fn closure(&mut self, node: &'a syn::ExprClosure) -> Value<'a> {
        let captured = self.mentioned(&node.body);
        Value::of(Kind::Closure(self.closure_here(node)), captured)
    }

    /// Lowers an `async` block that is awaited later, or given to an executor.
    ///
    /// A block that runs `backward` is lowered at its place, as if it ran there once.
    fn asynchronous(&mut self, node: &'a syn::ExprAsync) -> Value<'a> {
        if names_in(&node.block).iter().any(|name| names_backward(name)) {
            let value = self.framed_block(None, FrameKind::Call, &node.block);
            self.escapes(&value);
            return value.derived();
        }
        self.touch(&Mentions::of(node.block.to_token_stream()), 0);
        Value::nothing()
    }

    /// Lowers code that the walk does not understand.
    fn tokens(&mut self, tokens: &proc_macro2::TokenStream) -> Value<'a> {
        self.touch(&Mentions::of(tokens.clone()), 0);
        Value::plain(Deps::Anything)
    }

    /// The places from which the variables in an expression were computed.
    fn mentioned(&self, expr: &'a Expr) -> Deps {
        let source = self.resolver.source(expr);
        let names = source.mentions(expr).names.iter();
        let known = names.filter_map(|name| self.env.value(self.lookup(name)?));
        known.fold(Deps::none(), |all, value| all.union(&value.deps))
    }

    fn name(&mut self, node: &'a syn::ExprPath) -> Value<'a> {
        let Some(name) = node.path.get_ident().map(ToString::to_string) else {
            let value = Value::nothing().with_known(Known::variant(&node.path));
            return if is_of_type(&node.path) { value.with_origin(Origin::constant()) } else { value };
        };
        if Variant::None.is_path(&node.path) {
            return Value::never().with_known(Some(Known::Nothing));
        }
        let Some(path) = self.lookup(&name) else { return Value::nothing() };
        self.env.read.insert(path);
        let path = self.env.unaliased(path);
        self.env.read.insert(path);
        self.note_read(node, name, path);
        self.names_schedule(path);
        let value = self.env.value(path).map_or_else(
            || Value { place: Some(path), ..Value::plain(Deps::one(path)) },
            |value| {
                // A parameter of type `&T` is a shared reference.
                let shared = value.passing == Passing::Shared && self.env.parameters.contains(&path);
                let passing = if shared { Passing::Shared } else { Passing::Value };
                Value { passing, ..value.clone() }
            },
        );
        self.in_run(path, value)
    }
}

/// The call in `loss.backward()?`, in `loss.backward().unwrap()` and in `loss.backward().await`.
fn without_failure(expr: &Expr) -> &Expr {
    match expr {
        Expr::Try(inner) => without_failure(&inner.expr),
        Expr::Await(inner) => without_failure(&inner.base),
        Expr::Paren(inner) => without_failure(&inner.expr),
        Expr::MethodCall(call) if is_forced(&call.method.to_string()) => without_failure(&call.receiver),
        other => other,
    }
}

/// The syntax node of the call that a `let` binds to a variable, if the variable has the name of a
/// loss.
fn named_loss(pat: &Pat, init: &Expr) -> Option<usize> {
    let pat = match pat {
        Pat::Type(typed) => &*typed.pat,
        other => other,
    };
    let Pat::Ident(ident) = pat else { return None };
    is_loss(&ident.ident.to_string()).then(|| called(init)).flatten()
}

fn called(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Call(_) => Some(address(expr)),
        Expr::Try(inner) => called(&inner.expr),
        Expr::MethodCall(call) if is_forced(&call.method.to_string()) => called(&call.receiver),
        _ => None,
    }
}

/// Whether a path refers to a variant or a constant of a type, such as `Reduction::Mean`.
fn is_of_type(path: &syn::Path) -> bool {
    let mut last = path.segments.iter().rev().take(2);
    path.segments.len() > 1 && last.all(|part| part.ident.to_string().starts_with(char::is_uppercase))
}
