//! A single layer counts as a model.

use training_loop::prelude::*;

#[training_loop]
fn fit(train: &DataLoader) {
    for batch in train {
        let layer = Linear::new(4, 2); //~ error model_rebuilt
        let mut optimizer = Adam::new(layer.parameters(), 1e-3);
        optimizer.zero_grad();
        cross_entropy(&layer.forward(&batch.input), &batch.target).backward();
        optimizer.step();
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
