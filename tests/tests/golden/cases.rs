//! Reads the cases recorded from PyTorch, and compares their numbers with the runtime's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use ndarray::{ArrayD, IxDyn};
use serde_json::Value;
use training_loop::{Array, Parameter, Scalar, Tensor};

/// A recorded case.
pub(crate) struct Case(Value);

/// The cases of one group, in the order of the file.
pub(crate) fn cases(group: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(format!("{group}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut file: Value = serde_json::from_str(&text).expect("recorded as JSON");
    assert!(file["torch"].as_str().expect("a version").starts_with("2."));
    let Value::Array(cases) = file["cases"].take() else { panic!("{group}: no cases") };
    assert!(!cases.is_empty());
    cases.into_iter().map(Case).collect()
}

impl Case {
    pub(crate) fn name(&self) -> &str {
        self.text("name")
    }

    /// The part of the name before the first `/`.
    pub(crate) fn kind(&self) -> &str {
        self.name().split('/').next().expect("one part at least")
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        !self.0[key].is_null()
    }

    pub(crate) fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap_or_else(|| panic!("{}: no text `{key}`", self.0["name"]))
    }

    pub(crate) fn flag(&self, key: &str) -> bool {
        self.0[key].as_bool().unwrap_or_else(|| panic!("{}: no flag `{key}`", self.0["name"]))
    }

    pub(crate) fn number(&self, key: &str) -> f64 {
        number(&self.0[key])
    }

    pub(crate) fn count(&self, key: &str) -> usize {
        self.number(key) as usize
    }

    pub(crate) fn numbers(&self, key: &str) -> Vec<f64> {
        list(&self.0[key]).iter().map(number).collect()
    }

    pub(crate) fn counts(&self, key: &str) -> Vec<usize> {
        self.numbers(key).into_iter().map(|value| value as usize).collect()
    }

    pub(crate) fn array(&self, key: &str) -> Array {
        array(&self.0[key])
    }

    pub(crate) fn arrays(&self, key: &str) -> Vec<Array> {
        list(&self.0[key]).iter().map(array).collect()
    }

    /// The arrays at one index of a list of lists.
    pub(crate) fn rows(&self, key: &str, index: usize) -> Vec<Array> {
        list(&self.0[key][index]).iter().map(array).collect()
    }

    /// The numbers at one index of this list of lists.
    pub(crate) fn row(&self, index: usize) -> Vec<f64> {
        list(&self.0[index]).iter().map(number).collect()
    }

    /// Arrays by name, in the order of the names.
    pub(crate) fn named(&self, key: &str) -> Vec<(String, Array)> {
        let Value::Object(map) = &self.0[key] else { panic!("{}: no table `{key}`", self.name()) };
        map.iter().map(|(name, value)| (name.clone(), array(value))).collect()
    }

    /// The keys of this table.
    pub(crate) fn keys(&self) -> Vec<String> {
        let Value::Object(map) = &self.0 else { panic!("not a table: {}", self.0) };
        map.keys().cloned().collect()
    }

    /// A case inside this one.
    pub(crate) fn part(&self, key: &str) -> Case {
        Case(self.0[key].clone())
    }

    /// The cases of a list inside this one.
    pub(crate) fn parts(&self, key: &str) -> Vec<Case> {
        list(&self.0[key]).iter().cloned().map(Case).collect()
    }

    /// The integers of this list.
    pub(crate) fn whole_numbers(&self) -> Vec<u64> {
        list(&self.0).iter().map(|value| value.as_u64().expect("a whole number")).collect()
    }

    /// The recorded JSON itself.
    pub(crate) fn json(&self, key: &str) -> &Value {
        &self.0[key]
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}"))
}

pub(crate) fn number(value: &Value) -> f64 {
    match value {
        Value::Number(number) => number.as_f64().expect("a number"),
        // Rust parses the words `inf`, `-inf` and `nan`.
        Value::String(word) => word.parse().expect("a number as a word"),
        _ => panic!("not a number: {value}"),
    }
}

fn array(value: &Value) -> Array {
    let shape: Vec<usize> = list(&value["shape"]).iter().map(|length| number(length) as usize).collect();
    let data = list(&value["data"]).iter().map(|x| number(x) as Scalar).collect();
    ArrayD::from_shape_vec(IxDyn(&shape), data).expect("as many numbers as the shape says")
}

/// Collects all disagreements, and the largest deviation.
#[derive(Default)]
pub(crate) struct Verdict {
    faults: Vec<String>,
    worst: f64,
    compared: usize,
    cases: usize,
    /// The names of the cases and the largest deviation, for each kind.
    kinds: BTreeMap<String, (BTreeSet<String>, f64)>,
    by_part: bool,
}

/// For each group and each kind of its cases: the number of cases, and the largest deviation.
type Measured = BTreeMap<(String, String), (usize, f64)>;

static MEASURED: Mutex<Measured> = Mutex::new(BTreeMap::new());

/// What the tests have measured so far.
pub(crate) fn measured() -> Measured {
    MEASURED.lock().expect("no test panics while it writes").clone()
}

impl Verdict {
    /// A verdict whose kinds are the parts of the cases, such as the metrics of one set of scores.
    pub(crate) fn by_part() -> Self {
        Self { by_part: true, ..Self::default() }
    }

    /// Adds a deviation to the kind of its case: `name: part[index]`, where the name starts with the kind.
    fn keep(&mut self, what: &str, deviation: f64) {
        let (name, part) = what.split_once(": ").unwrap_or((what, ""));
        let name = name.split('[').next().unwrap_or(name);
        let kind = if self.by_part { part } else { name.split('/').next().unwrap_or(name) };
        if !self.kinds.contains_key(kind) {
            self.kinds.insert(kind.to_owned(), (BTreeSet::new(), 0.0));
        }
        let (names, worst) = self.kinds.get_mut(kind).expect("inserted");
        if !names.contains(name) {
            names.insert(name.to_owned());
        }
        *worst = worst.max(deviation);
    }

    pub(crate) fn case(&mut self) {
        self.cases += 1;
    }

    pub(crate) fn fault(&mut self, what: String) {
        self.faults.push(what);
    }

    pub(crate) fn numbers(&mut self, what: &str, ours: f64, theirs: f64) {
        let deviation = deviation(ours, theirs);
        self.compared += 1;
        if deviation <= 1e-5 {
            self.worst = self.worst.max(deviation);
            self.keep(what, deviation);
        } else {
            self.faults.push(format!("{what}: ours is {ours:e}, PyTorch's {theirs:e}"));
        }
    }

    pub(crate) fn arrays(&mut self, what: &str, ours: &Array, theirs: &Array) {
        if ours.shape() != theirs.shape() {
            let (ours, theirs) = (ours.shape(), theirs.shape());
            self.faults.push(format!("{what}: our shape is {ours:?}, PyTorch's {theirs:?}"));
            return;
        }
        // A case of empty arrays counts too.
        self.keep(what, 0.0);
        for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            self.numbers(&format!("{what}[{index}]"), f64::from(*ours), f64::from(*theirs));
        }
    }

    /// Fails with every disagreement, or prints the largest deviation.
    #[track_caller]
    pub(crate) fn demand(self, group: &str) {
        let Self { faults, worst, compared, cases, kinds, .. } = self;
        println!("{group}: {cases} cases, {compared} numbers, largest deviation {worst:.1e}");
        assert!(cases > 0, "{group}: nothing was compared");
        let shown = &faults[..faults.len().min(60)];
        assert!(faults.is_empty(), "{group}: {} disagreements:\n{}", faults.len(), shown.join("\n"));
        let mut measured = MEASURED.lock().expect("no test panics while it writes");
        for (kind, (names, worst)) in kinds {
            measured.insert((group.to_owned(), kind), (names.len(), worst));
        }
    }
}

/// Both sides, relative to a tenth of PyTorch's largest element: the comparison then allows 1e-5 of that
/// element.
fn shares(ours: &Array, theirs: &Array) -> (Array, Array) {
    let most = theirs.iter().fold(Scalar::MIN_POSITIVE, |most, x| most.max(x.abs()));
    (ours.mapv(|x| 0.1 * x / most), theirs.mapv(|x| 0.1 * x / most))
}

/// The difference relative to the size, where sizes below 0.1 count as 0.1.
fn deviation(ours: f64, theirs: f64) -> f64 {
    if ours == theirs || (ours.is_nan() && theirs.is_nan()) {
        0.0
    } else if ours.is_finite() && theirs.is_finite() {
        (ours - theirs).abs() / theirs.abs().max(0.1)
    } else {
        f64::INFINITY
    }
}

/// Runs a function on inputs that require gradients, and back-propagates the recorded output gradient.
pub(crate) fn differentiate(verdict: &mut Verdict, case: &Case, run: impl Fn(&[Tensor]) -> Tensor) {
    differentiate_by(verdict, case, run, |ours, theirs| (ours.clone(), theirs.clone()));
}

/// As [`differentiate`], for sums whose errors are relative to their largest element: 1e-5 of it is allowed.
pub(crate) fn differentiate_by_largest(
    verdict: &mut Verdict,
    case: &Case,
    run: impl Fn(&[Tensor]) -> Tensor,
) {
    differentiate_by(verdict, case, run, shares);
}

fn differentiate_by(
    verdict: &mut Verdict,
    case: &Case,
    run: impl Fn(&[Tensor]) -> Tensor,
    scaled: impl Fn(&Array, &Array) -> (Array, Array),
) {
    let compare = |verdict: &mut Verdict, what: &str, ours: &Array, theirs: &Array| {
        let (ours, theirs) = scaled(ours, theirs);
        verdict.arrays(what, &ours, &theirs);
    };
    verdict.case();
    let name = case.name();
    let inputs: Vec<Parameter> = case.arrays("inputs").into_iter().map(Parameter::new).collect();
    let output = run(&inputs.iter().map(Parameter::tensor).collect::<Vec<_>>());
    compare(verdict, &format!("{name}: output"), &output.to_array(), &case.array("output"));
    let grad = Tensor::from(case.array("grad"));
    if grad.shape() != output.shape() {
        return;
    }
    (&output * &grad).sum().backward();
    for (index, (input, theirs)) in inputs.iter().zip(case.arrays("input_grads")).enumerate() {
        match input.grad() {
            Some(ours) => compare(verdict, &format!("{name}: gradient {index}"), &ours, &theirs),
            None => verdict.fault(format!("{name}: input {index} has no gradient")),
        }
    }
}

#[test]
fn the_comparison_sees_what_it_should() {
    assert!(deviation(1.0, 1.000_02) > 1e-5 && deviation(1.0, 1.000_005) < 1e-5);
    assert!(deviation(0.0, 2e-6) > 1e-5 && deviation(1e-7, 2e-7) < 1e-5);
    assert!(deviation(f64::NAN, 1.0) > 1.0 && deviation(f64::INFINITY, f64::NEG_INFINITY) > 1.0);
    assert_eq!(deviation(f64::NAN, f64::NAN), 0.0);
}
