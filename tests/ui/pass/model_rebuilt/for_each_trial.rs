//! A new model for each trial, trained in the inner loop.

use training_loop::prelude::*;

#[training_loop]
fn fit(train: &DataLoader, rates: &[f32]) {
    for rate in rates {
        let model = Net::new();
        let mut optimizer = Sgd::new(model.parameters(), *rate);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
    }
}

impl Net {
    fn new() -> Self {
        Self { layer: Linear::new(4, 2) }
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
