//! A new optimizer in each round of a `while let`.

use training_loop::prelude::*;

#[training_loop]
fn fit(model: &mut Net, train: &DataLoader) {
    let mut batches = train.into_iter();
    while let Some(batch) = batches.next() {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        let mut optimizer = Sgd::new(model.parameters(), 0.1).momentum(0.9); //~ error optimizer_rebuilt
        optimizer.zero_grad();
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
