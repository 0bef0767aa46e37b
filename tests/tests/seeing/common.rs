//! The data, the model and the callbacks of these tests.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};

use training_loop::prelude::*;
use training_loop::run::{Callback, Row, RunInfo, StepInfo};

/// A line with noise: 22 samples.
pub(crate) fn data() -> TensorDataset<Tensor> {
    let x = |row: usize| row as f32 / 22.0;
    let noise = |row: usize| ((row * 7) % 5) as f32 / 50.0;
    let inputs = ndarray::Array2::from_shape_fn((22, 1), |(row, _)| x(row));
    let targets = ndarray::Array2::from_shape_fn((22, 1), |(row, _)| 2.0 * x(row) + noise(row));
    TensorDataset::new(Tensor::from(inputs), Tensor::from(targets)).unwrap()
}

/// Six batches: five of four samples, and one of two.
pub(crate) fn train() -> DataLoader<Tensor> {
    DataLoader::new(data(), 4).shuffle(3)
}

pub(crate) fn valid() -> DataLoader<Tensor> {
    DataLoader::new(data(), 8)
}

pub(crate) fn model() -> Linear {
    seed(5);
    Linear::new(1, 1)
}

/// The values of a model as bits.
pub(crate) fn bits(model: &Linear) -> Vec<u32> {
    let state = model.state_dict();
    state.iter().flat_map(|(_, value)| value.iter().map(|x| x.to_bits()).collect::<Vec<_>>()).collect()
}

/// What a [`Recorder`] does at an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Act {
    Break,
    Fail,
    Panic,
}

/// Records all calls, and acts at one of them.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    pub(crate) calls: Vec<String>,
    pub(crate) steps: Vec<StepInfo>,
    pub(crate) act: Option<(&'static str, Act)>,
}

impl Recorder {
    pub(crate) fn new() -> Arc<Mutex<Self>> {
        Arc::default()
    }

    pub(crate) fn acting(at: &'static str, act: Act) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self { act: Some((at, act)), ..Self::default() }))
    }

    fn call(&mut self, call: String) -> Result<ControlFlow<()>> {
        let act = self.act.filter(|(at, _)| *at == call).map(|(_, act)| act);
        self.calls.push(call);
        match act {
            None => Ok(ControlFlow::Continue(())),
            Some(Act::Break) => Ok(ControlFlow::Break(())),
            Some(Act::Fail) => Err(Error::other("the callback failed")),
            Some(Act::Panic) => panic!("the callback panicked"),
        }
    }
}

impl Callback for Recorder {
    fn run_begins(&mut self, run: &RunInfo) -> Result<()> {
        let again = if run.is_resumed { " again" } else { "" };
        self.call(format!("begin{again} {} {}", run.step, run.history.len())).map(drop)
    }

    fn step_ends(&mut self, run: &RunInfo, step: &StepInfo) -> Result<ControlFlow<()>> {
        assert_eq!((run.step, run.history.len()), (step.step, run.history.rows().len()));
        self.steps.push(*step);
        self.call(format!("step {}", step.step))
    }

    fn epoch_ends(&mut self, run: &RunInfo, row: &Row) -> Result<ControlFlow<()>> {
        assert_eq!(run.history.rows().last(), Some(row));
        let name = if row.before_training { "first".to_owned() } else { row.epoch.to_string() };
        self.call(format!("epoch {name}"))
    }

    fn run_ends(&mut self, run: &RunInfo) -> Result<()> {
        self.call(format!("end {:?}", run.history.stop_reason())).map(drop)
    }
}

/// The text of a file.
pub(crate) fn text(dir: &Path, name: &str) -> String {
    let path = dir.join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The fields of a CSV file without the column `seconds`.
pub(crate) fn table(dir: &Path, name: &str) -> Vec<Vec<String>> {
    let text = text(dir, name);
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    let rows = text.lines().map(|line| line.split(',').map(str::to_owned).collect());
    let mut rows: Vec<Vec<String>> = rows.collect();
    let seconds = rows.first().and_then(|row| row.iter().position(|name| name == "seconds"));
    if let Some(seconds) = seconds {
        for row in &mut rows {
            row.remove(seconds);
        }
    }
    rows
}

/// The objects of a file of JSON lines without the field `seconds`.
pub(crate) fn objects(dir: &Path, name: &str) -> Vec<serde_json::Value> {
    let object = |line: &str| {
        let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
        value.as_object_mut().unwrap().remove("seconds");
        value
    };
    text(dir, name).lines().map(object).collect()
}

/// The names of the files and folders in a folder, without hidden ones.
pub(crate) fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names
}
