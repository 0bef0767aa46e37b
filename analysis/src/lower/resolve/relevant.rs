//! The functions that can have findings. The other functions are not lowered, which saves most of the time
//! in code that uses a library for tensors without training a model.
//!
//! Every lint needs a loss, a gradient, an optimizer, an average of parameters, a metric, data for
//! validation, a write to a tensor or a collective operation.
//! A function is relevant if it names one of them, or a function of the checked code that is relevant: its
//! callee may be inlined.
//! The test compares names alone, without scopes, and errs on one side only: it keeps too many functions.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};
use syn::{
    BinOp, Expr, ExprBinary, ExprCall, ExprField, ExprMethodCall, ExprPath, ExprStruct, Ident, Member,
    PatIdent, Path, TypePath,
};

use super::effects::is_training;
use super::{FnId, Function, Resolver, Scope};
use crate::limits;
use crate::vocabulary::{
    CallEffect, Role, Vocabularies, hints_at_training, is_metric, moves_average, names_validation,
    role_of_name, role_of_type, speaks_of_loss, writes_tensor,
};

impl Resolver<'_> {
    /// For each function, whether it can have findings.
    pub(crate) fn relevant(&self) -> Vec<bool> {
        let named: Vec<Named> = self.functions.iter().map(|function| self.names_of(function)).collect();
        let mut mentions: BTreeMap<&str, Vec<FnId>> = BTreeMap::new();
        for (id, named) in named.iter().enumerate() {
            named.functions.iter().for_each(|name| mentions.entry(name).or_default().push(id));
        }
        // A name that `use` changes may stand for any function.
        let renamed: BTreeSet<&String> = self.scopes.iter().flat_map(Scope::renamed).collect();
        let unclear = |named: &Named| named.functions.iter().any(|name| renamed.contains(name));
        let mut relevant: Vec<bool> = named.iter().map(|named| named.training || unclear(named)).collect();
        let mut open: Vec<FnId> = (0..named.len()).filter(|id| relevant[*id]).collect();
        while let Some(id) = open.pop() {
            for &caller in mentions.get(&*self.functions[id].name).into_iter().flatten() {
                if !std::mem::replace(&mut relevant[caller], true) {
                    open.push(caller);
                }
            }
        }
        relevant
    }

    fn names_of(&self, function: &Function) -> Named {
        let mut named = Named {
            vocabulary: function.options.vocabularies.unwrap_or(self.vocabularies),
            training: function.options.annotated || hints_at_training(&function.name),
            forwards: false,
            adds: false,
            functions: BTreeSet::new(),
        };
        // A function beyond this depth is not checked.
        if function.survey.deepest <= limits::NESTED_EXPRESSIONS {
            named.visit_signature(function.sig);
            named.visit_block(&function.body);
        }
        named.training |= named.forwards && named.adds;
        named
    }
}

impl Scope {
    /// The names that `use .. as name` gives.
    fn renamed(&self) -> impl Iterator<Item = &String> {
        self.imports.iter().filter(|(alias, path)| path.last() != Some(alias)).map(|(alias, _)| alias)
    }
}

/// The names in a function.
struct Named {
    vocabulary: Vocabularies,
    /// Whether the function names something that lints report about.
    training: bool,
    /// Whether the function runs a forward.
    forwards: bool,
    /// Whether the function adds to a variable, which may be a sum of results of the forwards.
    adds: bool,
    /// The functions and methods that may be functions of the checked code.
    functions: BTreeSet<String>,
}

impl Named {
    fn calls(&mut self, name: &str, effect: Option<CallEffect>) {
        self.forwards |= matches!(effect, Some(CallEffect::Computes(_) | CallEffect::Applies));
        // `no_grad` alone is no part of training.
        let hints =
            hints_at_training(name) && !matches!(effect, Some(CallEffect::NoGrad | CallEffect::WithGrad));
        self.training |= hints || speaks_of_loss(name) || moves_average(name) || is_training(effect);
    }

    /// The effect of a method with this number of arguments, on an optimizer or on another value.
    fn method(&self, name: &str, arguments: usize) -> Option<CallEffect> {
        let on_optimizer = self.vocabulary.optimizer_method(name, arguments);
        on_optimizer.or_else(|| self.vocabulary.method(name, arguments))
    }

    fn names_type(&mut self, name: &Ident) {
        let name = name.to_string();
        self.training |= speaks_of_loss(&name)
            || is_metric(&name)
            || role_of_type(self.vocabulary, &name) == Some(Role::Optimizer);
    }

    /// The last segment names a function or a variable, the segments before it a type or modules.
    fn names_path(&mut self, path: &Path) {
        let mut segments = path.segments.iter().rev().map(|segment| &segment.ident);
        if let Some(last) = segments.next() {
            let last = last.to_string();
            self.training |= speaks_of_loss(&last);
            self.functions.insert(last);
        }
        segments.take(1).for_each(|owner| self.names_type(owner));
    }
}

impl<'ast> Visit<'ast> for Named {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        if !self.training {
            visit::visit_expr(self, expr);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let (name, arguments) = (call.method.to_string(), call.args.len());
        self.calls(&name, self.method(&name, arguments));
        self.training |= self.vocabulary.refuses_recorded_writes() && writes_tensor(&name, arguments);
        self.functions.insert(name);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(path) = &*call.func
            && let Some(last) = path.path.segments.last()
        {
            let name = last.ident.to_string();
            self.calls(&name, self.vocabulary.function(&name));
            // A method may be called by its path, with the receiver as the first argument.
            if path.path.segments.len() > 1 && !call.args.is_empty() {
                self.calls(&name, self.method(&name, call.args.len() - 1));
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        self.names_path(&path.path);
    }

    fn visit_expr_struct(&mut self, node: &'ast ExprStruct) {
        if let Some(last) = node.path.segments.last() {
            self.names_type(&last.ident);
        }
        let named =
            |member: &Member| matches!(member, Member::Named(name) if names_validation(&name.to_string()));
        self.training |= node.fields.iter().any(|field| named(&field.member));
        visit::visit_expr_struct(self, node);
    }

    fn visit_expr_field(&mut self, field: &'ast ExprField) {
        if let Member::Named(name) = &field.member {
            self.training |= speaks_of_loss(&name.to_string());
        }
        visit::visit_expr_field(self, field);
    }

    fn visit_expr_binary(&mut self, node: &'ast ExprBinary) {
        self.adds |= matches!(node.op, BinOp::AddAssign(_));
        visit::visit_expr_binary(self, node);
    }

    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        let name = pat.ident.to_string();
        self.training |= role_of_name(&name) == Some(Role::Optimizer) || speaks_of_loss(&name);
        self.training |= names_validation(&name);
        visit::visit_pat_ident(self, pat);
    }

    fn visit_type_path(&mut self, ty: &'ast TypePath) {
        if let Some(last) = ty.path.segments.last() {
            self.names_type(&last.ident);
        }
        visit::visit_type_path(self, ty);
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::Names;
    use crate::options::CheckOptions;

    fn relevant(text: &str) -> Vec<String> {
        let file: syn::File = syn::parse_str(text).expect("the test's source parses");
        let plain = |_: &[syn::Attribute], _: Option<&CheckOptions>, _: Option<Names<'_>>| {
            (CheckOptions::default(), false)
        };
        let seen = Resolver::of_items(&file.items, &plain, None);
        let kept = seen.relevant();
        let functions = seen.functions.iter().zip(kept);
        functions.filter(|(_, kept)| *kept).map(|(function, _)| function.name.clone()).collect()
    }

    #[test]
    fn a_caller_of_a_relevant_function_is_relevant() {
        let text = "fn a(x: T) { b(x) } fn b(x: T) { C::new().d(x) } struct C; impl C { fn new() -> C { C } \
                    fn d(&self, x: T) { x.backward() } } fn e(x: T) { x.exp() }";
        assert_eq!(relevant(text), ["a", "b", "d"]);
        assert_eq!(
            relevant("mod m { pub fn f(x: T) { x.step() } } use m::f as g; fn h(x: T) { g(x) }"),
            ["f", "h"]
        );
        assert_eq!(relevant("fn f(x: T) { [x].map(g); } fn g(x: T) { x.step() }"), ["f", "g"]);
    }

    #[test]
    fn a_single_part_of_a_training_loop_makes_a_function_relevant() {
        for part in [
            "optimizer.zero_grad()",
            "let opt = f()",
            "let y = Adam::new(0.1)",
            "let y: Sgd = f()",
            "cross_entropy(&x, &y)",
            "self.loss.forward(x, y)",
            "CrossEntropyLoss::new().forward(x, y)",
            "swa.track(&model)",
            "total += model.forward(x).item()",
            "let y = Accuracy::new()",
            "let valid = x.narrow(0, 0, n)",
            "S { test: &x[n..] }",
            "all_reduce(x)",
            "CommunicatorCollectives::all_reduce_into(&world, &x, &mut y, SystemOperation::sum())",
            "if a { |x| x.backward() }",
            "println!(\"{}\", f(loss))",
        ] {
            assert_eq!(relevant(&format!("fn f() {{ {part}; }}")), ["f"], "{part}");
        }
        for part in ["model.forward(x)", "model.eval()", "total += x", "x.softmax(1)"] {
            assert!(relevant(&format!("fn f() {{ {part}; }}")).is_empty(), "{part}");
        }
        assert_eq!(relevant("fn f(x: &mut Adam) { } fn fit(x: T) { }"), ["f", "fit"]);
    }
}
