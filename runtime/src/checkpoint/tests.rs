//! Checkpoints on the disk: written whole, read with suspicion, removed late.

use std::io::Write;

use serde_json::{Map, json};

use super::*;
use crate::nn::{Linear, Module as _, state};
use crate::{AdamW, Optimizer as _, OptimizerState};

struct Run {
    folder: tempfile::TempDir,
    layer: Linear,
    optimizer: AdamW,
}

impl Run {
    fn new() -> Self {
        let layer = Linear::new(3, 2);
        let mut optimizer = AdamW::new(layer.parameters(), 0.1);
        layer.forward(&crate::Tensor::ones(&[4, 3])).sum().backward();
        optimizer.step();
        Self { folder: tempfile::tempdir().unwrap(), layer, optimizer }
    }

    fn dir(&self) -> &Path {
        self.folder.path()
    }

    fn open(&self) -> Store {
        Store::open(self.dir(), by_loss()).unwrap()
    }

    fn try_add(&self, store: &mut Store, name: Name, value: Option<f64>) -> Result<()> {
        let mut run = Map::new();
        run.insert("step".to_owned(), json!(name.step));
        run.extend(store.value_fields(value));
        let model = |file: &mut dyn Write| state::write_module(&self.layer, file);
        let optimizer = self.optimizer.state_dict().unwrap();
        store.add(name, value, Draft { model: &model, optimizer: &optimizer, more: Vec::new(), run })
    }

    fn add(&self, store: &mut Store, step: u64, value: Option<f64>) {
        self.try_add(store, at(step), value).unwrap();
    }

    fn newest_step(&self) -> u64 {
        newest(self.dir()).unwrap().expect("a checkpoint").fields().integer("step").unwrap()
    }

    fn path(&self, step: u64) -> PathBuf {
        self.dir().join(FOLDER).join(at(step).to_string())
    }
}

fn by_loss() -> Compared {
    Compared { monitor: json!("valid_loss"), goal: Goal::Min }
}

fn at(step: u64) -> Name {
    Name { step, epochs: None }
}

fn steps(store: &Store) -> Vec<u64> {
    let found = names(&store.folder).unwrap();
    assert_eq!(found, store.names().collect::<Vec<_>>());
    found.into_iter().map(|name| name.step).collect()
}

#[test]
fn names_are_ordered_by_age() {
    let names = [at(9), at(10), Name { step: 10, epochs: Some(2) }, at(123_456_789_012)];
    assert!(names.is_sorted());
    for name in names {
        assert_eq!(Name::parse(&name.to_string()), Some(name));
    }
    assert_eq!(names[2].to_string(), "step-00000010-epoch-0002");
    for other in ["step-10", "step-00000010-epoch-2", ".tmp-step-00000010", "step-00000010.bak", "step-"] {
        assert_eq!(Name::parse(other), None, "{other}");
    }
}

#[test]
fn a_checkpoint_comes_back() {
    let run = Run::new();
    assert!(newest(run.dir()).unwrap().is_none());
    let mut store = run.open();
    run.add(&mut store, 1, Some(0.5));
    let saved = newest(run.dir()).unwrap().unwrap();
    assert_eq!(saved.optimizer().unwrap(), run.optimizer.state_dict().unwrap());
    let values = state::read_module(&run.layer, &saved.path.join(MODEL)).unwrap();
    assert_eq!(values, run.layer.state_dict());
    assert_eq!(saved.fields().text("training_loop"), Ok(env!("CARGO_PKG_VERSION")));
    for path in [run.path(1), run.dir().join(FOLDER)] {
        assert_eq!(newest(&path).unwrap().unwrap().path, run.path(1));
    }
    let text = std::fs::read_to_string(run.path(1).join("state.json")).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
}

#[test]
fn the_best_by_a_metric_is_the_highest() {
    let run = Run::new();
    let accuracy = Compared { monitor: json!("valid_accuracy"), goal: Goal::Max };
    let mut store = Store::open(run.dir(), accuracy).unwrap();
    for (step, value) in [(1, 0.25), (2, 0.75), (3, f64::NAN), (4, 0.5)] {
        run.add(&mut store, step, Some(value));
        store.prune(1, 1);
    }
    assert_eq!(steps(&store), [2, 4]);
    drop(store);
    // Values of another measurement are not compared with these.
    let mut store = run.open();
    run.add(&mut store, 5, Some(0.5));
    store.prune(1, 1);
    assert_eq!(steps(&store), [5]);
}

#[test]
fn the_last_and_the_best_are_kept() {
    let run = Run::new();
    let mut store = run.open();
    let values = [Some(5.0), Some(2.0), Some(f64::NAN), Some(2.0), None, Some(f64::INFINITY), Some(3.0)];
    let mut kept = Vec::new();
    for (step, value) in (1..).zip(values) {
        run.add(&mut store, step, value);
        store.prune(2, 1);
        kept.push(steps(&store));
    }
    assert_eq!(kept[1..4], [vec![1, 2], vec![2, 3], vec![2, 3, 4]]);
    assert_eq!(kept[4..], [vec![2, 4, 5], vec![2, 5, 6], vec![2, 6, 7]]);
    drop(store);
    // The values are read again when a run is continued.
    let mut store = run.open();
    run.add(&mut store, 8, Some(9.0));
    store.prune(1, 2);
    assert_eq!(steps(&store), [2, 7, 8]);
    run.add(&mut store, 9, None);
    store.prune(1, 0);
    assert_eq!(steps(&store), [9]);
}

#[test]
fn a_folder_belongs_to_one_run_at_a_time() {
    let run = Run::new();
    let store = run.open();
    let error = Store::open(run.dir(), by_loss()).unwrap_err();
    assert!(error.to_string().contains("another run uses this folder"), "{error}");
    drop(store);
    run.open();
}

#[test]
fn what_a_killed_run_left_over_is_no_checkpoint_and_goes() {
    let run = Run::new();
    let mut store = run.open();
    run.add(&mut store, 1, None);
    drop(store);
    let left = run.dir().join(FOLDER).join(".tmp-step-00000002");
    std::fs::create_dir(&left).unwrap();
    std::fs::write(left.join("model.safetensors"), b"half").unwrap();
    assert_eq!(run.newest_step(), 1);
    let store = run.open();
    assert!(!left.exists());
    assert_eq!(steps(&store), [1]);
}

/// Changes one file of a checkpoint in a way that a disk or a person might.
type Harm = fn(&Path);

const HARMS: [(&str, Harm); 4] = [
    ("flipped", |path| {
        let mut bytes = std::fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path, bytes).unwrap();
    }),
    ("cut short", |path| {
        let file = File::options().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    }),
    ("empty", |path| std::fs::write(path, b"").unwrap()),
    ("missing", |path| std::fs::remove_file(path).unwrap()),
];

#[test]
fn a_harmed_checkpoint_is_passed_over_and_named_if_there_is_no_other() {
    for file in ["model.safetensors", "optimizer.safetensors", "state.json"] {
        for (harm, inflict) in HARMS {
            let run = Run::new();
            let mut store = run.open();
            run.add(&mut store, 1, None);
            run.add(&mut store, 2, None);
            inflict(&run.path(2).join(file));
            assert_eq!(run.newest_step(), 1, "{file} {harm}");
            inflict(&run.path(1).join(file));
            let error = newest(run.dir()).err().expect("no sound checkpoint").to_string();
            for part in ["no checkpoint is sound", "step-00000001", "step-00000002", file] {
                assert!(error.contains(part), "{harm}: {error}");
            }
            // The run's own checkpoint takes the place of an unsound one of the same name.
            drop(store);
            let mut store = run.open();
            run.add(&mut store, 2, None);
            assert_eq!(run.newest_step(), 2);
        }
    }
}

#[test]
fn every_flipped_byte_of_the_state_is_seen() {
    let run = Run::new();
    run.add(&mut run.open(), 1, Some(0.25));
    let path = run.path(1).join("state.json");
    let bytes = std::fs::read(&path).unwrap();
    for index in 0..bytes.len() {
        for bit in [1, 0x20, 0x80] {
            let mut other = bytes.clone();
            other[index] ^= bit;
            std::fs::write(&path, other).unwrap();
            assert!(Saved::read(&run.path(1)).is_err(), "byte {index} of {}", bytes.len());
        }
    }
    std::fs::write(&path, bytes).unwrap();
    assert!(Saved::read(&run.path(1)).is_ok());
}

#[test]
fn a_failed_write_leaves_the_others() {
    let run = Run::new();
    let mut store = run.open();
    run.add(&mut store, 1, None);
    let model = |file: &mut dyn Write| {
        file.write_all(b"half")?;
        Err(io::Error::other("the disk is full"))
    };
    let draft =
        Draft { model: &model, optimizer: &OptimizerState::new("Sgd"), more: Vec::new(), run: Map::new() };
    assert!(store.add(at(2), None, draft).is_err());
    assert_eq!(steps(&store), [1]);
    assert_eq!(std::fs::read_dir(&store.folder).unwrap().count(), 2, "the lock and one checkpoint");
    run.add(&mut store, 2, None);
}

#[test]
fn unsound_ones_ahead_of_the_run_go_after_the_next_is_complete() {
    let run = Run::new();
    let mut store = run.open();
    (1..=3).for_each(|step| run.add(&mut store, step, None));
    for step in [2, 3] {
        std::fs::remove_file(run.path(step).join("state.json")).unwrap();
    }
    drop(store);
    let mut store = run.open();
    run.add(&mut store, 2, None);
    assert_eq!(steps(&store), [1, 2]);
}

#[test]
fn another_format_is_named() {
    let run = Run::new();
    run.add(&mut run.open(), 1, None);
    let path = run.path(1).join("state.json");
    let text = std::fs::read_to_string(&path).unwrap().replace("\"format\": 1", "\"format\": 9");
    let body = text.split_once('\n').unwrap().1;
    let head = format!("{{\"checksum\":\"{:08x}\",\n", crc32fast::hash(body.as_bytes()));
    std::fs::write(&path, head + body).unwrap();
    let reason = Saved::read(&run.path(1)).err().unwrap();
    assert!(reason.contains("has the format 9, and this version reads 1"), "{reason}");
}
