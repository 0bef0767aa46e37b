//! Several batches for one update, and a flush for what is left.

use training_loop::prelude::*;

#[training_loop]
fn fit(model: &mut Net, train: &DataLoader, k: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    let mut pending = false;
    for (i, batch) in train.into_iter().enumerate() {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
        loss.backward();
        pending = true;
        if (i + 1) % k == 0 {
            optimizer.step();
            optimizer.zero_grad();
            pending = false;
        }
    }
    if pending {
        optimizer.step();
        optimizer.zero_grad();
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
