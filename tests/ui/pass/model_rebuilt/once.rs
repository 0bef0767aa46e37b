//! Built once, before the loop.

use training_loop::prelude::*;

#[training_loop]
fn fit(train: &DataLoader) -> Net {
    let model = Net::new();
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        cross_entropy(&model.forward(&batch.input), &batch.target).backward();
        optimizer.step();
    }
    model
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
