//! Expressions and control flow.

use syn::{BinOp, Expr, Lit, Pat, UnOp};

use super::{Machine, Run, Stop, Tensor, V, text};

/// The iterations of a loop over data, and the maximum for any loop.
const BATCHES: usize = 5;
const MOST: usize = 5;

impl Machine<'_> {
    pub(crate) fn expr(&mut self, expr: &Expr) -> Run<V> {
        self.fuel = self.fuel.checked_sub(1).ok_or(Stop::Endless)?;
        match expr {
            Expr::Lit(literal) => Ok(match &literal.lit {
                Lit::Int(number) => number.base10_parse().map_or(V::Any, V::Num),
                Lit::Bool(value) => V::Bool(value.value),
                _ => V::Any,
            }),
            Expr::Path(path) => {
                let Some(name) = path.path.get_ident().map(ToString::to_string) else { return Ok(V::Any) };
                if name == "None" {
                    return Ok(V::None);
                }
                if name.starts_with(char::is_uppercase) || self.program.functions.contains_key(&name) {
                    return Ok(V::Any);
                }
                self.variable(&name).cloned().ok_or(Stop::Undeclared)
            }
            Expr::Reference(inner) => self.expr(&inner.expr),
            Expr::Paren(inner) => self.expr(&inner.expr),
            Expr::Group(inner) => self.expr(&inner.expr),
            Expr::Try(inner) => self.expr(&inner.expr),
            Expr::Await(inner) => self.expr(&inner.base),
            Expr::Cast(inner) => self.expr(&inner.expr),
            Expr::Unary(unary) => self.unary(unary),
            Expr::Binary(both) => self.binary(both),
            Expr::Field(field) => {
                let base = self.expr(&field.base)?;
                Ok(self.field(&base, &text(&field.member)))
            }
            Expr::Index(index) => {
                let (base, at) = (self.expr(&index.expr)?, self.expr(&index.index)?);
                Ok(match (&base, at) {
                    (V::List(list), V::Num(at)) => usize::try_from(at)
                        .ok()
                        .and_then(|at| self.lists[*list].get(at).cloned())
                        .unwrap_or(V::Any),
                    (V::List(list), _) => self.lists[*list].first().cloned().unwrap_or(V::Any),
                    _ => base,
                })
            }
            Expr::Tuple(tuple) => {
                let parts: Run<Vec<V>> = tuple.elems.iter().map(|part| self.expr(part)).collect();
                Ok(V::Tuple(parts?))
            }
            Expr::Array(array) => {
                let parts: Run<Vec<V>> = array.elems.iter().map(|part| self.expr(part)).collect();
                self.lists.push(parts?);
                Ok(V::List(self.lists.len() - 1))
            }
            Expr::Struct(fields) => {
                let mut object = std::collections::BTreeMap::new();
                for field in &fields.fields {
                    object.insert(text(&field.member), self.expr(&field.expr)?);
                }
                self.objects.push(object);
                Ok(V::Object(self.objects.len() - 1))
            }
            Expr::Range(range) => {
                let rounds = match &range.end {
                    Some(end) => self.expr(end)?,
                    None => V::Any,
                };
                let count = if let V::Num(count) = rounds { usize::try_from(count).unwrap_or(0) } else { 2 };
                Ok(V::Rounds((0..).take(count.min(MOST)).map(V::Num).collect()))
            }
            Expr::Closure(closure) => {
                self.captures(closure)?;
                Ok(V::Closure(std::rc::Rc::new(closure.clone())))
            }
            Expr::Macro(node) => Ok(self.macros(&node.mac)),
            Expr::Assign(assign) => {
                let value = self.expr(&assign.right)?;
                self.assign(&assign.left, value)?;
                Ok(V::Any)
            }
            Expr::MethodCall(call) => self.method(call),
            Expr::Call(call) => self.call(call),
            _ => self.control(expr),
        }
    }

    /// The variables of a closure must be declared where it is created.
    fn captures(&mut self, closure: &syn::ExprClosure) -> Run<()> {
        struct Names(Vec<String>, Vec<String>);
        impl<'ast> syn::visit::Visit<'ast> for Names {
            fn visit_pat_ident(&mut self, name: &'ast syn::PatIdent) {
                self.0.push(name.ident.to_string());
            }
            fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
                self.1.push(text(&call.receiver));
                syn::visit::visit_expr_method_call(self, call);
            }
        }
        let mut names = Names(Vec::new(), Vec::new());
        syn::visit::Visit::visit_expr_closure(&mut names, closure);
        let Names(own, used) = names;
        let plain =
            |name: &&String| name.chars().all(|c| c.is_lowercase() || c == '_') && !own.contains(name);
        for name in used.iter().filter(plain) {
            if self.variable(name).is_none() {
                return Err(Stop::Undeclared);
            }
        }
        Ok(())
    }

    fn macros(&mut self, node: &syn::Macro) -> V {
        if node.path.is_ident("vec") {
            self.lists.push(Vec::new());
            return V::List(self.lists.len() - 1);
        }
        V::Any
    }

    fn field(&mut self, base: &V, name: &str) -> V {
        match base {
            V::Object(id) => self.objects[*id].get(name).cloned().unwrap_or(V::Any),
            V::Tuple(parts) => {
                name.parse().ok().and_then(|at: usize| parts.get(at).cloned()).unwrap_or(V::Any)
            }
            V::Data(valid) => V::Data(*valid),
            V::Tensor(id) => V::Tensor(*id),
            _ => V::Any,
        }
    }

    pub(crate) fn assign(&mut self, left: &Expr, value: V) -> Run<()> {
        match left {
            Expr::Path(path) => {
                let slot = self.variable(&text(path)).ok_or(Stop::Undeclared)?;
                *slot = value;
            }
            Expr::Field(field) => {
                if let V::Object(id) = self.expr(&field.base)? {
                    self.objects[id].insert(text(&field.member), value);
                }
            }
            Expr::Unary(deref) => self.assign(&deref.expr, value)?,
            Expr::Tuple(tuple) => {
                for (index, part) in tuple.elems.iter().enumerate() {
                    let piece = if let V::Tuple(parts) = &value { parts[index].clone() } else { V::Any };
                    self.assign(part, piece)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn unary(&mut self, unary: &syn::ExprUnary) -> Run<V> {
        let value = self.expr(&unary.expr)?;
        Ok(match (&unary.op, value) {
            (UnOp::Not(_), V::Bool(value)) => V::Bool(!value),
            (UnOp::Neg(_), V::Num(value)) => V::Num(-value),
            (_, value) => value,
        })
    }

    fn binary(&mut self, both: &syn::ExprBinary) -> Run<V> {
        if let BinOp::And(_) | BinOp::Or(_) = both.op {
            let stops = matches!(both.op, BinOp::Or(_));
            let left = self.truth(&both.left)?;
            return Ok(V::Bool(if left == stops { stops } else { self.truth(&both.right)? }));
        }
        let (left, right) = (self.expr(&both.left)?, self.expr(&both.right)?);
        let number = |value: &V| if let V::Num(value) = value { Some(*value) } else { None };
        let numbers = number(&left).zip(number(&right));
        let value = match (&both.op, numbers) {
            (BinOp::Rem(_), Some((a, b))) => V::Num(a.checked_rem(b).unwrap_or(0)),
            (BinOp::Add(_) | BinOp::AddAssign(_), Some((a, b))) => V::Num(a + b),
            (BinOp::Sub(_) | BinOp::SubAssign(_), Some((a, b))) => V::Num(a - b),
            (BinOp::Mul(_), Some((a, b))) => V::Num(a * b),
            (BinOp::Div(_), Some((a, b))) => V::Num(a.checked_div(b).unwrap_or(0)),
            (BinOp::Eq(_), Some((a, b))) => V::Bool(a == b),
            (BinOp::Ne(_), Some((a, b))) => V::Bool(a != b),
            (BinOp::Lt(_), Some((a, b))) => V::Bool(a < b),
            (BinOp::Le(_), Some((a, b))) => V::Bool(a <= b),
            (BinOp::Gt(_), Some((a, b))) => V::Bool(a > b),
            (BinOp::Ge(_), Some((a, b))) => V::Bool(a >= b),
            (
                BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_),
                None,
            ) => V::Bool(self.chance()),
            _ => self.derive(&[left.clone(), right]),
        };
        if let BinOp::AddAssign(_) | BinOp::SubAssign(_) | BinOp::MulAssign(_) | BinOp::DivAssign(_) = both.op
        {
            self.adds_up(&both.left);
            if let V::Tensor(id) = value {
                self.tensors[id].kept = true;
            }
            self.assign(&both.left, value)?;
            return Ok(V::Any);
        }
        Ok(value)
    }

    /// Records an addition to a variable, which may be declared outside of two loops.
    fn adds_up(&mut self, to: &Expr) {
        let name = text(to);
        let declared = self.scopes.iter().rposition(|scope| scope.iter().any(|(known, _)| *known == name));
        let Some(declared) = declared else { return };
        if self.rounds.iter().filter(|round| **round > declared).count() > 1 {
            self.fault("a sum is not reset", &name);
        }
    }

    /// A tensor computed from the tensors among the parts, if any.
    pub(crate) fn derive(&mut self, parts: &[V]) -> V {
        let mut parents = Vec::new();
        let mut data = None;
        self.tensors_in(parts, &mut parents, &mut data);
        if parents.is_empty() {
            return data.map_or(V::Any, V::Data);
        }
        let valid = data == Some(true) || parents.iter().any(|&id| self.tensors[id].valid);
        let in_eval = parents.iter().any(|&id| self.tensors[id].in_eval);
        let recorded = self.recording() && parents.iter().any(|&id| self.tensors[id].recorded);
        self.tensors.push(Tensor { parents, recorded, valid, in_eval, ..Tensor::default() });
        V::Tensor(self.tensors.len() - 1)
    }

    fn tensors_in(&self, parts: &[V], parents: &mut Vec<usize>, data: &mut Option<bool>) {
        for part in parts {
            match part {
                V::Tensor(id) => parents.push(*id),
                V::Data(valid) => *data = Some(data.unwrap_or(false) || *valid),
                V::Tuple(inner) | V::Rounds(inner) => self.tensors_in(inner, parents, data),
                V::List(list) => self.tensors_in(&self.lists[*list], parents, data),
                V::Some(inner) => self.tensors_in(std::slice::from_ref(inner), parents, data),
                V::Object(id) => {
                    let fields: Vec<V> = self.objects[*id].values().cloned().collect();
                    self.tensors_in(&fields, parents, data);
                }
                _ => {}
            }
        }
    }

    /// Whether a condition holds; its bindings go into the innermost scope.
    pub(crate) fn truth(&mut self, condition: &Expr) -> Run<bool> {
        if let Expr::Let(node) = condition {
            let value = self.expr(&node.expr)?;
            let some = match (&value, &*node.pat) {
                (V::None, pat) => text(pat) == "None",
                (V::Some(_), pat) => text(pat) != "None",
                (V::Rounds(_) | V::Loader(_), _) => true,
                _ => self.chance(),
            };
            if some {
                self.bind(&node.pat, value);
            }
            return Ok(some);
        }
        Ok(match self.expr(condition)? {
            V::Bool(value) => value,
            _ => self.chance(),
        })
    }

    fn control(&mut self, expr: &Expr) -> Run<V> {
        match expr {
            Expr::Block(node) => self.block(&node.block),
            Expr::Unsafe(node) => self.block(&node.block),
            Expr::Async(node) => self.block(&node.block),
            Expr::If(node) => {
                self.scopes.push(Vec::new());
                let result = self.branch(node);
                self.scopes.pop();
                result
            }
            Expr::Match(node) => self.choose(node),
            Expr::ForLoop(node) => {
                let items = self.expr(&node.expr)?;
                let label = node.label.as_ref().map(|label| text(&label.name));
                for item in self.items(&items) {
                    let scope = |machine: &mut Self| {
                        machine.bind(&node.pat, item);
                        machine.block(&node.body)
                    };
                    if self.round(label.as_deref(), scope)?.is_some() {
                        break;
                    }
                }
                Ok(V::Any)
            }
            Expr::While(node) => {
                let label = node.label.as_ref().map(|label| text(&label.name));
                for round in 0.. {
                    let mut ended = false;
                    let body = |machine: &mut Self| {
                        let holds = machine.truth(&node.cond)?;
                        ended = !holds || round == BATCHES;
                        if ended { Ok(V::Any) } else { machine.block(&node.body) }
                    };
                    if self.round(label.as_deref(), body)?.is_some() || ended {
                        break;
                    }
                }
                Ok(V::Any)
            }
            Expr::Loop(node) => {
                let label = node.label.as_ref().map(|label| text(&label.name));
                while self.round(label.as_deref(), |machine| machine.block(&node.body))?.is_none() {}
                Ok(V::Any)
            }
            Expr::Return(node) => {
                let value = node.expr.as_ref().map_or(Ok(V::Any), |value| self.expr(value))?;
                Err(Stop::Return(value))
            }
            Expr::Break(node) => Err(Stop::Break(node.label.as_ref().map(text))),
            Expr::Continue(node) => Err(Stop::Continue(node.label.as_ref().map(text))),
            _ => Ok(V::Any),
        }
    }

    fn branch(&mut self, node: &syn::ExprIf) -> Run<V> {
        if self.truth(&node.cond)? {
            return self.block(&node.then_branch);
        }
        node.else_branch.as_ref().map_or(Ok(V::Any), |(_, other)| self.expr(other))
    }

    /// Runs one iteration; `Some` if the loop ends with it.
    fn round(&mut self, label: Option<&str>, body: impl FnOnce(&mut Self) -> Run<V>) -> Run<Option<()>> {
        self.rounds.push(self.scopes.len());
        self.scopes.push(Vec::new());
        let result = body(self);
        self.scopes.pop();
        self.rounds.pop();
        let mine = |name: &Option<String>| name.is_none() || name.as_deref() == label;
        match result {
            Ok(_) => Ok(None),
            Err(Stop::Break(name)) if mine(&name) => Ok(Some(())),
            Err(Stop::Continue(name)) if mine(&name) => Ok(None),
            Err(stop) => Err(stop),
        }
    }

    /// The items of a loop over a value.
    pub(crate) fn items(&mut self, items: &V) -> Vec<V> {
        match items {
            V::Rounds(items) => items.clone(),
            V::Loader(valid) => vec![V::Data(*valid); BATCHES],
            V::Data(valid) => vec![V::Data(*valid); 2],
            V::List(list) => self.lists[*list].clone(),
            _ => vec![V::Any; 2],
        }
    }

    fn choose(&mut self, node: &syn::ExprMatch) -> Run<V> {
        let subject = self.expr(&node.expr)?;
        let last = node.arms.len() - 1;
        for (index, arm) in node.arms.iter().enumerate() {
            self.scopes.push(Vec::new());
            let inner = if let Pat::Guard(guarded) = &arm.pat { &*guarded.pat } else { &arm.pat };
            let mut fits = match (&subject, text(inner).as_str()) {
                (_, "_") => true,
                (V::Some(_), pat) => pat.starts_with("Some"),
                (V::None, pat) => pat == "None",
                (V::Bool(value), pat) => pat == value.to_string(),
                (V::Num(value), pat) => pat == value.to_string(),
                _ => index == last || self.chance(),
            };
            if fits {
                self.bind(inner, subject.clone());
                if let Pat::Guard(guarded) = &arm.pat {
                    fits = self.truth(&guarded.guard)?;
                }
            }
            let result = if fits { Some(self.expr(&arm.body)) } else { None };
            self.scopes.pop();
            if let Some(result) = result {
                return result;
            }
        }
        Ok(V::Any)
    }
}
