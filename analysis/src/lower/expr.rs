//! Statements and expressions, in the order in which Rust evaluates them.

use syn::{BinOp, Block, Expr, Local, Pat, Stmt, UnOp};

use crate::cfg::{Deps, Join, Origin, UseKind};
use crate::diagnostic::Place;
use crate::limits;
use crate::lower::control::known::Known;
use crate::lower::env::bind::member;
use crate::lower::env::origin::join_of;
use crate::lower::env::value::{Handed, Kind, Value};
use crate::lower::{FrameKind, Lower};
use crate::tokens::identifiers;
use crate::vocabulary::rust::Variant;
use crate::vocabulary::{Role, role_of_type};

/// Whether an operator also assigns: `+=` and its like.
pub(super) fn is_assignment(op: &BinOp) -> bool {
    matches!(
        op,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}

impl<'a> Lower<'a> {
    /// A block with a scope of its own.
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
        if self.dead { Value::of(Kind::Absent, Deps::none()) } else { last }
    }

    fn one_statement(&mut self, statement: &'a Stmt) -> Value<'a> {
        match statement {
            Stmt::Local(local) => self.local(local),
            Stmt::Expr(expr, semi) => {
                self.statement = crate::lower::address(expr);
                let value = self.expr(expr);
                if semi.is_none() {
                    return value;
                }
                // A guard that nobody holds ends here.
                value.guard().into_iter().for_each(|guard| self.end_guard(guard));
                self.dropped(&value);
            }
            Stmt::Macro(node) => self.touch_tokens(node.mac.tokens.clone()),
            // Nested functions are functions of their own.
            Stmt::Item(_) => {}
        }
        Value::nothing()
    }

    fn local(&mut self, local: &'a Local) {
        let Some(init) = &local.init else {
            let value = Value::of(Kind::Absent, Deps::none());
            self.bind(&local.pat, value);
            return;
        };
        let value = self.expr(&init.expr);
        if matches!(value.kind, Kind::Gradients) {
            self.gradients_are_values();
        }
        if let Some((_, diverge)) = &init.diverge {
            let (other, on) = (self.block("else"), self.block(""));
            self.matching(&init.expr, &local.pat, on, Some(other));
            self.start(other);
            self.branches += 1;
            let guards = self.guard_else(local);
            self.expr(diverge);
            self.unguard(guards);
            self.branches -= 1;
            self.goto(on);
            self.start(on);
        }
        if let (Some(guard), Pat::Wild(_)) = (value.guard(), &local.pat) {
            self.end_guard(guard);
        }
        let measured = value.measured;
        self.bind(&local.pat, value);
        self.note_made(&local.pat, &init.expr);
        let pat = match &local.pat {
            Pat::Type(typed) => &*typed.pat,
            other => other,
        };
        if let Pat::Ident(ident) = pat {
            self.learn(&ident.ident.to_string(), &init.expr);
        }
        self.note_let(&local.pat, &init.expr, measured);
    }

    pub(super) fn expr(&mut self, expr: &'a Expr) -> Value<'a> {
        if self.cfg.gave_up || self.depth >= limits::NESTED_EXPRESSIONS {
            self.cfg.gave_up = true;
            return Value::nothing();
        }
        self.depth += 1;
        let mut value = self.any(expr);
        self.depth -= 1;
        if self.unrecorded + self.maybe_unrecorded > 0 {
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
            Expr::Binary(node) => self.binary(node),
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
                Expr::Async(inner) => self.in_place(&inner.block),
                base => self.awaits(base),
            },
            Expr::Async(node) => {
                self.touch_tokens(quote::ToTokens::to_token_stream(&node.block));
                Value::nothing()
            }
            Expr::Macro(node) => self.tokens(&node.mac.tokens),
            Expr::Verbatim(tokens) => self.tokens(tokens),
            other => self.control(other),
        }
    }

    // Each kind of expression has a function of its own: what one of them needs on the stack is then needed
    // on the levels of that kind alone.

    fn literal(&mut self, literal: &syn::Lit) -> Value<'a> {
        self.note_literal(literal);
        if let syn::Lit::Str(text) = literal {
            self.reads_in_text(&text.value());
        }
        Value::number().with_known(Known::literal(literal))
    }

    fn field_of(&mut self, node: &'a syn::ExprField) -> Value<'a> {
        let base = self.expr(&node.base);
        self.project(&base, &member(&node.member))
    }

    fn reference(&mut self, node: &'a syn::ExprReference) -> Value<'a> {
        let mut value = self.expr(&node.expr);
        if node.mutability.is_some() {
            self.note_use(&node.expr, UseKind::Lent);
        }
        value.handed = if node.mutability.is_some() { Handed::Exclusive } else { Handed::Shared };
        value
    }

    fn derived_of(&mut self, expr: &'a Expr) -> Value<'a> {
        self.expr(expr).derived()
    }

    fn unary(&mut self, node: &'a syn::ExprUnary) -> Value<'a> {
        match node.op {
            UnOp::Deref(_) => self.expr(&node.expr),
            UnOp::Neg(_) => {
                let value = self.expr(&node.expr);
                let origin = Origin { last: None, ..value.origin.part() };
                self.combine(&[value]).with_origin(origin)
            }
            _ => self.derived_of(&node.expr),
        }
    }

    fn assignment(&mut self, node: &'a syn::ExprAssign) -> Value<'a> {
        let mut value = self.expr(&node.right);
        self.replaces(&node.left, &node.right, &value);
        self.adds_to_itself(&node.left, &node.right, &mut value);
        self.note_assignment(&node.left, None, &node.right);
        self.note_use(&node.left, UseKind::Set);
        self.assign(&node.left, value);
        self.learn(&crate::lower::text::tight(&node.left), &node.right);
        Value::nothing()
    }

    fn cast(&mut self, node: &'a syn::ExprCast) -> Value<'a> {
        let value = self.expr(&node.expr);
        value.derived().with_origin(value.origin.part())
    }

    fn range(&mut self, node: &'a syn::ExprRange) -> Value<'a> {
        let mut value = Value::number();
        for end in [&node.start, &node.end].into_iter().flatten() {
            let end = self.expr(end);
            value = value.with(&end);
        }
        value.derived()
    }

    fn tuple(&mut self, node: &'a syn::ExprTuple) -> Value<'a> {
        let parts = node.elems.iter().map(|part| self.expr(part)).collect();
        Value::of(Kind::Tuple(parts), Deps::none())
    }

    fn closure(&mut self, node: &'a syn::ExprClosure) -> Value<'a> {
        let captured = self.mentioned(quote::ToTokens::to_token_stream(&node.body));
        Value::of(Kind::Closure(node, self.scope.len()), captured)
    }

    /// Code that is not understood.
    fn tokens(&mut self, tokens: &proc_macro2::TokenStream) -> Value<'a> {
        self.touch_tokens(tokens.clone());
        Value::plain(Deps::Anything)
    }

    /// The places that the variables in some tokens were computed from.
    fn mentioned(&self, tokens: proc_macro2::TokenStream) -> Deps {
        let mut names = std::collections::BTreeSet::new();
        identifiers(tokens, &mut names);
        let known = names.iter().filter_map(|name| self.values.get(&self.lookup(name)?));
        known.fold(Deps::none(), |all, value| all.union(&value.deps))
    }

    fn name(&mut self, node: &'a syn::ExprPath) -> Value<'a> {
        let Some(name) = node.path.get_ident().map(ToString::to_string) else {
            return Value::nothing().with_known(Known::variant(&node.path));
        };
        if Variant::None.is_path(&node.path) {
            return Value::of(Kind::Absent, Deps::none()).with_known(Some(Known::Nothing));
        }
        let Some(path) = self.lookup(&name) else { return Value::nothing() };
        self.read.insert(path);
        let path = self.aliases.get(&path).copied().unwrap_or(path);
        self.read.insert(path);
        self.note_read(node);
        self.names_schedule(path);
        self.values.get(&path).map_or_else(
            || Value { place: Some(path), ..Value::plain(Deps::one(path)) },
            |value| {
                // A parameter of type `&T` is a shared reference itself.
                let shared = value.handed == Handed::Shared && self.parameters.contains(&path);
                let handed = if shared { Handed::Shared } else { Handed::Value };
                Value { handed, ..value.clone() }
            },
        )
    }

    fn binary(&mut self, node: &'a syn::ExprBinary) -> Value<'a> {
        if is_assignment(&node.op) {
            let right = self.expr(&node.right);
            let left = self.expr(&node.left);
            self.note_added(node, &right);
            let added = right.clone();
            let origin = left.origin.with(&right.origin, join_of(&node.op));
            let mut value = self.combine(&[left, right]).with_origin(origin);
            if matches!(node.op, BinOp::AddAssign(_)) {
                self.adds_up(&node.left, &node.right, &added, &mut value, "+=");
            }
            self.note_assignment(&node.left, Some(&node.op), &node.right);
            self.assign(&node.left, value);
            return Value::nothing();
        }
        match node.op {
            BinOp::And(_) | BinOp::Or(_) => self.condition_value(node),
            BinOp::Add(_) | BinOp::Sub(_) | BinOp::Mul(_) | BinOp::Div(_) => {
                let (left, right) = (self.expr(&node.left), self.expr(&node.right));
                self.difference(node, &left, &right);
                self.note_division(node);
                let origin = left.origin.with(&right.origin, join_of(&node.op));
                self.combine(&[left, right]).with_origin(origin)
            }
            _ => {
                let left = self.expr(&node.left);
                let right = self.expr(&node.right);
                let origin = left.origin.with(&right.origin, Join::Other);
                left.derived().with(&right.derived()).with_origin(origin)
            }
        }
    }

    /// What arithmetic on tensors and numbers gives: a tensor with all their graphs.
    pub(super) fn combine(&self, values: &[Value<'a>]) -> Value<'a> {
        let scaled = values.iter().any(|value| matches!(value.kind, Kind::Scaled));
        let all_numbers = values.iter().all(|value| matches!(value.kind, Kind::Number));
        let mut result = if all_numbers { Value::number() } else { Value::nothing() };
        if scaled {
            result.kind = Kind::Scaled;
        }
        for value in values {
            result = result.with(&value.derived());
            result.computed |= value.computed;
            result.measured |= value.measured;
            result.models = result.models.union(&value.models);
            result.graphs.extend(value.through());
            result.part.extend(value.parts());
        }
        result.past.open |= self.opens(values);
        result
    }

    fn index(&mut self, node: &'a syn::ExprIndex) -> Value<'a> {
        let base = self.expr(&node.expr);
        self.expr(&node.index);
        self.part_of_several(&base);
        match &*node.index {
            Expr::Lit(literal) => {
                let index = crate::lower::text::tight(literal);
                self.project(&base, &index)
            }
            // One of several: what happens to it may have happened to any.
            _ => base.derived().with_origin(base.origin.part()),
        }
    }

    fn collection(&mut self, parts: impl Iterator<Item = &'a Expr>) -> Value<'a> {
        let mut whole = Value::number();
        let parts: Vec<_> = parts.map(|part| self.expr(part)).collect();
        if let Some(kind) = Self::all_new(&parts) {
            return Value::of(kind, Deps::none());
        }
        for value in parts {
            self.escapes(&value);
            whole.origin = whole.origin.with(&value.origin, Join::Other);
            whole = whole.with(&value.derived());
        }
        whole.derived().with_origin(whole.origin.clone())
    }

    fn fields(&mut self, node: &'a syn::ExprStruct) -> Value<'a> {
        let mut fields = Vec::new();
        for field in &node.fields {
            let value = self.expr(&field.expr);
            fields.push((member(&field.member), value));
        }
        if let Some(rest) = &node.rest {
            let rest = self.expr(rest);
            self.escapes(&rest);
        }
        let name = node.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        // A description of numbers alone; what holds parameters is an optimizer by other means.
        let numbers = fields.iter().all(|(_, value)| value.derived().deps.is_empty());
        if numbers && role_of_type(self.vocabulary, &name) == Some(Role::Optimizer) {
            let site = self.site(crate::lower::address(node), None, || {
                (Place::of(node), crate::lower::text::tight(node).into())
            });
            return Value::of(Kind::Settings(site), Deps::none());
        }
        let ty = self.seen.type_named(&name, self.function);
        Value { ty, ..Value::of(Kind::Fields(fields), Deps::none()) }
    }

    /// An async block that is awaited at once: `return` and `?` end it, nothing else does.
    fn in_place(&mut self, block: &'a Block) -> Value<'a> {
        let after = self.block("");
        self.open_frame(None, FrameKind::Call, after);
        let value = self.scoped(block);
        self.frames.pop();
        self.goto(after);
        self.start(after);
        value.derived()
    }
}
