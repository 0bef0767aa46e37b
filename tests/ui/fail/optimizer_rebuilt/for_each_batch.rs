//! A new optimizer for each batch.

use training_loop::prelude::*;

#[training_loop]
fn fit(model: &mut Net, train: &DataLoader) {
    for batch in train {
        let mut optimizer = Adam::new(model.parameters(), 1e-3); //~ error optimizer_rebuilt
        optimizer.zero_grad();
        let output = model.forward(&batch.input);
        let loss = cross_entropy(&output, &batch.target);
        loss.backward();
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
