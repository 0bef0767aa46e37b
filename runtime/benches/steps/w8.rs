//! W8: a small network of depthwise-separable and grouped convolutions with batch norm, as in `MobileNet`, on noisy colour
//! images of ten classes.

use training_loop::Scalar;
use training_loop::prelude::*;

use crate::data::Colours;
use crate::training::training;

const BATCH: usize = 32;

/// A convolution, batch norm and ReLU.
#[derive(Module)]
struct Block {
    conv: Conv2d,
    norm: BatchNorm2d,
}

impl Block {
    fn new(conv: Conv2d, outputs: usize) -> Self {
        Self { conv: conv.no_bias(), norm: BatchNorm2d::new(outputs) }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        self.norm.forward(&self.conv.forward(x)).relu()
    }
}

#[derive(Module)]
struct Network {
    blocks: Vec<Block>,
    head: Linear,
}

impl Network {
    fn new() -> Self {
        let three = |inputs, outputs, groups| Conv2d::new(inputs, outputs, 3).padding(1).groups(groups);
        let blocks = vec![
            Block::new(three(3, 32, 1).stride(2), 32),
            Block::new(three(32, 32, 32), 32),
            Block::new(Conv2d::new(32, 64, 1), 64),
            Block::new(three(64, 64, 64).stride(2), 64),
            Block::new(Conv2d::new(64, 128, 1), 128),
            Block::new(three(128, 128, 8), 128),
        ];
        Self { blocks, head: Linear::new(128, 10) }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        let x = self.blocks.iter().fold(x.clone(), |x, block| block.forward(&x));
        self.head.forward(&x.mean_axis(-1).mean_axis(-1))
    }
}

/// Inference of the network on the same batch.
pub(crate) fn answers(size: usize) -> impl FnMut() -> Tensor {
    let model = Network::new();
    model.eval();
    let x = Colours::new().batch(0, size).0;
    move || model.forward(&x)
}

pub(crate) fn workload() -> impl FnMut(usize) -> Scalar {
    let model = Network::new();
    let optimizer = Adam::new(model.parameters(), 1e-3);
    let colours = Colours::new();
    training(optimizer, move |step| colours.batch(step, BATCH), move |x| model.forward(x), cross_entropy)
}
