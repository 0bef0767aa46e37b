//! Every order of five stages, each at any depth of two nested loops, any one of them under a condition.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

use training_loop_analysis::diagnostic::{Diagnostic, Level};
use training_loop_analysis::{CheckOptions, check_fn};

use crate::interpreter::{Habit, Interpreter, Node, STAGES, Stage, Verdict};

/// One function of the space.
#[derive(Clone, Copy, Debug)]
struct Program {
    /// The stages in order, each with its depth; 0 is outside of the loops.
    stages: [(Stage, usize); 5],
    /// The index of the stage under a condition.
    conditional: Option<usize>,
}

impl Program {
    /// The program as a tree.
    ///
    /// A stage deeper than the previous one opens the loops that it needs, a less deep one closes them.
    fn tree(&self) -> Vec<Node> {
        let mut open: Vec<Vec<Node>> = vec![Vec::new()];
        for (index, &(stage, depth)) in self.stages.iter().enumerate() {
            Self::settle(&mut open, depth);
            let node = Node::Stage { stage, conditional: self.conditional == Some(index) };
            open[depth].push(node);
        }
        Self::settle(&mut open, 0);
        open.swap_remove(0)
    }

    fn settle(open: &mut Vec<Vec<Node>>, depth: usize) {
        while open.len() < depth + 1 {
            open.push(Vec::new());
        }
        while open.len() > depth + 1 {
            let body = open.pop().unwrap_or_default();
            if let Some(outer) = open.last_mut() {
                outer.push(Node::Loop(body));
            }
        }
    }

    /// The program as a function in Rust, and the stage on each of its lines.
    fn source(&self) -> (String, BTreeMap<usize, Stage>) {
        let mut text = String::from(
            "fn fit(model: &mut Mlp, epochs: &Epochs, batch: &Batch) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    let mut loss = cross_entropy(&model.forward(&batch.input), &batch.target);\n",
        );
        let mut lines = BTreeMap::new();
        write(&self.tree(), 0, &mut text, &mut lines);
        text.push_str("}\n");
        (text, lines)
    }
}

fn write(nodes: &[Node], depth: usize, text: &mut String, lines: &mut BTreeMap<usize, Stage>) {
    let indent = "    ".repeat(depth + 1);
    for node in nodes {
        match node {
            Node::Stage { stage, conditional } => {
                lines.insert(text.lines().count() + 1, *stage);
                let line = match (stage, conditional) {
                    (Stage::Loss, false) => {
                        "let loss = cross_entropy(&model.forward(&batch.input), &batch.target);"
                    }
                    (Stage::Loss, true) => {
                        "loss = cross_entropy(&model.forward(&batch.input), &batch.target);"
                    }
                    (Stage::Zero, _) => "optimizer.zero_grad();",
                    (Stage::Backward, _) => "loss.backward();",
                    (Stage::Clip, _) => "optimizer.clip_grad_norm(1.0);",
                    (Stage::Step, _) => "optimizer.step();",
                };
                let _ = if *conditional {
                    writeln!(text, "{indent}if it_is_time() {{ {line} }}")
                } else {
                    writeln!(text, "{indent}{line}")
                };
            }
            Node::Loop(body) => {
                let head = if depth == 0 { "for epoch in epochs" } else { "for batch in epoch" };
                let _ = writeln!(text, "{indent}{head} {{");
                write(body, depth + 1, text, lines);
                let _ = writeln!(text, "{indent}}}");
            }
        }
    }
}

/// The results for a part of the space.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub functions: usize,
    pub right: usize,
    pub wrong_on_some: usize,
    pub wrong_on_every: usize,
    /// Correct except in a first iteration, which the condition may skip on purpose.
    pub unjudged: usize,
    /// Findings by lint and whether they are certain.
    pub findings: BTreeMap<(&'static str, bool), usize>,
    /// Faulty on every run, but without a place that is faulty on every run.
    pub scattered: usize,
    pub disagreements: usize,
    /// The first few disagreements.
    pub shown: Vec<String>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        self.functions += other.functions;
        self.right += other.right;
        self.wrong_on_some += other.wrong_on_some;
        self.wrong_on_every += other.wrong_on_every;
        self.unjudged += other.unjudged;
        self.scattered += other.scattered;
        self.disagreements += other.disagreements;
        for (key, count) in other.findings {
            *self.findings.entry(key).or_default() += count;
        }
        self.shown.extend(other.shown);
        self.shown.truncate(40);
    }
}

/// Lints on wasted work in a loop with correct steps, with the habit that some run must have for a finding. They
/// are not required, and do not count as a finding of a fault.
pub(crate) const HABITS: [(&str, Habit, &str); 3] = [
    ("zero_grad_every_batch", Habit::Drops, "some run zeroes gradients that no step used"),
    (
        "step_outside_batch_loop",
        Habit::Gathers,
        "some run steps on the gradients of several `backward`, or drops some",
    ),
    (
        "clip_per_batch",
        Habit::ClipsParts,
        "some run clips gradients that others join, or that are zeroed, before a step",
    ),
];

/// Checks one function and compares.
fn compare(program: &Program) -> Tally {
    let verdict = Interpreter::judge(&program.tree());
    let (text, lines) = program.source();
    let function = syn::parse_str(&text).expect("the program parses");
    let options = CheckOptions { annotated: true, ..CheckOptions::default() };
    let findings = check_fn(&function, &options);
    let mut tally = Tally { functions: 1, ..Tally::default() };
    if !verdict.certain.is_empty() {
        tally.wrong_on_every = 1;
    } else if !verdict.possible.is_empty() {
        tally.wrong_on_some = 1;
        tally.scattered = usize::from(verdict.on_every_run);
    } else {
        tally.right = 1;
        tally.unjudged = usize::from(!verdict.unjudged.is_empty());
    }
    for finding in &findings {
        *tally.findings.entry((finding.lint.unwrap_or(""), finding.certain)).or_default() += 1;
    }
    let wrong = disagreements(&verdict, &findings, &lines);
    if !wrong.is_empty() {
        tally.disagreements = 1;
        tally.shown.push(format!("{text}{}\n", wrong.join("\n")));
    }
    tally
}

/// Whether some run has the habit that a finding reports; `None` for other lints.
fn habit(verdict: &Verdict, finding: &Diagnostic) -> Option<bool> {
    let (_, habit, _) = HABITS.iter().find(|(lint, ..)| finding.lint == Some(lint))?;
    let drops = *habit == Habit::Gathers && verdict.habits.contains(&Habit::Drops);
    Some(drops || verdict.habits.contains(habit))
}

fn disagreements(verdict: &Verdict, findings: &[Diagnostic], lines: &BTreeMap<usize, Stage>) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut any = (false, false);
    for finding in findings {
        if let Some(has) = habit(verdict, finding) {
            if !has {
                wrong.push(format!("no run does so: {:?}", finding.lint));
            }
            continue;
        }
        any = (any.0 || finding.certain, true);
        if (finding.level == Level::Error) != finding.certain {
            wrong.push(format!("level and certainty differ: {finding:?}"));
        }
        let said = lines.get(&finding.place.line()).map(|stage| (finding.lint.unwrap_or(""), *stage));
        let among = if finding.certain { &verdict.certain } else { &verdict.possible };
        if !said.is_some_and(|said| among.contains(&said)) {
            let sure = if finding.certain { "certain" } else { "possible" };
            wrong.push(format!("{sure} {said:?} is not among {among:?}"));
        }
    }
    if !verdict.certain.is_empty() && !any.0 {
        wrong.push(format!("nothing certain found of {:?}", verdict.certain));
    } else if !verdict.possible.is_empty() && !any.1 {
        wrong.push(format!("nothing found of {:?}", verdict.possible));
    }
    wrong
}

/// All orders of the five stages.
fn orders() -> Vec<[Stage; 5]> {
    fn extend(order: &mut Vec<Stage>, all: &mut Vec<[Stage; 5]>) {
        if let Ok(whole) = <[Stage; 5]>::try_from(&order[..]) {
            all.push(whole);
        }
        for stage in STAGES {
            if !order.contains(&stage) {
                order.push(stage);
                extend(order, all);
                order.pop();
            }
        }
    }
    let mut all = Vec::new();
    extend(&mut Vec::new(), &mut all);
    all
}

/// A row: the stage under the condition, and the depth of the deepest stage.
pub(crate) type Row = (Option<Stage>, usize);

fn row(program: &Program) -> Row {
    let deepest = program.stages.iter().map(|(_, depth)| *depth).max().unwrap_or_default();
    (program.conditional.map(|index| program.stages[index].0), deepest)
}

/// The whole space, checked once for all tests.
pub(crate) fn space() -> &'static BTreeMap<Row, Tally> {
    static SPACE: OnceLock<BTreeMap<Row, Tally>> = OnceLock::new();
    SPACE.get_or_init(|| every(1))
}

/// Every `stride`th function of the space, on all cores.
fn every(stride: usize) -> BTreeMap<Row, Tally> {
    let orders = orders();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = orders.len().div_ceil(threads);
    std::thread::scope(|scope| {
        let part = |chunk: &'_ [[Stage; 5]]| -> BTreeMap<Row, Tally> { some(chunk, stride) };
        let work: Vec<_> = orders.chunks(share).map(|chunk| scope.spawn(move || part(chunk))).collect();
        let mut all: BTreeMap<Row, Tally> = BTreeMap::new();
        for part in work {
            for (row, tally) in part.join().expect("no check panics") {
                all.entry(row).or_default().add(tally);
            }
        }
        all
    })
}

fn some(orders: &[[Stage; 5]], stride: usize) -> BTreeMap<Row, Tally> {
    let mut all: BTreeMap<Row, Tally> = BTreeMap::new();
    let mut count = 0_usize;
    for order in orders {
        for depths in 0..243_usize {
            let depth = |index: u32| depths / 3_usize.pow(index) % 3;
            let mut stages = order.map(|stage| (stage, 0));
            for (index, stage) in (0..).zip(&mut stages) {
                stage.1 = depth(index);
            }
            for conditional in [None, Some(0), Some(1), Some(2), Some(3), Some(4)] {
                count += 1;
                if count.is_multiple_of(stride) {
                    let program = Program { stages, conditional };
                    all.entry(row(&program)).or_default().add(compare(&program));
                }
            }
        }
        // Otherwise all parsed text is kept in memory for its spans.
        proc_macro2::extra::invalidate_current_thread_spans();
    }
    all
}

fn sum(rows: &BTreeMap<Row, Tally>) -> Tally {
    let mut all = Tally::default();
    for tally in rows.values() {
        all.add(tally.clone());
    }
    all
}

#[test]
fn a_sample_agrees_with_the_interpreter() {
    // A prime, so that every order, depth and condition is sampled.
    let all = sum(&every(97));
    assert!(all.functions > 1_800);
    assert_eq!(all.disagreements, 0, "\n{}", all.shown.join("\n"));
}

#[test]
#[ignore = "takes a minute when optimized; CI runs it"]
fn every_order_at_every_depth_under_every_condition() {
    let all = sum(space());
    assert_eq!(all.functions, 174_960);
    assert_eq!(all.disagreements, 0, "\n{}", all.shown.join("\n"));
}
