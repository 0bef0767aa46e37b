//! A second optimizer takes over at some epoch.

use training_loop::prelude::*;

#[training_loop]
fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for epoch in 0..epochs {
        if epoch == 5 {
            optimizer = Sgd::new(model.parameters(), 0.01);
        }
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
