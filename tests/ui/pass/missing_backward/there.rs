//! The backward is there.

use training_loop::prelude::*;

#[training_loop]
fn fit(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
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
