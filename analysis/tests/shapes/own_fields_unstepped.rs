//! Optimizers in fields, in a file in which no function steps.

struct Trainer {
    model: Net,
    optimizer: Adam,
}

impl Trainer {
    pub fn train_step(&mut self, x: &Tensor, y: &Tensor) {
        self.optimizer.zero_grad();
        let loss = mse_loss(&self.model.forward(x), y);
        loss.backward(); //~ warning missing_step
    }
}

pub struct Open {
    pub model: Net,
    pub adam: Adam,
}

impl Open {
    pub fn gradients(&mut self, x: &Tensor, y: &Tensor) {
        self.adam.zero_grad();
        let loss = mse_loss(&self.model.forward(x), y);
        loss.backward();
    }
}
