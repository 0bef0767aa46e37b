//! One clip for the sum over a window.

use training_loop::prelude::*;

#[training_loop]
fn fit(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for window in train.windows(0, 4) {
        optimizer.zero_grad();
        for batch in &window {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            (&loss * window.weight(&batch)).backward();
        }
        optimizer.clip_grad_norm(1.0);
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
