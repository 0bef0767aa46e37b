//! The loop is in one function of a module, the step in another.

use training_loop::prelude::*;

#[training_loop]
mod training {
    use super::*;

    fn train_step(model: &Net, optimizer: &mut Sgd, batch: &Batch) -> Scalar {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        loss.backward(); //~ error missing_zero_grad
        optimizer.step();
        loss.item()
    }

    pub fn fit(model: &mut Net, train: &DataLoader) -> Scalar {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut last = 0.0;
        for batch in train {
            last = train_step(model, &mut optimizer, &batch);
        }
        last
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

fn main() {
    let _ = training::fit;
}
