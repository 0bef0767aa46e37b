//! One-line faults, and the rules by which they are faults.
//!
//! Public functions cannot be run, so each kind of mutation has a rule for when it is applied. A mutation is applied
//! only where its rule says that the mutant is faulty. Exceptions are recorded in `recorded/mutants.tsv`, where some
//! mutants are judged one by one: the dropped `detach` and `no_grad` count only if they are judged.

use crate::edits::{Edit, Text};
use crate::stages::{Body, Dropped, Line, Role, is_optimizer};

/// The kinds of mutations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The only `zero_grad` of a function is deleted. It is in a loop, or the optimizer belongs to the caller, so
    /// that a later backward adds to the gradients.
    ZeroDeleted,
    /// The only backward of a function is deleted; nothing else fills the gradients.
    BackwardDeleted,
    /// A step is deleted: its gradients are never used.
    StepDeleted,
    /// A step stands twice: the second one repeats the first one's gradients.
    StepDoubled,
    /// A backward stands twice: its graph is gone, or the gradients count twice.
    BackwardDoubled,
    /// A backward and a later step of the same block are exchanged.
    BackwardAndStepExchanged,
    /// `zero_grad` moves behind the next backward, or before the step of its optimizer: the gradients are lost
    /// before the step.
    ZeroExchanged,
    /// Clipping and the later step of the same block are exchanged.
    ClipAndStepExchanged,
    /// A step moves behind its loop: only the last gradients are used.
    StepMovedOut,
    /// `zero_grad` moves before its loop: gradients of all iterations are added.
    ZeroMovedOut,
    /// The construction of an optimizer moves into the loop that steps it, and its state is lost. Optimizers
    /// without state do not count.
    BuildMovedIn,
    /// The model that a step returns is dropped.
    ResultDropped,
    /// `.valid()` is dropped: the model evaluates in training mode and records a graph.
    ValidDropped,
    /// `.detach()` is dropped; judged one by one.
    DetachDropped,
    /// `no_grad` is dropped; judged one by one.
    NoGradDropped,
}

impl Kind {
    /// The facts of `--prove` that the mutation breaks, or one of which it breaks.
    fn breaks(self) -> &'static [&'static str] {
        match self {
            Self::ZeroDeleted | Self::BackwardDeleted | Self::StepDoubled | Self::ZeroMovedOut => {
                &["own_gradients"]
            }
            Self::StepDeleted | Self::ResultDropped => &["every_backward_stepped"],
            Self::BackwardDoubled => &["graphs_run_once", "every_backward_stepped"],
            // If another backward fills the gradients before the step, only the exchanged one is lost.
            Self::BackwardAndStepExchanged | Self::ZeroExchanged | Self::StepMovedOut => {
                &["own_gradients", "every_backward_stepped"]
            }
            Self::ClipAndStepExchanged => &["clipped"],
            Self::BuildMovedIn => &["built_once"],
            Self::ValidDropped => &["evaluation_apart"],
            Self::DetachDropped | Self::NoGradDropped => {
                &["own_gradients", "every_backward_stepped", "graphs_run_once", "evaluation_apart"]
            }
        }
    }
}

/// A mutant of a function.
#[derive(Clone, Debug)]
pub(crate) struct Mutant {
    pub kind: Kind,
    pub line: usize,
    /// The text that the mutation is about, shortened.
    pub what: String,
    pub edits: Vec<Edit>,
    /// The facts of `--prove` that the mutation breaks, or one of which it breaks.
    pub breaks: &'static [&'static str],
}

/// A text in one line, of at most 70 characters.
fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > 70 { line.chars().take(68).chain("..".chars()).collect() } else { line }
}

struct Mutants<'t> {
    text: &'t Text<'t>,
    body: &'t Body,
    all: Vec<Mutant>,
}

fn first(line: &Line) -> Role {
    line.stages[0].role
}

/// A statement with exactly one stage.
fn single(line: &Line, role: Role) -> bool {
    line.plain && line.stages.len() == 1 && first(line) == role
}

impl Mutants<'_> {
    fn add(&mut self, kind: Kind, line: &Line, edits: Vec<Edit>) {
        let what = shown(self.text.between(line.from, line.to));
        // A fused step has a backward of its own, which runs through the same graph again.
        let fused = kind == Kind::StepDoubled && first(line) == Role::BackwardStep;
        let breaks = if fused { &["graphs_run_once"] } else { kind.breaks() };
        self.all.push(Mutant { kind, line: line.from.line, what, edits, breaks });
    }

    fn source(&self, line: &Line) -> String {
        self.text.between(line.from, line.to).to_owned()
    }

    fn deleted(&self, line: &Line) -> Edit {
        self.text.replace(line.from, line.to, "")
    }

    fn doubled(&self, line: &Line) -> Vec<Edit> {
        vec![self.text.insert(line.to, format!("\n{}", self.source(line)))]
    }

    fn exchanged(&self, one: &Line, other: &Line) -> Vec<Edit> {
        vec![
            self.text.replace(one.from, one.to, self.source(other)),
            self.text.replace(other.from, other.to, self.source(one)),
        ]
    }

    fn declared_inside(&self, name: &str, around: usize) -> bool {
        self.body.lets.iter().any(|line| line.bound.as_deref() == Some(name) && line.loops.contains(&around))
    }

    fn zero(&mut self, line: &Line) {
        let once = self.body.count(Role::Zero) == 1 && !self.body.has(Role::BackwardStep);
        let receiver = &line.stages[0].receiver;
        let of_the_caller = !self.body.lets.iter().any(|known| known.bound.as_deref() == Some(receiver));
        if once && (!line.loops.is_empty() || of_the_caller) {
            self.add(Kind::ZeroDeleted, line, vec![self.deleted(line)]);
        }
        if let (true, Some(inner)) = (once, line.loops.last())
            && !self.declared_inside(receiver, *inner)
            && self.body.lines.iter().any(|other| {
                other.loops.last() == Some(inner)
                    && other.stages.iter().any(|stage| stage.role == Role::Backward)
            })
        {
            let source = self.source(line);
            let before = self.text.insert(self.body.loops[*inner].from, format!("{source}\n"));
            self.add(Kind::ZeroMovedOut, line, vec![self.deleted(line), before]);
        }
    }

    fn backward(&mut self, line: &Line) {
        if self.body.count(Role::Backward) == 1 && !self.body.has(Role::BackwardStep) {
            self.add(Kind::BackwardDeleted, line, vec![self.deleted(line)]);
        }
        self.add(Kind::BackwardDoubled, line, self.doubled(line));
    }

    fn step(&mut self, line: &Line) {
        self.add(Kind::StepDeleted, line, vec![self.deleted(line)]);
        let stage = line.stages[0].clone();
        // Gradients that move into the call cannot be used twice.
        let moves = stage.arguments.iter().any(|argument| {
            argument.contains("grad") && !argument.starts_with('&') && !argument.contains("clone")
        });
        if line.assigned.is_none() && !moves {
            self.add(Kind::StepDoubled, line, self.doubled(line));
        }
        let Some(inner) = line.loops.last() else { return };
        let outside = stage.arguments.is_empty() && !self.declared_inside(&stage.receiver, *inner);
        if outside && line.assigned.is_none() {
            let source = self.source(line);
            let after = self.text.insert(self.body.loops[*inner].to, format!("\n{source}"));
            let own_block = self.body.lines.iter().any(|other| {
                other.block == line.block && other.stages.iter().any(|stage| stage.role == Role::Backward)
            });
            if own_block {
                self.add(Kind::StepMovedOut, line, vec![self.deleted(line), after]);
            }
        }
    }

    /// A step that returns the model, as an assignment to it.
    fn result(&mut self, line: &Line) {
        let Some(right) = line.assigned else { return };
        let [stage] = &line.stages[..] else { return };
        if stage.role != Role::Step || stage.arguments.len() != 3 {
            return;
        }
        let right = self.text.between(right, line.to);
        let model = stage.arguments[1].replace(' ', "");
        let Some(at) = right.find(&model) else { return };
        let end = at + model.len();
        let copy = if model.contains("clone") || model.contains("take") { "" } else { ".clone()" };
        let instead = format!("{}{copy}{}", &right[..end], &right[end..]);
        let edit = self.text.replace(line.from, line.to, instead);
        self.add(Kind::ResultDropped, line, vec![edit]);
    }

    fn pairs(&mut self) {
        let lines: Vec<Line> =
            self.body.lines.iter().filter(|line| line.plain && line.stages.len() == 1).cloned().collect();
        for (at, one) in lines.iter().enumerate() {
            let Some(other) = lines[at + 1..].iter().find(|other| other.block == one.block) else { continue };
            if one.assigned.is_some() || other.assigned.is_some() {
                continue;
            }
            let of_one = |line: &Line| line.stages[0].receiver == one.stages[0].receiver;
            match (first(one), first(other)) {
                (Role::Backward, Role::Step) => {
                    self.add(Kind::BackwardAndStepExchanged, one, self.exchanged(one, other));
                }
                (Role::Step, Role::Zero) if of_one(other) => {
                    self.add(Kind::ZeroExchanged, one, self.exchanged(one, other));
                }
                // The backward may use what is declared between the two: only `zero_grad` moves.
                (Role::Zero, Role::Backward) => {
                    let steps = lines[at + 1..].iter().any(|line| {
                        line.block == one.block
                            && first(line) == Role::Step
                            && (of_one(line) || !is_optimizer(&one.stages[0].receiver))
                    });
                    if steps {
                        let behind = self.text.insert(other.to, format!("\n{}", self.source(one)));
                        self.add(Kind::ZeroExchanged, one, vec![self.deleted(one), behind]);
                    }
                }
                (Role::Clip, Role::Step) => {
                    self.add(Kind::ClipAndStepExchanged, one, self.exchanged(one, other));
                }
                _ => {}
            }
        }
    }

    fn built(&mut self) {
        for line in &self.body.lets {
            let Some(name) = &line.bound else { continue };
            let source = self.source(line);
            let lower = source.to_lowercase();
            let plain_sgd = lower.contains("sgd") && !lower.contains("momentum");
            let moved =
                ["(params", "(parameters,", "(vars", "(varmap.", "all_vars", "params,"].iter().any(|part| {
                    source.contains(part)
                        && !source.contains("all_vars()")
                        && !source.contains("parameters()")
                });
            if !is_optimizer(name) || plain_sgd || moved || !source.contains('(') || source.contains("load") {
                continue;
            }
            let steps: Vec<&Line> = self
                .body
                .lines
                .iter()
                .filter(|step| {
                    step.stages.iter().any(|stage| {
                        stage.receiver == *name && matches!(stage.role, Role::Step | Role::BackwardStep)
                    })
                })
                .collect();
            let [step] = steps[..] else { continue };
            let Some(inner) = step.loops.last().copied().filter(|inner| !line.loops.contains(inner)) else {
                continue;
            };
            let around = &self.body.loops[inner];
            // A construction in a branch cannot move, and the loop must train.
            let beside = step.loops.iter().any(|outer| self.body.loops[*outer].block == line.block);
            let trains = self.body.lines.iter().any(|other| {
                other.loops.contains(&inner)
                    && other
                        .stages
                        .iter()
                        .any(|stage| matches!(stage.role, Role::Backward | Role::BackwardStep))
            });
            let used_after = self.body.lines.iter().any(|other| {
                !other.loops.contains(&inner)
                    && other.from > line.from
                    && other.stages.iter().any(|stage| stage.receiver == *name)
            });
            if !beside || !trains || used_after {
                continue;
            }
            let edits = vec![self.deleted(line), self.text.insert(around.body, format!("\n{source}\n"))];
            let (kind, what) = (Kind::BuildMovedIn, shown(&source));
            let mutant = Mutant { kind, line: line.from.line, what, edits, breaks: kind.breaks() };
            self.all.push(mutant);
        }
    }

    fn dropped(&mut self, dropped: &Dropped) {
        let (whole, rest) = (dropped.whole, dropped.rest);
        let kept = self.text.between(rest.start(), rest.end());
        let (kind, instead) = match dropped.name {
            "valid" => (Kind::ValidDropped, format!("{kept}.clone()")),
            "detach" => (Kind::DetachDropped, kept.to_owned()),
            _ => (Kind::NoGradDropped, format!("({kept})")),
        };
        let what = shown(self.text.between(whole.start(), whole.end()));
        let edits = vec![self.text.replace(whole.start(), whole.end(), instead)];
        self.all.push(Mutant { kind, line: whole.start().line, what, edits, breaks: kind.breaks() });
    }
}

/// All mutants of a function.
pub(crate) fn mutants(text: &Text<'_>, body: &Body) -> Vec<Mutant> {
    let mut mutants = Mutants { text, body, all: Vec::new() };
    for line in &body.lines {
        if single(line, Role::Zero) {
            mutants.zero(line);
        } else if single(line, Role::Backward) {
            mutants.backward(line);
        } else if single(line, Role::Step) {
            mutants.step(line);
            mutants.result(line);
        } else if single(line, Role::BackwardStep) {
            mutants.add(Kind::StepDeleted, line, vec![mutants.deleted(line)]);
            mutants.add(Kind::StepDoubled, line, mutants.doubled(line));
        }
    }
    mutants.pairs();
    mutants.built();
    for dropped in &body.dropped {
        mutants.dropped(dropped);
    }
    mutants.all
}
