//! Models of PyTorch: its files load here and give its outputs, and our files have its names and layouts.

use training_loop::prelude::*;

use crate::common::golden;
use crate::files::{Classifier, outputs_agree, read_by_hand, says_the_same};

#[derive(Module)]
struct Cnn {
    conv1: Conv2d,
    bn1: BatchNorm2d,
    conv2: Conv2d,
    bn2: BatchNorm2d,
    fc: Linear,
}

impl Cnn {
    fn new() -> Self {
        Self {
            conv1: Conv2d::new(2, 4, 3).stride(2).padding(1).no_bias(),
            bn1: BatchNorm2d::new(4),
            conv2: Conv2d::new(4, 4, 3).padding(1).groups(4),
            bn2: BatchNorm2d::new(4),
            fc: Linear::new(4, 3),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        let x = self.bn1.forward(&self.conv1.forward(x)).relu();
        let x = &x + self.bn2.forward(&self.conv2.forward(&x)).relu();
        self.fc.forward(&x.mean_axis(3).mean_axis(2))
    }
}

#[derive(Module)]
struct Recurrent<R: Module> {
    embedding: Embedding,
    rnn: R,
    output: Linear,
}

impl<R: Module> Recurrent<R> {
    fn new(rnn: R) -> Self {
        Self { embedding: Embedding::new(7, 3), rnn, output: Linear::new(8, 7) }
    }
}

#[derive(Module)]
struct Transformer {
    embedding: Embedding,
    encoder: TransformerEncoder,
    output: Linear,
}

impl Transformer {
    fn new() -> Self {
        let layer =
            || TransformerEncoderLayer::new(8, 2).feedforward(12).activation(Activation::Gelu).norm_first();
        let encoder = TransformerEncoder::new(vec![layer(), layer()]).norm(LayerNorm::new(8));
        Self { embedding: Embedding::new(7, 8), encoder, output: Linear::new(8, 7) }
    }

    fn forward(&self, tokens: &Labels) -> Tensor {
        let x = self.embedding.forward(tokens);
        self.output.forward(&self.encoder.forward(&x, &Attention::new().causal()))
    }
}

/// The recorded tokens, which are stored as numbers.
fn tokens(x: &Tensor) -> Labels {
    x.as_slice().iter().map(|x| *x as u32).collect::<Labels>().reshape(x.shape())
}

/// Saves the model that was loaded from a recorded file: the same names, and the same shapes and values as
/// `f32`. PyTorch stores its counters as `I64`, and reads them from any type.
fn writes_the_same(name: &str, model: &impl Module) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("again.safetensors");
    model.save(&path).unwrap();
    let sorted = |path: &std::path::Path| {
        let mut entries = read_by_hand(&std::fs::read(path).unwrap());
        entries.retain(|entry| !entry.0.ends_with("num_batches_tracked"));
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        entries
    };
    assert!(sorted(&path) == sorted(&golden(&format!("{name}.safetensors"))), "{name}");
    assert_eq!(ModelFile::new(&path).read().unwrap().len(), model.state_dict().len());
}

#[test]
fn whole_models_of_pytorch_go_both_ways() {
    let cnn = Cnn::new();
    says_the_same("cnn", &cnn, Cnn::forward);
    writes_the_same("cnn", &cnn);
    let lstm = Recurrent::new(Lstm::new(3, 4).layers(2).bidirectional());
    says_the_same("lstm", &lstm, |model, x| {
        model.output.forward(&model.rnn.forward(&model.embedding.forward(&tokens(x)), None).0)
    });
    writes_the_same("lstm", &lstm);
    let gru = Recurrent::new(Gru::new(3, 4).layers(2).bidirectional());
    says_the_same("gru", &gru, |model, x| {
        model.output.forward(&model.rnn.forward(&model.embedding.forward(&tokens(x)), None).0)
    });
    writes_the_same("gru", &gru);
    let transformer = Transformer::new();
    says_the_same("transformer_model", &transformer, |model, x| model.forward(&tokens(x)));
    writes_the_same("transformer_model", &transformer);
}

#[derive(Module)]
struct Wrapped {
    module: Classifier,
}

/// A file of 16-bit numbers, from a wrapped model. The message for `load` contains the call that loads it.
#[test]
fn files_of_16_bits_and_with_prefixes_load() {
    for (name, prefix) in [("half", "module."), ("bfloat", "_orig_mod.")] {
        let path = golden(&format!("{name}.safetensors"));
        let model = Classifier::new();
        let words = model.load(&path).unwrap_err().to_string();
        let remedy = format!("`ModelFile::new(path).strip_prefix(\"{prefix}\").load_into(&model)`");
        assert!(words.ends_with(&remedy), "{words}");
        let report = ModelFile::new(&path).strip_prefix(prefix).load_into(&model).unwrap();
        assert!(report.is_complete() && report.loaded.len() == 4);
        outputs_agree(name, &model, Classifier::forward);
        let folder = tempfile::tempdir().unwrap();
        let plain = folder.path().join("plain.safetensors");
        model.save(&plain).unwrap();
        // The other way round.
        let wrapped = Wrapped { module: Classifier::new() };
        let words = wrapped.load(&plain).unwrap_err().to_string();
        assert!(
            words.ends_with("`ModelFile::new(path).add_prefix(\"module.\").load_into(&model)`"),
            "{words}"
        );
        ModelFile::new(&plain).add_prefix("module.").load_into(&wrapped).unwrap();
        assert_eq!(wrapped.module.state_dict(), model.state_dict());
    }
}

#[test]
fn a_load_that_is_not_strict_reports_all_that_it_left_out() {
    #[derive(Module)]
    struct Net {
        hidden: Linear,
        output: Linear,
        extra: Linear,
    }
    let net = Net { hidden: Linear::new(4, 8), output: Linear::new(8, 5), extra: Linear::new(1, 1) };
    let before = net.state_dict();
    let file = ModelFile::new(golden("mlp.safetensors"));
    assert!(file.load_into(&net).is_err());
    assert_eq!(net.state_dict(), before);
    let file =
        file.rename(|name| Some(if name == "output.bias" { "spare".to_owned() } else { name.to_owned() }));
    let report = file.clone().strict(false).load_into(&net).unwrap();
    assert_eq!(report.loaded, ["hidden.weight", "hidden.bias"]);
    assert_eq!(report.missing, ["output.bias", "extra.weight", "extra.bias"]);
    assert_eq!(report.unexpected, ["spare"]);
    assert_eq!((report.misshapen.len(), &*report.misshapen[0].name), (1, "output.weight"));
    assert_eq!(
        report.to_string(),
        "2 of the model's 6 entries were loaded; missing: `output.bias`, `extra.weight`, `extra.bias`; unexpected: \
         `spare`; `output.weight` is [5, 8] in the model and [3, 8] in the state"
    );
    let (after, theirs) = (net.state_dict(), file.read().unwrap());
    assert_eq!(after.get("hidden.weight"), theirs.get("hidden.weight"));
    assert_eq!(after.get("output.weight"), before.get("output.weight"));
    let other = Net { hidden: Linear::new(4, 8), output: Linear::new(8, 5), extra: Linear::new(1, 1) };
    assert_eq!(other.load_matching(&theirs).unwrap(), report);
    assert_eq!(other.state_dict().get("hidden.bias"), theirs.get("hidden.bias"));
    // Nothing in common is an error, and so are two entries with one name.
    assert!(Linear::new(1, 1).load_matching(&theirs).is_err());
    assert!(file.clone().add_prefix("deep.").strict(false).load_into(&net).is_err());
    let words = file.rename(|_| Some("w".to_owned())).read().unwrap_err().to_string();
    assert!(words.ends_with("renaming calls two entries `w`; each needs a name of its own"), "{words}");
}

/// A left-out entry may have any type and any values.
#[test]
fn entries_that_are_left_out_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let header = r#"{"mask":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#;
    let data = [f32::NAN.to_le_bytes(), 2.0_f32.to_le_bytes()].concat();
    std::fs::write(&path, [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat())
        .unwrap();
    assert!(ModelFile::new(&path).read().is_err());
    let state =
        ModelFile::new(&path).rename(|name| (name != "mask").then(|| name.to_owned())).read().unwrap();
    assert_eq!((state.len(), state.get("w").unwrap().sum()), (1, 2.0));
}
