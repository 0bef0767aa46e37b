//! A restart for each epoch, stepped in the inner loop.

use training_loop::prelude::*;

#[training_loop]
fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
    for _ in 0..epochs {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
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
