//! W2, W3 and W9: a perceptron with two hidden layers on noisy images of ten classes.

use training_loop::Scalar;
use training_loop::prelude::*;

use crate::data::Pictures;
use crate::training::training;

#[derive(Module)]
pub(crate) struct Perceptron {
    first: Linear,
    second: Linear,
    output: Linear,
}

impl Perceptron {
    pub(crate) fn new([first, second]: [usize; 2]) -> Self {
        Self {
            first: Linear::new(784, first).activation(Activation::Relu),
            second: Linear::new(first, second).activation(Activation::Relu),
            output: Linear::new(second, 10),
        }
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Tensor {
        self.output.forward(&self.second.forward(&self.first.forward(x)))
    }
}

pub(crate) fn w2() -> impl FnMut(usize) -> Scalar {
    let model = Perceptron::new([256, 128]);
    let optimizer = Adam::new(model.parameters(), 1e-3);
    perceptron(model, optimizer, 64)
}

/// Inference of W2's network on the same batch.
pub(crate) fn answers(size: usize) -> impl FnMut() -> Tensor {
    let model = Perceptron::new([256, 128]);
    model.eval();
    let (x, _) = Pictures::new(2048).batch(0, size);
    move || model.forward(&x)
}

pub(crate) fn w3() -> impl FnMut(usize) -> Scalar {
    let model = Perceptron::new([1024, 1024]);
    let optimizer = Sgd::new(model.parameters(), 0.01).momentum(0.9);
    perceptron(model, optimizer, 256)
}

/// W3's network with Adam and batches of another size.
pub(crate) fn w9(size: usize) -> impl FnMut(usize) -> Scalar {
    let model = Perceptron::new([1024, 1024]);
    let optimizer = Adam::new(model.parameters(), 1e-4);
    perceptron(model, optimizer, size)
}

fn perceptron(model: Perceptron, optimizer: impl Optimizer, size: usize) -> impl FnMut(usize) -> Scalar {
    let pictures = Pictures::new(size.max(2048));
    let batch = move |step| pictures.batch(step, size);
    training(optimizer, batch, move |x| model.forward(x), cross_entropy)
}
