//! A loss that is only looked at, and a schedule that moves.

use training_loop::prelude::*;

#[training_loop]
fn fit(model: &mut Net, train: &DataLoader) {
    let mut optimizer = AdamW::new(model.parameters(), 1e-3);
    let mut scheduler = StepLr::new(10, 0.1);
    for (i, batch) in train.into_iter().enumerate() {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        println!("{i}: {}", loss.item());
        optimizer.step(); //~ error missing_backward
        optimizer.zero_grad();
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
