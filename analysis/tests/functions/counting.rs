//! Optimizers whose `step` is seen to count only: the gradients are arguments of another method.

struct Momentum {
    steps: u64,
    rate: f32,
}

impl Momentum {
    fn new(rate: f32) -> Self {
        Self { steps: 0, rate }
    }

    fn update(&mut self, weight: &mut Tensor, grad: &Tensor) {
        weight.add_scaled(grad, -self.rate);
    }

    fn step(&mut self) {
        self.steps += 1;
    }
}

impl Optimizer for Momentum {}

fn counts() {
    let mut adam = Momentum::new(1e-2);
    adam.step();
    adam.step();
    assert_eq!(adam.steps, 2);
}

struct SignSGD {
    updates: usize,
    warm: bool,
}

impl SignSGD {
    fn step(&mut self) -> Result<(), Error> {
        self.updates = self.updates + 1;
        self.warm = self.updates > 10;
        Ok(())
    }
}

struct Holder {
    optimizer: SignSGD,
}

impl Holder {
    fn counts_beside_a_loss(&mut self, net: &Net, batch: &Batch) {
        mse_loss(&net.forward(&batch.input), &batch.target).backward();
        self.optimizer.step();
        self.optimizer.step();
    }
}

fn as_a_parameter(optimizer: &mut SignSGD, net: &Net, train: &DataLoader) {
    for batch in train {
        mse_loss(&net.forward(&batch.input), &batch.target).backward();
        optimizer.step();
        optimizer.step();
    }
}
