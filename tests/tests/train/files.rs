//! Model files: loading restores our saved values bit for bit, and those that PyTorch saved.

use training_loop::prelude::*;

use crate::common::{Mlp, Numbers, bits, blobs, golden};

#[derive(Module)]
pub(crate) struct Classifier {
    hidden: Linear,
    output: Linear,
}

impl Classifier {
    pub(crate) fn new() -> Self {
        Self { hidden: Linear::new(4, 8), output: Linear::new(8, 3) }
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Tensor {
        self.output.forward(&self.hidden.forward(x).relu())
    }
}

#[training_loop(loss = cross_entropy, optimizer = Adam::new(model.parameters(), 0.01), epochs = 3)]
fn fit(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[test]
fn a_saved_model_comes_back_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let mut model = Mlp::new(4, 9, 3);
    fit(&mut model, &DataLoader::new(blobs(40, 1), 16)).unwrap();
    model.save(&path).unwrap();
    let again = Mlp::new(4, 9, 3);
    assert_ne!(bits(&model), bits(&again));
    again.load(&path).unwrap();
    assert_eq!(bits(&model), bits(&again));
    let x = Tensor::from(Numbers(3).table(7, 4));
    assert_eq!(model.forward(&x).to_array(), again.forward(&x).to_array());
    let names: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["model.safetensors"], "nothing else is left in the folder");
}

#[test]
fn saving_twice_gives_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let model = Mlp::new(4, 9, 3);
    model.save(&first).unwrap();
    model.save(&second).unwrap();
    assert_eq!(std::fs::read(first).unwrap(), std::fs::read(second).unwrap());
}

/// Reads a safetensors file by the definition of its format: 8 bytes of length, JSON, values.
pub(crate) fn read_by_hand(bytes: &[u8]) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    assert_eq!(length % 8, 0, "the numbers begin at a multiple of 8 bytes");
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let body = &bytes[8 + length..];
    let mut entries = Vec::new();
    let mut counted = 0;
    for (name, entry) in header.as_object().unwrap() {
        if name == "__metadata__" {
            assert!(entry.as_object().unwrap().values().all(serde_json::Value::is_string));
            continue;
        }
        let list = |key: &str| -> Vec<usize> {
            entry[key].as_array().unwrap().iter().map(|value| value.as_u64().unwrap() as usize).collect()
        };
        let (shape, offsets) = (list("shape"), list("data_offsets"));
        // The counters of batch norm, in files of PyTorch.
        if entry["dtype"] == "I64" {
            counted += offsets[1] - offsets[0];
            continue;
        }
        assert_eq!(entry["dtype"], "F32");
        let numbers: Vec<f32> = body[offsets[0]..offsets[1]]
            .chunks(4)
            .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
            .collect();
        assert_eq!(numbers.len(), shape.iter().product::<usize>());
        counted += offsets[1] - offsets[0];
        entries.push((name.clone(), shape, numbers));
    }
    assert_eq!(counted, body.len(), "every byte belongs to an entry");
    entries
}

#[test]
fn our_file_is_what_the_format_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let model = Classifier::new();
    model.save(&path).unwrap();
    let entries = read_by_hand(&std::fs::read(&path).unwrap());
    let mut names: Vec<&str> = entries.iter().map(|(name, ..)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["hidden.bias", "hidden.weight", "output.bias", "output.weight"]);
    let state = model.state_dict();
    for (name, shape, numbers) in entries {
        let ours = state.get(&name).unwrap();
        assert_eq!(ours.shape(), shape);
        assert!(ours.iter().eq(&numbers), "{name}");
    }
}

/// With batch norm, whose state has running averages and an integer counter.
#[derive(Module)]
struct Regressor {
    first: Linear,
    norm: BatchNorm1d,
    second: Linear,
    scale: LayerNorm,
    output: Linear,
}

impl Regressor {
    fn forward(&self, x: &Tensor) -> Tensor {
        let x = self.norm.forward(&self.first.forward(x)).tanh();
        let x = self.scale.forward(&self.second.forward(&x)).gelu() + x;
        self.output.forward(&x)
    }
}

/// Loads a file that PyTorch saved, and compares the outputs for the recorded inputs.
pub(crate) fn says_the_same<M: Module>(name: &str, model: &M, forward: impl Fn(&M, &Tensor) -> Tensor) {
    model.load(golden(&format!("{name}.safetensors"))).unwrap();
    outputs_agree(name, model, forward);
}

/// Compares the outputs of a loaded model for the recorded inputs.
pub(crate) fn outputs_agree<M: Module>(name: &str, model: &M, forward: impl Fn(&M, &Tensor) -> Tensor) {
    let text = std::fs::read_to_string(golden("model.json")).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let case = file["cases"].as_array().unwrap().iter().find(|case| case["name"] == name).unwrap();
    let tensor = |key: &str| {
        let numbers = |key: &str, list: &str| -> Vec<f64> {
            case[key][list].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
        };
        let shape: Vec<usize> = numbers(key, "shape").into_iter().map(|length| length as usize).collect();
        let data = numbers(key, "data").into_iter().map(|x| x as f32).collect();
        ndarray::ArrayD::from_shape_vec(shape, data).unwrap()
    };
    let _evaluation = evaluation(model);
    let (ours, theirs) = (forward(model, &Tensor::from(tensor("inputs"))).to_array(), tensor("output"));
    assert_eq!(ours.shape(), theirs.shape());
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert!((ours - theirs).abs() < 1e-6, "{name}: {ours} is not {theirs}");
    }
}

#[test]
fn files_from_pytorch_load_and_say_the_same() {
    says_the_same("mlp", &Classifier::new(), Classifier::forward);
    let model = Regressor {
        first: Linear::new(3, 7),
        norm: BatchNorm1d::new(7),
        second: Linear::new(7, 7),
        scale: LayerNorm::new(7),
        output: Linear::new(7, 1),
    };
    says_the_same("batch_norm", &model, Regressor::forward);
    assert_eq!(model.state_dict().get("norm.num_batches_tracked").unwrap().sum(), 3.0);
}

/// The values that PyTorch saved are written again as the same bytes.
#[test]
fn a_file_from_pytorch_survives_a_round_trip() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("again.safetensors");
    let model = Classifier::new();
    model.load(golden("mlp.safetensors")).unwrap();
    model.save(&path).unwrap();
    let sorted = |bytes: Vec<u8>| {
        let mut entries = read_by_hand(&bytes);
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        entries
    };
    assert_eq!(
        sorted(std::fs::read(path).unwrap()),
        sorted(std::fs::read(golden("mlp.safetensors")).unwrap())
    );
}
