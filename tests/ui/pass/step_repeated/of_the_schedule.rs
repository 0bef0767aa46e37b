//! The schedule has a `step` of its own.

use training_loop::prelude::*;

#[training_loop]
fn fit(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    let mut scheduler = StepLr::new(10, 0.1);
    for batch in train {
        optimizer.zero_grad();
        cross_entropy(&model.forward(&batch.input), &batch.target).backward();
        optimizer.step();
        scheduler.step(&mut optimizer);
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
