//! One step on each branch.

use training_loop::prelude::*;

#[training_loop]
fn fit(model: &mut Net, train: &DataLoader, warm: bool) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        cross_entropy(&model.forward(&batch.input), &batch.target).backward();
        if warm {
            optimizer.clip_grad_norm(0.1);
            optimizer.step();
        } else {
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
