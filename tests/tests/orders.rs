//! Every order of up to six stages against a small interpreter that executes the order.
//!
//! Each order is tested in a flat loop, and again with each of its stages moved before the loop. The certain
//! findings of the checker and the faults of the interpreter must be the same lints.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use training_loop_analysis::diagnostic::Level;
use training_loop_analysis::{CheckOptions, check_fn};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Forward,
    Loss,
    Zero,
    Backward,
    Clip,
    Step,
}
use Stage::{Backward, Clip, Forward, Loss, Step, Zero};

const STAGES: [Stage; 6] = [Forward, Loss, Zero, Backward, Clip, Step];

/// A loop with some stages before it.
#[derive(Clone, Debug)]
struct Program {
    before: Vec<Stage>,
    inside: Vec<Stage>,
}

/// The gradients as amounts: `new` has not been used by a step, and `old` has.
#[derive(Clone, Copy, Debug, Default)]
struct Gradients {
    new: u32,
    old: u32,
    /// Some were zeroed before a step used them.
    dropped: bool,
    /// A step has used them since they were zeroed or filled.
    used: bool,
}

/// A place in a program: whether it is in the loop, and its index there.
type Place = (bool, usize);

/// Runs a program for a few iterations and collects its faults.
struct Interpreter<'p> {
    program: &'p Program,
    gradients: Gradients,
    /// Graphs of the outer and the inner output and loss: an id each, and whether it was freed.
    graphs: BTreeMap<usize, bool>,
    output: [usize; 2],
    loss: [(usize, usize); 2],
    filled: Place,
    zeroed: Place,
    /// Clips without gradients. A later step may still explain them.
    pending: Vec<(Place, &'static str)>,
    /// Clips that a step explains.
    explained: BTreeSet<Place>,
    /// Steps that already have a fault.
    faulty: BTreeSet<Place>,
    faults: BTreeMap<Place, &'static str>,
}

impl<'p> Interpreter<'p> {
    fn run(program: &'p Program) -> Vec<&'static str> {
        let graphs = BTreeMap::from([(0, false), (1, false)]);
        let mut run = Self {
            program,
            gradients: Gradients::default(),
            graphs,
            output: [0, 0],
            loss: [(1, 0), (1, 0)],
            filled: (false, 0),
            zeroed: (false, 0),
            pending: Vec::new(),
            explained: BTreeSet::new(),
            faulty: BTreeSet::new(),
            faults: BTreeMap::new(),
        };
        for (index, stage) in program.before.iter().enumerate() {
            run.stage(*stage, (false, index));
        }
        for _ in 0..4 {
            // Variables that the loop declares are dropped at the end of the iteration.
            (run.output[1], run.loss[1]) = (run.output[0], run.loss[0]);
            for (index, stage) in program.inside.iter().enumerate() {
                run.stage(*stage, (true, index));
            }
        }
        run.pending.retain(|(place, _)| !run.explained.contains(place));
        for (place, lint) in std::mem::take(&mut run.pending) {
            run.faults.entry(place).or_insert(lint);
        }
        let has = |stage| program.before.contains(&stage) || program.inside.contains(&stage);
        if !has(Step)
            && let Some(index) = program.inside.iter().position(|stage| *stage == Backward)
        {
            run.faults.entry((true, index)).or_insert("missing_step");
        }
        run.faults.into_values().collect()
    }

    fn fresh(&mut self) -> usize {
        self.graphs.insert(self.graphs.len(), false);
        self.graphs.len() - 1
    }

    fn stage(&mut self, stage: Stage, place: Place) {
        let scopes = if place.0 { 1..2 } else { 0..2 };
        match stage {
            Forward => {
                let output = self.fresh();
                self.output[scopes].fill(output);
            }
            Loss => {
                let loss = (self.fresh(), self.output[scopes.start]);
                self.graphs.insert(loss.0, self.graphs[&loss.1]);
                self.loss[scopes].fill(loss);
            }
            Zero => {
                let Gradients { new, dropped, .. } = self.gradients;
                let dropped = dropped || (new > 0 && self.gradients.old == 0);
                self.gradients = Gradients { dropped, ..Gradients::default() };
                self.zeroed = place;
            }
            Backward => self.backward(place),
            Clip if self.gradients.new > 0 => {}
            Clip if self.gradients.used => self.pending.push((place, "clip_after_step")),
            Clip => self.pending.push((place, "clip_before_backward")),
            Step => self.step(place),
        }
    }

    fn backward(&mut self, place: Place) {
        let (loss, output) = self.loss[usize::from(place.0)];
        if self.graphs[&loss] || self.graphs[&output] {
            self.faults.entry(place).or_insert("backward_repeated");
        }
        self.graphs.extend([(loss, true), (output, true)]);
        for (clip, lint) in std::mem::take(&mut self.pending) {
            self.faults.entry(clip).or_insert(lint);
        }
        if self.gradients.new == 0 {
            self.filled = place;
        }
        // Gradients that a step has used are still there.
        let Gradients { new, old, used, .. } = self.gradients;
        self.gradients = Gradients { new: new + 1, old: old + u32::from(used), dropped: false, used: false };
    }

    fn step(&mut self, place: Place) {
        let Gradients { new, old, dropped, used } = self.gradients;
        let near = if place.0 {
            self.program.inside.contains(&Backward)
        } else {
            self.program.before.contains(&Backward) || self.program.inside.contains(&Backward)
        };
        let fault = match (new, old) {
            (1.., 0) => None,
            (1.., _) => Some((self.filled, "missing_zero_grad")),
            (0, _) if used => Some((place, "step_repeated")),
            (0, _) if dropped => Some((self.zeroed, "gradients_discarded")),
            (0, _) if near => Some((place, "step_before_backward")),
            (0, _) => Some((place, "missing_backward")),
        };
        if fault.is_some() && new == 0 {
            self.explained.extend(self.pending.drain(..).map(|(clip, _)| clip));
        }
        if let Some((at, lint)) = fault
            && self.faulty.insert(place)
        {
            self.faults.entry(at).or_insert(lint);
        }
        self.gradients = Gradients { new: 0, old: 0, dropped: false, used: true };
    }
}

/// The program as a function in Rust.
fn source(program: &Program) -> String {
    let mut text = String::from(
        "fn fit(model: &mut Mlp, train: &DataLoader, first: &Batch) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    let output = model.forward(&first.input);
    let loss = cross_entropy(&output, &first.target);\n",
    );
    let line = |stage: Stage, batch: &str| match stage {
        Forward => format!("let output = model.forward(&{batch}.input);"),
        Loss => format!("let loss = cross_entropy(&output, &{batch}.target);"),
        Zero => "optimizer.zero_grad();".to_owned(),
        Backward => "loss.backward();".to_owned(),
        Clip => "optimizer.clip_grad_norm(1.0);".to_owned(),
        Step => "optimizer.step();".to_owned(),
    };
    for stage in &program.before {
        let _ = writeln!(text, "    {}", line(*stage, "first"));
    }
    text.push_str("    for batch in train {\n");
    for stage in &program.inside {
        let _ = writeln!(text, "        {}", line(*stage, "batch"));
    }
    text.push_str("    }\n}\n");
    text
}

/// The errors in a program.
///
/// Warnings about losses that nothing reads and optimizers that nothing uses are left out, because
/// the interpreter runs stages and does not know the variables.
fn check(program: &Program) -> Vec<&'static str> {
    let function = syn::parse_str(&source(program)).expect("the program parses");
    let options = CheckOptions { annotated: true, ..CheckOptions::default() };
    let findings = check_fn(&function, &options);
    findings
        .iter()
        .filter(|finding| finding.level == Level::Error)
        .filter_map(|finding| finding.lint)
        .collect()
}

/// Compares both on a program, as it is and with each stage moved before the loop; returns the number of
/// programs.
fn compare(order: &[Stage]) -> usize {
    let mut programs = vec![Program { before: Vec::new(), inside: order.to_vec() }];
    for index in 0..order.len() {
        let mut inside = order.to_vec();
        let before = vec![inside.remove(index)];
        programs.push(Program { before, inside });
    }
    for program in &programs {
        let mut expected = Interpreter::run(program);
        let mut found = check(program);
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected, "{program:?}\n{}", source(program));
    }
    programs.len()
}

/// All orders of distinct stages that start with `order`.
fn permutations(order: &mut Vec<Stage>, each: &mut impl FnMut(&[Stage])) {
    each(order);
    for stage in STAGES {
        if !order.contains(&stage) {
            order.push(stage);
            permutations(order, each);
            order.pop();
        }
    }
}

/// All sequences of up to `length` stages that start with `order`.
fn sequences(order: &mut Vec<Stage>, length: usize, each: &mut impl FnMut(&[Stage])) {
    each(order);
    if order.len() < length {
        for stage in STAGES {
            order.push(stage);
            sequences(order, length, each);
            order.pop();
        }
    }
}

#[test]
fn every_order_of_up_to_six_stages() {
    let mut programs = 0;
    permutations(&mut Vec::new(), &mut |order| programs += compare(order));
    // 1957 orders, each with every stage moved before the loop once.
    assert_eq!(programs, 1957 + (6 + 2 * 30 + 3 * 120 + 4 * 360 + 5 * 720 + 6 * 720));
}

#[test]
fn every_sequence_with_repeats() {
    let mut programs = 0;
    sequences(&mut Vec::new(), 4, &mut |order| programs += compare(order));
    assert!(programs > 7000);
}
