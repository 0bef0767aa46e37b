//! An abstract machine that runs the functions of a fixture and tracks the gradients.
//!
//! It executes the part of Rust that fixtures use: loops run a few iterations, counters count, and a condition
//! that cannot be computed has an outcome chosen by the run. It is independent of the analysis: it keeps the
//! contributions of each `backward`, graphs as nodes, and the mode of each model, and records faults while it
//! runs. A fixture must run without a fault; a mutant with a fault is not equivalent.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use syn::{Block, FnArg, ItemFn, Pat, Signature, Stmt};

pub(crate) mod calls;
pub(crate) mod expr;
mod given;
pub(crate) mod training;

/// The value of an expression.
#[derive(Clone)]
pub(crate) enum V {
    /// A value without meaning for training, or an unknown number.
    Any,
    Num(i64),
    Bool(bool),
    Model(usize),
    Optimizer(usize),
    Schedule(usize),
    Average,
    Scaler,
    /// A tensor or a loss.
    Tensor(usize),
    /// A batch, or a part of it; whether it is validation data.
    Data(bool),
    Loader(bool),
    List(usize),
    Object(usize),
    Tuple(Vec<V>),
    Some(Box<V>),
    None,
    /// The items of a loop.
    Rounds(Vec<V>),
    Closure(Rc<syn::ExprClosure>),
    /// A guard that turns recording off while it is in scope.
    Guard,
}

/// Why execution stopped or jumped.
#[derive(Clone)]
pub(crate) enum Stop {
    Break(Option<String>),
    Continue(Option<String>),
    Return(V),
    /// An undeclared variable: the program would not compile.
    Undeclared,
    /// The run took too many steps.
    Endless,
}

pub(crate) type Run<T> = Result<T, Stop>;

#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Tensor {
    pub parents: Vec<usize>,
    /// The model that computed it.
    pub model: Option<usize>,
    pub recorded: bool,
    pub consumed: bool,
    /// Whether it was computed from validation data.
    pub valid: bool,
    /// Whether one of its models was in evaluation mode.
    pub in_eval: bool,
    /// Whether it was stored with its graph, without a `backward` through it since.
    pub kept: bool,
    pub scaled: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Contribution {
    pub used: bool,
    /// Whether the loss was scaled by a scaler.
    pub scaled: bool,
    /// The text of the call.
    pub by: String,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub name: String,
    pub mode: Option<bool>,
    pub gradients: Vec<Contribution>,
    /// Whether gradients were clipped since the last `backward`.
    pub clipped: bool,
    pub clipped_early: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Optimizer {
    pub models: Vec<usize>,
    pub steps: usize,
    pub filled: usize,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Schedule {
    pub optimizer: Option<usize>,
    pub moves: usize,
    pub at: usize,
}

/// The functions of a fixture.
#[derive(Default)]
pub(crate) struct Program {
    pub functions: BTreeMap<String, (Signature, Block)>,
    pub structs: BTreeMap<String, Vec<(String, String)>>,
}

impl Program {
    /// Reads the items of a fixture.
    pub(crate) fn read(items: &[syn::Item]) -> Self {
        let mut program = Self::default();
        for item in items {
            match item {
                syn::Item::Fn(ItemFn { sig, block, .. }) => {
                    program.functions.insert(sig.ident.to_string(), (sig.clone(), (**block).clone()));
                }
                syn::Item::Impl(node) => {
                    for method in &node.items {
                        if let syn::ImplItem::Fn(method) = method {
                            let body = (method.sig.clone(), method.block.clone());
                            program.functions.insert(method.sig.ident.to_string(), body);
                        }
                    }
                }
                syn::Item::Struct(node) => {
                    let field =
                        |field: &syn::Field| Some((field.ident.as_ref()?.to_string(), text(&field.ty)));
                    let fields = node.fields.iter().filter_map(field).collect();
                    program.structs.insert(node.ident.to_string(), fields);
                }
                _ => {}
            }
        }
        program
    }
}

pub(crate) fn text(node: &impl quote::ToTokens) -> String {
    quote::quote!(#node).to_string().replace(' ', "")
}

/// One run of a fixture.
pub(crate) struct Machine<'p> {
    pub program: &'p Program,
    pub scopes: Vec<Vec<(String, V)>>,
    /// The number of scopes around each running loop.
    pub rounds: Vec<usize>,
    pub tensors: Vec<Tensor>,
    pub models: Vec<Model>,
    pub optimizers: Vec<Optimizer>,
    pub schedules: Vec<Schedule>,
    pub lists: Vec<Vec<V>>,
    pub objects: Vec<BTreeMap<String, V>>,
    /// The number of open `no_grad` closures and switches.
    pub unrecorded: usize,
    pub faults: BTreeSet<String>,
    /// Events that did not happen in this run, which are a fault if they happen in no run.
    pub never: BTreeSet<String>,
    /// The models that each `backward` reaches, with the number of forward passes.
    pub reach: BTreeSet<String>,
    /// The last optimizer of each constructor, by its text.
    pub built: BTreeMap<String, usize>,
    /// The number of this run, which determines the outcomes of conditions.
    number: u64,
    asked: u64,
    pub fuel: usize,
}

/// The number of runs, with different outcomes of conditions.
const RUNS: u64 = 10;

/// The result of running a fixture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Runs { faults: BTreeSet<String>, reach: BTreeSet<String> },
    DoesNotCompile,
}

/// Runs the function `fit` of a fixture on several outcomes of its conditions.
pub(crate) fn outcome(items: &[syn::Item]) -> Outcome {
    let program = Program::read(items);
    let (mut faults, mut reach) = (BTreeSet::new(), BTreeSet::new());
    let mut on_every_run: Option<BTreeSet<String>> = None;
    for number in 0..RUNS {
        let mut machine = Machine::new(&program, number);
        if let Err(Stop::Undeclared) = machine.fit() {
            return Outcome::DoesNotCompile;
        }
        faults.extend(machine.faults);
        reach.extend(machine.reach);
        on_every_run = Some(match on_every_run {
            Some(known) => known.intersection(&machine.never).cloned().collect(),
            None => machine.never,
        });
    }
    faults.extend(on_every_run.into_iter().flatten());
    Outcome::Runs { faults, reach }
}

impl<'p> Machine<'p> {
    fn new(program: &'p Program, number: u64) -> Self {
        Self {
            program,
            scopes: vec![Vec::new()],
            rounds: Vec::new(),
            tensors: Vec::new(),
            models: Vec::new(),
            optimizers: Vec::new(),
            schedules: Vec::new(),
            lists: Vec::new(),
            objects: Vec::new(),
            unrecorded: 0,
            faults: BTreeSet::new(),
            reach: BTreeSet::new(),
            never: BTreeSet::new(),
            built: BTreeMap::new(),
            number,
            asked: 0,
            fuel: 6000,
        }
    }

    fn fit(&mut self) -> Run<()> {
        let Some((signature, body)) = self.program.functions.get("fit") else { return Ok(()) };
        let mut owners = Vec::new();
        for argument in &signature.inputs {
            let (name, ty) = match argument {
                FnArg::Receiver(_) => {
                    let ty = self.program.structs.keys().next().cloned().unwrap_or_default();
                    ("self".to_owned(), ty)
                }
                FnArg::Typed(typed) => (text(&typed.pat).replace("mut", ""), text(&typed.ty)),
            };
            let value = self.given(&name, &ty);
            if let V::Optimizer(id) = value {
                owners.push(id);
            }
            self.declare(&name, value);
        }
        // An optimizer from the caller updates the models from the caller.
        for id in owners {
            self.optimizers[id].models = (0..self.models.len()).collect();
        }
        match self.block(body) {
            Err(stop @ (Stop::Undeclared | Stop::Endless)) => return Err(stop),
            _ => self.end(),
        }
        Ok(())
    }

    /// The outcome of a condition that cannot be computed.
    pub(crate) fn chance(&mut self) -> bool {
        self.asked += 1;
        match self.number {
            0 => false,
            1 => true,
            number => {
                let mixed = (number * 0x9E37_79B9 + self.asked * 0x85EB_CA6B).wrapping_mul(0xC2B2_AE35);
                (mixed >> 17) & 1 == 1
            }
        }
    }

    pub(crate) fn fault(&mut self, name: &str, detail: &str) {
        self.faults.insert(if detail.is_empty() { name.to_owned() } else { format!("{name}: {detail}") });
    }

    // Names.

    pub(crate) fn declare(&mut self, name: &str, value: V) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.push((name.to_owned(), value));
        }
    }

    pub(crate) fn variable(&mut self, name: &str) -> Option<&mut V> {
        let mut all = self.scopes.iter_mut().rev().flat_map(|scope| scope.iter_mut().rev());
        all.find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(crate) fn recording(&self) -> bool {
        let guarded = self.scopes.iter().flatten().any(|(_, value)| matches!(value, V::Guard));
        self.unrecorded == 0 && !guarded
    }

    // Statements.

    pub(crate) fn block(&mut self, block: &Block) -> Run<V> {
        self.scopes.push(Vec::new());
        let result = self.statements(&block.stmts);
        self.scopes.pop();
        result
    }

    pub(crate) fn statements(&mut self, statements: &[Stmt]) -> Run<V> {
        let mut last = V::Any;
        for statement in statements {
            self.fuel = self.fuel.checked_sub(1).ok_or(Stop::Endless)?;
            last = match statement {
                Stmt::Local(local) => {
                    let value = match &local.init {
                        Some(init) => self.expr(&init.expr)?,
                        None => V::Any,
                    };
                    let value = self.known_loss(&local.pat, value);
                    self.bind(&local.pat, value);
                    V::Any
                }
                Stmt::Expr(expr, semicolon) => {
                    let value = self.expr(expr)?;
                    if semicolon.is_some() { V::Any } else { value }
                }
                Stmt::Macro(_) | Stmt::Item(_) => V::Any,
            };
        }
        Ok(last)
    }

    /// Names a loss by the variable that it is bound to.
    fn known_loss(&mut self, pat: &Pat, value: V) -> V {
        if let (V::Model(id), Pat::Ident(name)) = (&value, pat)
            && self.models[*id].name.is_empty()
        {
            self.models[*id].name = name.ident.to_string();
        }
        value
    }

    pub(crate) fn bind(&mut self, pat: &Pat, value: V) {
        match pat {
            Pat::Ident(name) => self.declare(&name.ident.to_string(), value),
            Pat::Type(typed) => self.bind(&typed.pat, value),
            Pat::Reference(inner) => self.bind(&inner.pat, value),
            Pat::Tuple(tuple) => {
                for (index, part) in tuple.elems.iter().enumerate() {
                    let piece = match &value {
                        V::Tuple(parts) => parts.get(index).cloned().unwrap_or(V::Any),
                        other => other.clone(),
                    };
                    self.bind(part, piece);
                }
            }
            Pat::TupleStruct(wrapped) => {
                let value = if let V::Some(inner) = value { *inner } else { value };
                for part in &wrapped.elems {
                    self.bind(part, value.clone());
                }
            }
            _ => {}
        }
    }
}
