//! Who zeroes is another method than the one that steps; a spec inside has its loop written.

use training_loop::prelude::*;

struct Trainer {
    model: Net,
    optimizer: Sgd,
}

#[training_loop]
impl Trainer {
    fn train_step(&mut self, batch: &Batch) -> Scalar {
        let loss = cross_entropy(&self.model.forward(&batch.input), &batch.target);
        loss.backward();
        self.update();
        loss.item()
    }

    fn update(&mut self) {
        self.optimizer.clip_grad_norm(1.0);
        self.optimizer.step();
        self.optimizer.zero_grad();
    }

    pub fn fit(&mut self, train: &DataLoader) {
        for batch in train {
            let _ = self.train_step(&batch);
        }
    }

    #[training_loop(
        loss = cross_entropy,
        forward = |model, batch| model.forward(&batch.input),
        optimizer = Sgd::new(model.parameters(), 0.1),
        epochs = 1,
    )]
    pub fn written(model: &mut Net, train: &DataLoader) -> Result<History>;
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
    let _ = (Trainer::fit, Trainer::written);
}
