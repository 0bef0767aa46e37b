//! The clip follows `zero_grad` at the end of the round.

use training_loop::prelude::*;

#[training_loop]
fn fit(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        let output = model.forward(&batch.input);
        let loss = cross_entropy(&output, &batch.target);
        loss.backward();
        optimizer.step();
        optimizer.zero_grad();
        optimizer.clip_grad_value(0.5); //~ error clip_before_backward
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
