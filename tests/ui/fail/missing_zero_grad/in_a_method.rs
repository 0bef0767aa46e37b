//! The optimizer is a field, the loop a method.

use training_loop::prelude::*;

struct Trainer {
    model: Net,
    optimizer: Sgd,
}

impl Trainer {
    #[training_loop]
    fn fit(&mut self, train: &DataLoader) {
        for batch in train {
            let loss = cross_entropy(&self.model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            self.optimizer.step();
        }
    }
}

#[derive(Module)]
struct Net {
    layer: Linear,
}

impl Net {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.layer.forward(x)
    }
}

fn main() {}
