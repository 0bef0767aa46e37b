//! The optimizer is handed on, so its step may be there.

use training_loop::prelude::*;

#[training_loop]
fn gather(model: &mut Net, train: &DataLoader) -> Sgd {
    let optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        cross_entropy(&model.forward(&batch.input), &batch.target).backward();
    }
    optimizer
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
