//! A helper that is not seen may well run it.

use training_loop::prelude::*;

#[training_loop]
fn fit(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        run_backward(model, &batch);
        optimizer.step();
    }
}

fn run_backward(model: &Net, batch: &Batch) {
    cross_entropy(&model.forward(&batch.input), &batch.target).backward();
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
