//! Frozen parts in a generated loop, compared with a model in which the part is a constant function.

use training_loop::prelude::*;

use crate::common::{bits, blobs};

#[derive(Module)]
struct Encoder {
    linear: Linear,
    norm: BatchNorm1d,
    dropout: Dropout,
}

impl Encoder {
    fn new() -> Self {
        Self { linear: Linear::new(4, 8), norm: BatchNorm1d::new(8), dropout: Dropout::new(0.4) }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        self.dropout.forward(&self.norm.forward(&self.linear.forward(x)).relu())
    }
}

#[derive(Module)]
struct Head {
    hidden: Linear,
    norm: BatchNorm1d,
    dropout: Dropout,
    output: Linear,
}

impl Head {
    fn new() -> Self {
        Self {
            hidden: Linear::new(8, 8),
            norm: BatchNorm1d::new(8),
            dropout: Dropout::new(0.4),
            output: Linear::new(8, 3),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        let x = self.norm.forward(&self.hidden.forward(x)).relu();
        self.output.forward(&self.dropout.forward(&x))
    }
}

#[derive(Module)]
struct Net {
    encoder: Encoder,
    head: Head,
}

impl Net {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.head.forward(&self.encoder.forward(x))
    }
}

/// The same network with an encoder outside the model.
#[derive(Module)]
struct Constant {
    #[module(skip)]
    encoder: Encoder,
    head: Head,
}

impl Constant {
    fn forward(&self, x: &Tensor) -> Tensor {
        let features = {
            let _evaluation = evaluation(&self.encoder);
            self.encoder.forward(x)
        };
        self.head.forward(&features)
    }
}

/// A network after some training, with statistics and weights that differ from the initial values.
fn pretrained() -> Net {
    let _seeded = seed_scope(4);
    let mut net = Net { encoder: Encoder::new(), head: Head::new() };
    fit(&mut net, &train_loader(), &valid_loader()).unwrap();
    net
}

fn train_loader() -> DataLoader {
    DataLoader::new(blobs(50, 1), 8).shuffle(7).drop_last()
}

fn valid_loader() -> DataLoader {
    DataLoader::new(blobs(21, 2), 8)
}

#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 0.01).weight_decay(0.1),
    scheduler = CosineLr::new(18),
    epochs = 3,
    metrics = [accuracy],
    clip_grad_norm = 0.1,
    seed = 11,
)]
fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 0.01).weight_decay(0.1),
    scheduler = CosineLr::new(18),
    epochs = 3,
    metrics = [accuracy],
    clip_grad_norm = 0.1,
    seed = 11,
)]
fn fit_constant(model: &mut Constant, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[test]
fn a_frozen_part_is_a_constant_function_to_the_rest() {
    let mut net = pretrained();
    let mut constant = Constant { encoder: Encoder::new(), head: Head::new() };
    constant.encoder.load_state_dict(&net.encoder.state_dict()).unwrap();
    constant.head.load_state_dict(&net.head.state_dict()).unwrap();
    let before = bits(&net.encoder);
    net.encoder.freeze();
    let history = fit(&mut net, &train_loader(), &valid_loader()).unwrap();
    let twin = fit_constant(&mut constant, &train_loader(), &valid_loader()).unwrap();
    assert_eq!(bits(&net.encoder), before, "weights, statistics and count of batches");
    assert!(!net.encoder.is_training() && net.head.is_training());
    assert_eq!(bits(&net.head), bits(&constant.head));
    for name in ["loss", "valid_loss", "valid_accuracy"] {
        let series = |history: &History| history.get(name).into_iter().flatten().collect::<Vec<_>>();
        assert_eq!(series(&history), series(&twin), "{name}");
    }
    net.encoder.unfreeze();
    fit(&mut net, &train_loader(), &valid_loader()).unwrap();
    assert!(net.encoder.is_training());
    let changed = |name: &str| {
        let (now, then) = (net.encoder.state_dict(), constant.encoder.state_dict());
        now.get(name) != then.get(name)
    };
    for name in ["linear.weight", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"] {
        assert!(changed(name), "{name} trains again");
    }
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.05).momentum(0.9),
    epochs = 4,
    on(epoch_end = |model, state| {
        seen.push(bits(&model.encoder));
        if state.epoch == 1 {
            model.encoder.unfreeze();
        }
    }),
)]
fn fine_tune(model: &mut Net, train: &DataLoader, seen: &mut Vec<Vec<u32>>) -> Result<History>;

#[test]
fn a_hook_unfreezes_while_the_loop_runs() {
    let mut net = pretrained();
    net.encoder.freeze();
    let (before, mut seen) = (bits(&net.encoder), Vec::new());
    fine_tune(&mut net, &train_loader(), &mut seen).unwrap();
    assert_eq!([&seen[0], &seen[1]], [&before, &before]);
    assert_ne!(seen[2], before);
}

#[test]
fn a_norm_alone_is_frozen_between_layers_that_train() {
    let mut net = pretrained();
    net.encoder.norm.freeze();
    let (norm, linear) = (bits(&net.encoder.norm), bits(&net.encoder.linear));
    fit(&mut net, &train_loader(), &valid_loader()).unwrap();
    assert_eq!(bits(&net.encoder.norm), norm);
    assert_ne!(bits(&net.encoder.linear), linear, "gradients flow through to the layer before");
}
