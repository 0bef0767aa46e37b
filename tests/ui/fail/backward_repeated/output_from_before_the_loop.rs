//! The output is computed once, the loss in each round.

use training_loop::prelude::*;

#[training_loop]
fn fit(model: &mut Net, batch: &Batch, rounds: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    let output = model.forward(&batch.input);
    for _ in 0..rounds {
        let loss = cross_entropy(&output, &batch.target);
        optimizer.zero_grad();
        loss.backward(); //~ error backward_repeated
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
