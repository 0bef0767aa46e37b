//! One step for the whole epoch.

use training_loop::prelude::*;

#[training_loop]
fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for _ in 0..epochs {
        optimizer.zero_grad();
        for batch in train {
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
        }
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
