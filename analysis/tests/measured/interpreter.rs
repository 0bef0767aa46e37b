//! A small interpreter of training loops, independent of the analysis.
//!
//! It counts instead of using abstract values: how many `backward` the gradients contain, and how many of them a step
//! has used. At a branch it follows both outcomes, so that it covers every run.

use std::collections::BTreeSet;

/// A stage of the space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Forward and loss in one expression.
    Loss,
    Zero,
    Backward,
    Clip,
    Step,
}

/// All stages of the space.
pub(crate) const STAGES: [Stage; 5] = [Stage::Loss, Stage::Zero, Stage::Backward, Stage::Clip, Stage::Step];

/// A program: stages and loops.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Stage {
        stage: Stage,
        /// Whether it is under a condition, with either outcome each time.
        conditional: bool,
    },
    Loop(Vec<Node>),
}

/// The maximal number of iterations of a loop.
const ROUNDS: usize = 3;

/// The state of one run at some point.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    /// The number of `backward` in the gradients not yet used by a step, and already used.
    new: u8,
    old: u8,
    /// Whether gradients were zeroed before any step used them.
    dropped: bool,
    /// Whether a step has used the gradients since they were last zeroed or filled.
    used: bool,
    /// For each depth, the loss declared there, if any: whether its graph is freed.
    losses: [Option<bool>; 3],
    /// Whether there was a clip since the last step or zero.
    clipped: bool,
    /// Whether a loop ran without iterations.
    skipped: bool,
    /// Whether the run had a fault.
    faulty: bool,
}

/// A fault, as a lint reports it: the lint and the stage.
pub(crate) type Fault = (&'static str, Stage);

/// The faults of all executions of one stage, in first or later iterations of the loops around it.
#[derive(Clone, Debug, Default)]
struct Visits {
    any: bool,
    right: bool,
    faults: BTreeSet<Fault>,
    /// Faults on runs with iterations in every loop.
    direct: BTreeSet<Fault>,
}

/// Wasted work that is not a fault of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Habit {
    /// Zeroes gradients that no step used.
    Drops,
    /// Steps on the gradients of several backwards.
    Gathers,
    /// Clips, with gradients added or zeroed before the step.
    ClipsParts,
}

/// The result for a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Faults of every execution of their stage, from the second iteration on at the latest.
    pub certain: BTreeSet<Fault>,
    /// Faults of some run.
    pub possible: BTreeSet<Fault>,
    /// Faults only in a first iteration, which the condition may skip on purpose.
    pub unjudged: BTreeSet<Fault>,
    /// Habits of some run.
    pub habits: BTreeSet<Habit>,
    /// Whether every run with all or no iterations of each loop has a fault.
    pub on_every_run: bool,
}

/// Runs a program on every outcome.
pub(crate) struct Interpreter {
    /// Executions of each stage, by whether the outer and the inner loop are in their first iteration.
    visits: [[Visits; 4]; 5],
    unjudged: BTreeSet<Fault>,
    habits: BTreeSet<Habit>,
    /// Whether each loop runs all its iterations, or none.
    full: bool,
    /// The lint for a step without gradients in this program.
    without: &'static str,
}

impl Interpreter {
    /// Runs a program on every outcome and returns its faults.
    pub(crate) fn judge(program: &[Node]) -> Verdict {
        let without = if backward_is_near(program) { "step_before_backward" } else { "missing_backward" };
        let mut interpreter = Self {
            visits: Default::default(),
            unjudged: BTreeSet::new(),
            habits: BTreeSet::new(),
            full: false,
            without,
        };
        let start = BTreeSet::from([Run { losses: [Some(false), None, None], ..Run::default() }]);
        interpreter.run(program, start.clone(), &mut Vec::new());
        let mut verdict =
            Verdict { unjudged: interpreter.unjudged, habits: interpreter.habits, ..Verdict::default() };
        for visits in interpreter.visits.iter().flatten() {
            if visits.any && !visits.right {
                verdict.certain.extend(&visits.faults);
            }
            verdict.possible.extend(&visits.direct);
        }
        verdict.possible.extend(&verdict.certain);
        let mut again = Self {
            visits: Default::default(),
            unjudged: BTreeSet::new(),
            habits: BTreeSet::new(),
            full: true,
            without,
        };
        verdict.on_every_run = again.run(program, start, &mut Vec::new()).iter().all(|run| run.faulty);
        verdict
    }

    fn run(&mut self, nodes: &[Node], mut runs: BTreeSet<Run>, first: &mut Vec<bool>) -> BTreeSet<Run> {
        for node in nodes {
            runs = match node {
                Node::Stage { stage, conditional } => {
                    let mut after: BTreeSet<Run> =
                        runs.iter().map(|run| self.stage(*stage, *run, *conditional, first)).collect();
                    if *conditional {
                        after.extend(runs);
                    }
                    after
                }
                Node::Loop(body) => self.repeat(body, runs, first),
            };
        }
        runs
    }

    /// Runs a loop with zero to `ROUNDS` iterations.
    fn repeat(&mut self, body: &[Node], before: BTreeSet<Run>, first: &mut Vec<bool>) -> BTreeSet<Run> {
        let mut after: BTreeSet<Run> = before.iter().map(|run| Run { skipped: true, ..*run }).collect();
        let mut runs = before;
        for round in 0..ROUNDS {
            first.push(round == 0);
            runs = self.run(body, runs, first);
            first.pop();
            // Variables declared in the body end with the iteration.
            let depth = first.len() + 1;
            runs = runs
                .into_iter()
                .map(|mut run| {
                    run.losses[depth..].fill(None);
                    run
                })
                .collect();
            if !self.full || round + 1 == ROUNDS {
                after.extend(&runs);
            }
        }
        after
    }

    fn stage(&mut self, stage: Stage, mut run: Run, conditional: bool, first: &[bool]) -> Run {
        let habits = [
            (Habit::Drops, stage == Stage::Zero && run.new > 0),
            (Habit::Gathers, stage == Stage::Step && run.new > 1),
            (Habit::ClipsParts, matches!(stage, Stage::Backward | Stage::Zero) && run.clipped),
        ];
        self.habits.extend(habits.iter().filter(|(_, has)| *has).map(|(habit, _)| *habit));
        run.clipped = stage == Stage::Clip || run.clipped && !matches!(stage, Stage::Zero | Stage::Step);
        let fault = match stage {
            Stage::Loss => {
                // Under the condition it is assigned, otherwise declared.
                let depth = if conditional { 0 } else { first.len() };
                run.losses[depth] = Some(false);
                None
            }
            Stage::Zero => {
                run.dropped |= run.new > 0 && run.old == 0;
                (run.new, run.old, run.used) = (0, 0, false);
                None
            }
            Stage::Backward => run.backward(),
            Stage::Clip => match (run.new, run.used) {
                (1.., _) => None,
                (0, true) => Some(("clip_after_step", Stage::Clip)),
                (0, false) => Some(("clip_before_backward", Stage::Clip)),
            },
            Stage::Step => run.step(self.without),
        };
        if conditional && first.contains(&true) {
            self.unjudged.extend(fault);
        } else {
            self.note(stage, fault, run.skipped, first);
            run.faulty |= fault.is_some();
        }
        run
    }

    fn note(&mut self, stage: Stage, fault: Option<Fault>, skipped: bool, first: &[bool]) {
        let class = usize::from(first.first() == Some(&true)) + 2 * usize::from(first.get(1) == Some(&true));
        let visits = &mut self.visits[stage as usize][class];
        visits.any = true;
        visits.right |= fault.is_none();
        visits.faults.extend(fault);
        if !skipped {
            visits.direct.extend(fault);
        }
    }
}

impl Run {
    fn backward(&mut self) -> Option<Fault> {
        let loss = self.losses.iter_mut().flatten().next_back();
        let again = loss.is_some_and(|loss| std::mem::replace(loss, true));
        // Gradients used by a step remain until they are zeroed.
        self.old = (self.old + u8::from(self.used)).min(2);
        self.new = (self.new + 1).min(2);
        (self.dropped, self.used) = (false, false);
        again.then_some(("backward_repeated", Stage::Backward))
    }

    fn step(&mut self, without: &'static str) -> Option<Fault> {
        let fault = match (self.new, self.old) {
            (1.., 0) => None,
            (1.., _) => Some(("missing_zero_grad", Stage::Backward)),
            (0, _) if self.used => Some(("step_repeated", Stage::Step)),
            (0, _) if self.dropped => Some(("gradients_discarded", Stage::Zero)),
            (0, _) => Some((without, Stage::Step)),
        };
        (self.new, self.old, self.dropped, self.used) = (0, 0, false, true);
        fault
    }
}

/// Whether a `backward` is in the innermost loop around the step, or anywhere if there is no loop.
fn backward_is_near(program: &[Node]) -> bool {
    fn has(nodes: &[Node], wanted: Stage) -> bool {
        nodes.iter().any(|node| match node {
            Node::Stage { stage, .. } => *stage == wanted,
            Node::Loop(body) => has(body, wanted),
        })
    }
    let inner = program.iter().find_map(|node| match node {
        Node::Loop(body) if has(body, Stage::Step) => Some(body),
        _ => None,
    });
    inner.map_or_else(|| has(program, Stage::Backward), |body| backward_is_near(body))
}
