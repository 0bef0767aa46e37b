//! Helper functions that do a part of the work on their arguments.

fn clip_and_step(optimizer: &mut Sgd) {
    optimizer.clip_grad_norm(1.0);
    optimizer.step();
}

fn only_zero(optimizer: &mut Sgd) {
    optimizer.zero_grad();
}

fn only_backward(loss: Tensor) -> f64 {
    loss.backward();
    loss.item()
}

fn step_and_zero(optimizer: &mut Sgd, scheduler: &mut StepLr) {
    optimizer.step();
    optimizer.zero_grad();
    scheduler.step();
}

impl Trainer {
    fn update(&mut self) {
        self.optimizer.step();
    }

    fn apply(&mut self, loss: &Tensor) {
        loss.backward();
        self.optimizer.step();
        self.optimizer.zero_grad();
    }
}

/// The counterpart: faulty with every caller.
fn wrong(optimizer: &mut Sgd) {
    optimizer.step();
    optimizer.step(); //~ error step_repeated
}
