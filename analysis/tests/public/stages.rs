//! The stages of a public training function: which call zeroes, runs backward or steps.
//!
//! Names decide here, since the sources are not compiled. The mutations need only what is certain by name; a
//! stage that is not recognised is not mutated.

use proc_macro2::{LineColumn, Span};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprCall, ExprMethodCall, Stmt};

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Zero,
    Backward,
    Clip,
    Step,
    /// Backward and step in one call.
    BackwardStep,
}

/// A stage of a function.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub role: Role,
    /// The last name of the receiver: `optimizer` in `self.optimizer.step()`.
    pub receiver: String,
    pub arguments: Vec<String>,
}

const OPTIMIZERS: [&str; 6] = ["opt", "sgd", "adam", "rmsprop", "muon", "rms_prop"];
const MODELS: [&str; 7] = ["model", "net", "network", "nn", "mlp", "self", "module"];
const ZERO: [&str; 10] = [
    "zero_grad",
    "f_zero_grad",
    "zero_grads",
    "zero_gradients",
    "zero_gradient",
    "clear_grads",
    "clear_gradients",
    "cleargrads",
    "reset_grads",
    "clear_grad",
];
const BACKWARD: [&str; 8] = [
    "backward",
    "f_backward",
    "backward_retain_graph",
    "backprop",
    "backpropagate",
    "run_backward",
    "backward_pass",
    "backward_with_grad",
];
/// Steps of an optimizer, if its name or the arguments say that it is one.
const STEP: [&str; 6] = ["step", "f_step", "update", "apply_gradients", "step_with_grads", "apply_grads"];
/// Steps of a model that has no optimizer.
const MODEL_STEP: [&str; 7] =
    ["update", "step", "update_params", "update_parameters", "update_weights", "apply_gradients", "optimize"];

/// The name that a receiver ends with.
pub(crate) fn last_name(expr: &Expr) -> String {
    match expr {
        Expr::Path(node) => node.path.segments.last().map(|part| part.ident.to_string()).unwrap_or_default(),
        Expr::Field(node) => node.member.to_token_stream().to_string(),
        Expr::MethodCall(node) => {
            let name = node.method.to_string();
            let passes = [
                "as_mut",
                "as_ref",
                "unwrap",
                "expect",
                "borrow_mut",
                "borrow",
                "lock",
                "clone",
                "write",
                "get_mut",
                "deref_mut",
                "to_owned",
            ];
            if passes.contains(&name.as_str()) { last_name(&node.receiver) } else { name }
        }
        Expr::Call(node) => last_name(&node.func),
        Expr::Reference(node) => last_name(&node.expr),
        Expr::Paren(node) => last_name(&node.expr),
        Expr::Unary(node) => last_name(&node.expr),
        Expr::Index(node) => last_name(&node.expr),
        Expr::Try(node) => last_name(&node.expr),
        _ => String::new(),
    }
}

pub(crate) fn is_optimizer(name: &str) -> bool {
    let name = name.to_lowercase();
    OPTIMIZERS.iter().any(|part| name.contains(part)) && !name.contains("sched")
}

fn text(node: &impl ToTokens) -> String {
    node.to_token_stream().to_string()
}

fn of_method(call: &ExprMethodCall) -> Option<Stage> {
    let method = call.method.to_string();
    let method = method.as_str();
    let receiver = last_name(&call.receiver);
    let lower = receiver.to_lowercase();
    let arguments: Vec<String> = call.args.iter().map(text).collect();
    let of_gradients = arguments.iter().any(|argument| argument.to_lowercase().contains("grad"));
    let not_a_step =
        ["sched", "env", "lr", "warmup", "ema", "stat", "metric"].iter().any(|part| lower.contains(part));
    let of_an_optimizer = !not_a_step
        && (is_optimizer(&receiver) && (method != "update" || !arguments.is_empty()) || of_gradients);
    let of_a_model = MODELS.iter().any(|name| lower == *name || lower.ends_with(&format!("_{name}")));
    let role = if ZERO.contains(&method) {
        Role::Zero
    } else if method.contains("backward_step") {
        Role::BackwardStep
    } else if BACKWARD.contains(&method) {
        Role::Backward
    } else if method.contains("clip_grad") {
        Role::Clip
    } else if of_an_optimizer && STEP.contains(&method) || of_a_model && MODEL_STEP.contains(&method) {
        Role::Step
    } else {
        return None;
    };
    Some(Stage { role, receiver, arguments })
}

fn of_call(call: &ExprCall) -> Option<Stage> {
    let name = last_name(&call.func);
    let role = match name.as_str() {
        "backward" | "backprop" => Role::Backward,
        name if name.contains("clip_grad") => Role::Clip,
        _ => return None,
    };
    Some(Stage { role, receiver: String::new(), arguments: call.args.iter().map(text).collect() })
}

/// A statement of one line with at least one stage.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub from: LineColumn,
    pub to: LineColumn,
    pub stages: Vec<Stage>,
    /// The block that it stands in.
    pub block: usize,
    /// The loops around it, from the outside.
    pub loops: Vec<usize>,
    /// A statement with a semicolon and without a `let`: it can be left out.
    pub plain: bool,
    /// The name that a `let` binds.
    pub bound: Option<String>,
    /// The left side of an assignment, with the end of its `=`.
    pub assigned: Option<LineColumn>,
}

/// A loop of a function.
#[derive(Clone, Debug)]
pub(crate) struct Loop {
    pub from: LineColumn,
    pub to: LineColumn,
    /// Behind the brace that opens its body.
    pub body: LineColumn,
    pub block: usize,
}

/// A call that can be dropped from an expression.
#[derive(Clone, Debug)]
pub(crate) struct Dropped {
    pub name: &'static str,
    pub whole: Span,
    /// What stays.
    pub rest: Span,
}

/// Stages, loops and calls of a function.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body {
    pub lines: Vec<Line>,
    pub lets: Vec<Line>,
    pub loops: Vec<Loop>,
    pub dropped: Vec<Dropped>,
    blocks: usize,
    around: Vec<usize>,
    here: usize,
}

/// The stages of one statement, without those in its blocks.
struct Stages(Vec<Stage>);

impl<'a> Visit<'a> for Stages {
    fn visit_block(&mut self, _: &'a Block) {}

    fn visit_expr_method_call(&mut self, call: &'a ExprMethodCall) {
        visit::visit_expr_method_call(self, call);
        self.0.extend(of_method(call));
    }

    fn visit_expr_call(&mut self, call: &'a ExprCall) {
        visit::visit_expr_call(self, call);
        self.0.extend(of_call(call));
    }
}

impl Body {
    pub(crate) fn of(block: &Block) -> Self {
        let mut body = Self::default();
        body.visit_block(block);
        body
    }

    pub(crate) fn has(&self, role: Role) -> bool {
        self.stages().any(|stage| stage.role == role)
    }

    pub(crate) fn stages(&self) -> impl Iterator<Item = &Stage> {
        self.lines.iter().flat_map(|line| &line.stages)
    }

    pub(crate) fn count(&self, role: Role) -> usize {
        self.stages().filter(|stage| stage.role == role).count()
    }

    fn line(&mut self, statement: &Stmt) {
        let mut stages = Stages(Vec::new());
        stages.visit_stmt(statement);
        let bound = match statement {
            Stmt::Local(local) => bound(&local.pat),
            _ => None,
        };
        let assigned = match statement {
            Stmt::Expr(Expr::Assign(assign), Some(_)) => Some(assign.right.span().start()),
            _ => None,
        };
        let line = Line {
            from: statement.span().start(),
            to: statement.span().end(),
            stages: stages.0,
            block: self.here,
            loops: self.around.clone(),
            plain: matches!(statement, Stmt::Expr(_, Some(_))) && !has_block(statement),
            bound,
            assigned,
        };
        if line.bound.is_some() {
            self.lets.push(line.clone());
        }
        if !line.stages.is_empty() {
            self.lines.push(line);
        }
    }

    fn in_loop(&mut self, from: Span, body: &Block, inside: impl FnOnce(&mut Self)) {
        self.loops.push(Loop {
            from: from.start(),
            to: from.end(),
            body: body.brace_token.span.open().end(),
            block: self.here,
        });
        self.around.push(self.loops.len() - 1);
        inside(self);
        self.around.pop();
    }
}

fn bound(pattern: &syn::Pat) -> Option<String> {
    match pattern {
        syn::Pat::Ident(pattern) => Some(pattern.ident.to_string()),
        syn::Pat::Type(pattern) => bound(&pattern.pat),
        _ => None,
    }
}

fn has_block(statement: &Stmt) -> bool {
    struct Any(bool);
    impl<'a> Visit<'a> for Any {
        fn visit_block(&mut self, _: &'a Block) {
            self.0 = true;
        }
    }
    let mut any = Any(false);
    any.visit_stmt(statement);
    any.0
}

impl<'a> Visit<'a> for Body {
    fn visit_block(&mut self, block: &'a Block) {
        let number = self.blocks;
        self.blocks += 1;
        let before = self.here;
        for statement in &block.stmts {
            self.here = number;
            self.line(statement);
            self.visit_stmt(statement);
        }
        self.here = before;
    }

    fn visit_item(&mut self, _: &'a syn::Item) {}

    fn visit_expr_for_loop(&mut self, node: &'a syn::ExprForLoop) {
        self.visit_expr(&node.expr);
        self.in_loop(node.span(), &node.body, |body| body.visit_block(&node.body));
    }

    fn visit_expr_while(&mut self, node: &'a syn::ExprWhile) {
        self.visit_expr(&node.cond);
        self.in_loop(node.span(), &node.body, |body| body.visit_block(&node.body));
    }

    fn visit_expr_loop(&mut self, node: &'a syn::ExprLoop) {
        self.in_loop(node.span(), &node.body, |body| body.visit_block(&node.body));
    }

    fn visit_expr_method_call(&mut self, call: &'a ExprMethodCall) {
        visit::visit_expr_method_call(self, call);
        let name = match call.method.to_string().as_str() {
            "valid" if call.args.is_empty() => "valid",
            "detach" if call.args.is_empty() => "detach",
            _ => return,
        };
        self.dropped.push(Dropped { name, whole: call.span(), rest: call.receiver.span() });
    }

    fn visit_expr_call(&mut self, call: &'a ExprCall) {
        visit::visit_expr_call(self, call);
        if let (true, Some(Expr::Closure(closure))) = (last_name(&call.func) == "no_grad", call.args.first())
        {
            self.dropped.push(Dropped { name: "no_grad", whole: call.span(), rest: closure.body.span() });
        }
    }
}
