//! On one way the gradients are gone before the step.

use training_loop::prelude::*;

#[training_loop]
fn fit(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for (i, batch) in train.into_iter().enumerate() {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.zero_grad(); //~ error gradients_discarded
        if i % 2 == 0 {
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
