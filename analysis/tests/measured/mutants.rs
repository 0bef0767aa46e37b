//! Mutations of a loop.

use std::collections::BTreeSet;

use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, File, Stmt};

use crate::machine::text;

/// The kind of a mutation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Deleted,
    Doubled,
    Exchanged,
    MovedByALine,
    MovedOut,
    MovedIn,
    UnderACondition,
    AnotherOptimizer,
    Detach,
    Eval,
    Train,
    NoGrad,
}

/// A loop with one mutation, which may be equivalent.
pub(crate) struct Mutant {
    pub kind: Kind,
    /// The text of the changed statement.
    pub what: String,
    pub file: File,
}

/// Calls by which a statement counts as a stage.
const STAGES: [&str; 20] = [
    ".zero_grad(",
    ".backward(",
    ".backward_retain_graph(",
    ".backward_step(",
    ".backward_step_clip(",
    ".clip_grad",
    "clip_grad_norm(",
    ".step(",
    ".train(",
    ".eval(",
    "ema.update(",
    "average.update(",
    ".unscale(",
    "no_grad_guard(",
    ".forward(",
    ".forward_t(",
    "loss",
    "save",
    "::new(",
    ".detach(",
];

/// The formatted text of a node, truncated if long.
fn shown(node: &impl quote::ToTokens) -> String {
    let mut line = node.to_token_stream().to_string();
    for (from, to) in [
        (" . ", "."),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" ;", ";"),
        ("& ", "&"),
        (" ,", ","),
        (" :: ", "::"),
    ] {
        line = line.replace(from, to);
    }
    if line.chars().count() > 70 { line.chars().take(68).chain("..".chars()).collect() } else { line }
}

/// Whether a statement is one line with a stage.
fn is_stage(statement: &Stmt) -> bool {
    let line = match statement {
        Stmt::Local(local) => {
            let init = local.init.as_ref();
            !init.is_some_and(|init| is_block(&init.expr))
        }
        Stmt::Expr(expr, Some(_)) => {
            !is_block(expr)
                && !matches!(expr, Expr::Break(_) | Expr::Continue(_) | Expr::Return(_) | Expr::Macro(_))
        }
        _ => false,
    };
    let text = text(statement);
    line && STAGES.iter().any(|stage| text.contains(stage))
}

fn is_block(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::ForLoop(_) | Expr::While(_) | Expr::Loop(_) | Expr::If(_) | Expr::Match(_) | Expr::Block(_)
    ) || text(expr).contains('{')
}

/// Every mutant of a file, each text once.
pub(crate) fn mutants(file: &File) -> Vec<Mutant> {
    let mut seen = BTreeSet::from([text(file)]);
    let mut all = Vec::new();
    let mut add = |kind: Kind, what: String, file: File| {
        if seen.insert(text(&file)) {
            all.push(Mutant { kind, what, file });
        }
    };
    let blocks = count_blocks(file);
    for nth in 0..blocks {
        let mut body = Vec::new();
        let mut copy = file.clone();
        in_block(&mut copy, nth, &mut |block| body.clone_from(&block.stmts));
        let mut change = |kind: Kind, what: &Stmt, statements: Vec<Stmt>| {
            let mut file = file.clone();
            let mut statements = Some(statements);
            in_block(&mut file, nth, &mut |block| block.stmts = statements.take().unwrap_or_default());
            add(kind, shown(what), file);
        };
        in_place(&body, &mut change);
        across(&body, &mut change);
    }
    dropped(file, &mut add);
    all
}

/// A callback that gets the changed statement and the block after the change.
type Change<'c> = dyn FnMut(Kind, &Stmt, Vec<Stmt>) + 'c;

/// Mutations within one block.
fn in_place(body: &[Stmt], change: &mut Change<'_>) {
    let with = |edit: &dyn Fn(&mut Vec<Stmt>)| {
        let mut body = body.to_vec();
        edit(&mut body);
        body
    };
    let stages: Vec<usize> = (0..body.len()).filter(|index| is_stage(&body[*index])).collect();
    for &index in &stages {
        let stage = &body[index];
        let line = text(stage);
        let kind = match () {
            () if line.ends_with(".train();") => Kind::Train,
            () if line.ends_with(".eval();") => Kind::Eval,
            () if line.contains("no_grad_guard(") => Kind::NoGrad,
            () => Kind::Deleted,
        };
        change(kind, stage, with(&|body| drop(body.remove(index))));
        if index > 0 {
            change(Kind::MovedByALine, stage, with(&|body| body.swap(index, index - 1)));
        }
        if index + 1 < body.len()
            && matches!(body[index + 1], Stmt::Local(_) | Stmt::Expr(_, Some(_)) | Stmt::Macro(_))
        {
            change(Kind::MovedByALine, stage, with(&|body| body.swap(index, index + 1)));
        }
        if let Stmt::Expr(..) = stage {
            change(Kind::Doubled, stage, with(&|body| body.insert(index, stage.clone())));
            let wrapped: Stmt = syn::parse_quote!(if it_is_time() { #stage });
            change(Kind::UnderACondition, stage, with(&|body| body[index] = wrapped.clone()));
        }
        for &other in stages.iter().filter(|other| **other > index + 1) {
            change(Kind::Exchanged, stage, with(&|body| body.swap(index, other)));
        }
    }
}

/// The body of a loop or a branch.
fn inner(statement: &mut Stmt) -> Option<&mut Block> {
    match statement {
        Stmt::Expr(Expr::ForLoop(node), _) => Some(&mut node.body),
        Stmt::Expr(Expr::While(node), _) => Some(&mut node.body),
        Stmt::Expr(Expr::Loop(node), _) => Some(&mut node.body),
        Stmt::Expr(Expr::If(node), _) => Some(&mut node.then_branch),
        _ => None,
    }
}

/// Moves a statement into a loop or a branch, or out of one.
fn across(body: &[Stmt], change: &mut Change<'_>) {
    for index in 0..body.len() {
        let Some(block) = inner(&mut body[index].clone()).cloned() else { continue };
        for (at, stage) in block.stmts.iter().enumerate().filter(|(_, stage)| is_stage(stage)) {
            for after in [false, true] {
                let mut body = body.to_vec();
                if let Some(block) = inner(&mut body[index]) {
                    block.stmts.remove(at);
                }
                body.insert(index + usize::from(after), stage.clone());
                change(Kind::MovedOut, stage, body);
            }
        }
        for (from, to) in [(index.checked_sub(1), 0), (Some(index + 1), block.stmts.len())] {
            let Some(stage) = from.and_then(|from| body.get(from)).filter(|stage| is_stage(stage)) else {
                continue;
            };
            let mut body = body.to_vec();
            if let Some(block) = inner(&mut body[index]) {
                block.stmts.insert(to, stage.clone());
            }
            body.remove(from.unwrap_or_default());
            change(Kind::MovedIn, stage, body);
        }
    }
}

/// Removes calls within a line, and exchanges optimizers.
fn dropped(file: &File, add: &mut dyn FnMut(Kind, String, File)) {
    for kind in [Kind::Detach, Kind::NoGrad] {
        for nth in 0.. {
            let mut copy = file.clone();
            let mut drop = Drop { kind, left: nth, what: None };
            drop.visit_file_mut(&mut copy);
            let Some(what) = drop.what else { break };
            add(kind, what, copy);
        }
    }
    let mut names = Names(BTreeSet::new());
    names.visit_file_mut(&mut file.clone());
    for from in &names.0 {
        for to in names.0.iter().filter(|to| *to != from) {
            for nth in 0.. {
                let mut copy = file.clone();
                let mut other = Other { from, to, left: nth, what: None };
                other.visit_file_mut(&mut copy);
                let Some(what) = other.what else { break };
                add(Kind::AnotherOptimizer, what, copy);
            }
        }
    }
}

/// Removes the nth call of a kind.
struct Drop {
    kind: Kind,
    left: usize,
    what: Option<String>,
}

impl VisitMut for Drop {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        let instead = match (&*expr, self.kind) {
            (Expr::MethodCall(call), Kind::Detach) if call.method == "detach" => (*call.receiver).clone(),
            (Expr::Call(call), Kind::NoGrad) if text(&call.func) == "no_grad" => match call.args.first() {
                Some(Expr::Closure(closure)) => (*closure.body).clone(),
                _ => return,
            },
            _ => return,
        };
        if self.what.is_none() {
            if self.left == 0 {
                self.what = Some(shown(expr));
                *expr = instead;
            } else {
                self.left -= 1;
            }
        }
    }
}

/// Names on which an optimizer's stages are called.
struct Names(BTreeSet<String>);

impl VisitMut for Names {
    fn visit_expr_method_call_mut(&mut self, call: &mut syn::ExprMethodCall) {
        if call.method == "zero_grad" || call.method == "backward_step" {
            self.0.insert(text(&call.receiver));
        }
        visit_mut::visit_expr_method_call_mut(self, call);
    }
}

/// Changes the receiver of the nth call on one optimizer to another optimizer.
struct Other<'n> {
    from: &'n str,
    to: &'n str,
    left: usize,
    what: Option<String>,
}

impl VisitMut for Other<'_> {
    fn visit_expr_method_call_mut(&mut self, call: &mut syn::ExprMethodCall) {
        visit_mut::visit_expr_method_call_mut(self, call);
        if self.what.is_none() && text(&call.receiver) == self.from {
            if self.left == 0 {
                self.what = Some(format!("{} for {}", self.to, shown(call)));
                *call.receiver = syn::parse_str(self.to).expect("the name of an optimizer parses");
            } else {
                self.left -= 1;
            }
        }
    }
}

/// Applies a function to the nth block, in pre-order.
fn in_block(file: &mut File, nth: usize, on: &mut dyn FnMut(&mut Block)) {
    struct Nth<'o> {
        left: usize,
        on: &'o mut dyn FnMut(&mut Block),
        done: bool,
    }
    impl VisitMut for Nth<'_> {
        fn visit_block_mut(&mut self, block: &mut Block) {
            if self.done {
                return;
            }
            if self.left == 0 {
                self.done = true;
                (self.on)(block);
                return;
            }
            self.left -= 1;
            visit_mut::visit_block_mut(self, block);
        }
    }
    Nth { left: nth, on, done: false }.visit_file_mut(file);
}

fn count_blocks(file: &File) -> usize {
    struct Count(usize);
    impl VisitMut for Count {
        fn visit_block_mut(&mut self, block: &mut Block) {
            self.0 += 1;
            visit_mut::visit_block_mut(self, block);
        }
    }
    let mut count = Count(0);
    count.visit_file_mut(&mut file.clone());
    count.0
}
