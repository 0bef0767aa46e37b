//! A small interpreter that runs a training loop and knows nothing of the analysis.
//!
//! It keeps numbers, not words: how many backwards the gradients hold, how many of them a step has used.
//! Where the program may go two ways it goes both, so that it ends with every run that there is.

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
        /// It stands under a condition, which may come out either way each time.
        conditional: bool,
    },
    Loop(Vec<Node>),
}

/// Rounds that a loop runs at most.
const ROUNDS: usize = 3;

/// One run up to some point.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    /// Backwards in the gradients that no step has used, and that one has.
    new: u8,
    old: u8,
    /// Some were zeroed before any step used them.
    dropped: bool,
    /// A step used them since they were zeroed or filled.
    used: bool,
    /// For each depth, the loss declared there: whether there is one, and whether its graph is used up.
    losses: [Option<bool>; 3],
    /// A clip since the last step or zero.
    clipped: bool,
    /// It passed over a loop without a round.
    skipped: bool,
    /// It met a fault.
    faulty: bool,
}

/// A fault as a lint would name it: the lint, and the stage that it stands at.
pub(crate) type Fault = (&'static str, Stage);

/// What the visits of one stage met, in first or later rounds of the loops around it.
#[derive(Clone, Debug, Default)]
struct Visits {
    any: bool,
    right: bool,
    faults: BTreeSet<Fault>,
    /// Faults on runs that pass over no loop.
    direct: BTreeSet<Fault>,
}

/// What is no fault of a step, and still done for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Habit {
    /// Zeroes gradients that no step used.
    Drops,
    /// Steps on the gradients of several backwards.
    Gathers,
    /// Clips, and more gradients come or all are zeroed before the step.
    ClipsParts,
}

/// What there is to say of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Faults that every visit of their stage meets, at the latest from the second round on.
    pub certain: BTreeSet<Fault>,
    /// Faults that some run meets.
    pub possible: BTreeSet<Fault>,
    /// Faults that only a first round meets, in which the condition may be meant to fail.
    pub unjudged: BTreeSet<Fault>,
    /// Habits of some run.
    pub habits: BTreeSet<Habit>,
    /// Every run in which each loop runs all its rounds, or none, meets some fault somewhere.
    pub on_every_run: bool,
}

/// Runs a program on every outcome.
pub(crate) struct Interpreter {
    /// Visits of each stage, by whether the outer and the inner loop are in their first round.
    visits: [[Visits; 4]; 5],
    unjudged: BTreeSet<Fault>,
    habits: BTreeSet<Habit>,
    /// Each loop runs all its rounds, or none.
    full: bool,
    /// How a step without gradients is called here.
    without: &'static str,
}

impl Interpreter {
    /// What there is to say of a program.
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

    /// A loop of no round, or of one to a few.
    fn repeat(&mut self, body: &[Node], before: BTreeSet<Run>, first: &mut Vec<bool>) -> BTreeSet<Run> {
        let mut after: BTreeSet<Run> = before.iter().map(|run| Run { skipped: true, ..*run }).collect();
        let mut runs = before;
        for round in 0..ROUNDS {
            first.push(round == 0);
            runs = self.run(body, runs, first);
            first.pop();
            // What a round declares is gone at its end.
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
                // Under the condition it is assigned, else declared.
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
        // Gradients that a step has used are still there.
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

/// Whether a backward stands in the innermost loop around the step; anywhere if there is none.
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
