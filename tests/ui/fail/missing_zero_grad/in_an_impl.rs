//! The methods of a trainer are checked together; a clause of one of them is honoured.

use training_loop::prelude::*;

struct Trainer {
    model: Net,
    optimizer: Sgd,
}

#[training_loop]
impl Trainer {
    fn train_step(&mut self, batch: &Batch) {
        let loss = cross_entropy(&self.model.forward(&batch.input), &batch.target);
        loss.backward(); //~ error missing_zero_grad
        self.optimizer.step();
    }

    pub fn fit(&mut self, train: &DataLoader) {
        for batch in train {
            self.train_step(&batch);
        }
    }

    #[training_loop(allow(missing_zero_grad))]
    pub fn add_up(&mut self, train: &DataLoader) {
        for batch in train {
            let loss = cross_entropy(&self.model.forward(&batch.input), &batch.target);
            loss.backward();
            self.optimizer.step();
        }
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
    let _ = (Trainer::fit, Trainer::add_up);
}
