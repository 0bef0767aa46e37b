//! A condition leaves the step out of the first round.

use training_loop::prelude::*;

#[training_loop]
fn fit(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for (i, batch) in train.into_iter().enumerate() {
        if i > 0 {
            optimizer.step();
            optimizer.zero_grad();
        }
        cross_entropy(&model.forward(&batch.input), &batch.target).backward();
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
