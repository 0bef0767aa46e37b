//! W7: `ResNet-18` as it is used on images of 32 by 32 pixels, with batch norm, on noisy colour images of ten classes.

use training_loop::Scalar;
use training_loop::prelude::*;

use crate::data::Colours;
use crate::training::training;

const BATCH: usize = 16;

/// Two convolutions whose result is added to their input.
#[derive(Module)]
struct Residual {
    first: Conv2d,
    first_norm: BatchNorm2d,
    second: Conv2d,
    second_norm: BatchNorm2d,
    /// Where width or size changes.
    shortcut: Option<Conv2d>,
    shortcut_norm: Option<BatchNorm2d>,
}

impl Residual {
    fn new(inputs: usize, outputs: usize, stride: usize) -> Self {
        let changes = stride != 1 || inputs != outputs;
        Self {
            first: Conv2d::new(inputs, outputs, 3).stride(stride).padding(1).no_bias(),
            first_norm: BatchNorm2d::new(outputs),
            second: Conv2d::new(outputs, outputs, 3).padding(1).no_bias(),
            second_norm: BatchNorm2d::new(outputs),
            shortcut: changes.then(|| Conv2d::new(inputs, outputs, 1).stride(stride).no_bias()),
            shortcut_norm: changes.then(|| BatchNorm2d::new(outputs)),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        let hidden = self.first_norm.forward(&self.first.forward(x)).relu();
        let hidden = self.second_norm.forward(&self.second.forward(&hidden));
        let kept = match (&self.shortcut, &self.shortcut_norm) {
            (Some(conv), Some(norm)) => norm.forward(&conv.forward(x)),
            _ => x.clone(),
        };
        (hidden + kept).relu()
    }
}

#[derive(Module)]
struct ResNet {
    stem: Conv2d,
    stem_norm: BatchNorm2d,
    blocks: Vec<Residual>,
    head: Linear,
}

impl ResNet {
    fn new() -> Self {
        let mut blocks = Vec::new();
        let mut inputs = 64;
        for (outputs, stride) in [(64, 1), (128, 2), (256, 2), (512, 2)] {
            blocks.push(Residual::new(inputs, outputs, stride));
            blocks.push(Residual::new(outputs, outputs, 1));
            inputs = outputs;
        }
        Self {
            stem: Conv2d::new(3, 64, 3).padding(1).no_bias(),
            stem_norm: BatchNorm2d::new(64),
            blocks,
            head: Linear::new(512, 10),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        let x = self.stem_norm.forward(&self.stem.forward(x)).relu();
        let x = self.blocks.iter().fold(x, |x, block| block.forward(&x));
        self.head.forward(&x.mean_axis(-1).mean_axis(-1))
    }
}

/// Inference of the network on the same batch.
pub(crate) fn answers(size: usize) -> impl FnMut() -> Tensor {
    let model = ResNet::new();
    model.eval();
    let x = Colours::new().batch(0, size).0;
    move || model.forward(&x)
}

pub(crate) fn workload() -> impl FnMut(usize) -> Scalar {
    let model = ResNet::new();
    let optimizer = Sgd::new(model.parameters(), 0.01).momentum(0.9).weight_decay(5e-4);
    let colours = Colours::new();
    training(optimizer, move |step| colours.batch(step, BATCH), move |x| model.forward(x), cross_entropy)
}
