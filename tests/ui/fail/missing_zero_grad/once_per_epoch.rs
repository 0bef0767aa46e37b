//! `zero_grad` stands outside the loop over the batches.

use training_loop::prelude::*;

#[training_loop]
fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
    let mut optimizer = AdamW::new(model.parameters(), 1e-3);
    for _ in 0..epochs {
        optimizer.zero_grad();
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
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
