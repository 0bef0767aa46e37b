//! A clip that is not always wanted.

use training_loop::prelude::*;

#[training_loop]
fn fit(model: &mut Net, train: &DataLoader, clip: Option<f32>) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        cross_entropy(&model.forward(&batch.input), &batch.target).backward();
        if let Some(most) = clip {
            optimizer.clip_grad_norm(most);
        }
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
