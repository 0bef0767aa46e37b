//! A new model for each batch.

use training_loop::prelude::*;

#[training_loop]
fn fit(train: &DataLoader) {
    for batch in train {
        let model = Net::new(); //~ error model_rebuilt
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
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
