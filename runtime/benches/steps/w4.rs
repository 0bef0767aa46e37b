//! W4: two convolutions, a pooling and two fully connected layers on noisy images of ten classes.

use training_loop::Scalar;
use training_loop::prelude::*;

use crate::data::Pictures;
use crate::training::training;

const BATCH: usize = 64;

#[derive(Module)]
struct Network {
    conv1: Conv2d,
    conv2: Conv2d,
    pool: MaxPool2d,
    fc1: Linear,
    fc2: Linear,
}

impl Network {
    fn new() -> Self {
        Self {
            conv1: Conv2d::new(1, 32, 3).activation(Activation::Relu),
            conv2: Conv2d::new(32, 64, 3).activation(Activation::Relu),
            pool: MaxPool2d::new(2),
            fc1: Linear::new(9216, 128),
            fc2: Linear::new(128, 10),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        let x = self.conv2.forward(&self.conv1.forward(x));
        let x = self.pool.forward(&x).flatten(1);
        self.fc2.forward(&self.fc1.forward(&x).relu())
    }
}

/// Inference of the network on the same batch.
pub(crate) fn answers(size: usize) -> impl FnMut() -> Tensor {
    let model = Network::new();
    model.eval();
    let x = Pictures::new(2048).batch(0, size).0.reshape(&[size, 1, 28, 28]);
    move || model.forward(&x)
}

pub(crate) fn workload() -> impl FnMut(usize) -> Scalar {
    let model = Network::new();
    let optimizer = Adam::new(model.parameters(), 1e-3);
    let pictures = Pictures::new(2048);
    let batch = move |step| {
        let (x, labels) = pictures.batch(step, BATCH);
        (x.reshape(&[BATCH, 1, 28, 28]), labels)
    };
    training(optimizer, batch, move |x| model.forward(x), cross_entropy)
}
