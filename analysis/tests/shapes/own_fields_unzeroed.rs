//! Optimizers in fields, in a file in which no function zeroes gradients.

struct Trainer {
    model: Net,
    optimizer: Adam,
}

impl Trainer {
    pub fn train_step(&mut self, x: &Tensor, y: &Tensor) {
        let loss = mse_loss(&self.model.forward(x), y);
        loss.backward(); //~ warning missing_zero_grad
        self.clip_gradients(1.0);
        self.optimizer.step();
    }

    fn clip_gradients(&self, limit: f32) {
        for p in self.model.parameters() {
            p.grad().mapv_inplace(|g| g.min(limit));
        }
    }

    fn clipped_late(&mut self, x: &Tensor, y: &Tensor) {
        let loss = mse_loss(&self.model.forward(x), y);
        loss.backward(); //~ warning missing_zero_grad
        self.optimizer.step();
        self.clip_gradients(1.0); //~ error clip_after_step
    }
}

pub struct Open {
    pub model: Net,
    pub optimizer: Adam,
}

impl Open {
    pub fn train_step(&mut self, x: &Tensor, y: &Tensor) {
        let loss = mse_loss(&self.model.forward(x), y);
        loss.backward();
        self.optimizer.step();
    }
}

struct Handed {
    model: Net,
    adam: Adam,
}

impl Handed {
    pub fn train_step(&mut self, x: &Tensor, y: &Tensor) {
        let loss = mse_loss(&self.model.forward(x), y);
        loss.backward();
        self.adam.step();
    }

    pub fn optimizer(&mut self) -> &mut Adam {
        &mut self.adam
    }
}

struct Layerwise {
    model: Net,
    sgd: Sgd,
}

impl Layerwise {
    pub fn train_step(&mut self, x: &Tensor, y: &Tensor) {
        let output = self.model.forward(x);
        self.model.backward(&difference(&output, y));
        self.sgd.step(&mut self.model);
    }
}
