//! One call of a step function counts as one iteration if no caller is visible.

mod alone {
    #[training_loop]
    fn step(model: &Mlp, optimizer: &mut Sgd, batch: &Batch) {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        loss.backward(); //~ warning missing_zero_grad
        optimizer.step();
    }

    #[training_loop]
    fn step_right(model: &Mlp, optimizer: &mut Sgd, batch: &Batch) {
        optimizer.zero_grad();
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }

    #[training_loop]
    fn step_wrong(model: &Mlp, optimizer: &mut Sgd, batch: &Batch) {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.zero_grad(); //~ error gradients_discarded
        optimizer.step();
    }

    fn not_annotated(model: &Mlp, optimizer: &mut Sgd, batch: &Batch) {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }

    #[training_loop]
    fn given_away(model: &Mlp, mut optimizer: Sgd, batch: &Batch) {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

#[training_loop]
mod with_helpers {
    struct Trainer {
        model: Mlp,
        optimizer: Sgd,
    }

    impl Trainer {
        fn apply(&mut self) {
            self.optimizer.clip_grad_norm(1.0);
            self.optimizer.step();
        }

        pub fn train_step(&mut self, batch: &Batch) {
            let loss = cross_entropy(&self.model.forward(&batch.input), &batch.target);
            loss.backward(); //~ warning missing_zero_grad
            self.apply();
        }
    }

    pub fn zero(optimizer: &mut Sgd) {
        optimizer.zero_grad();
    }

    pub fn clip_and_step(optimizer: &mut Sgd) {
        optimizer.clip_grad_norm(1.0);
        optimizer.step();
    }

    pub fn run_backward(losses: &[Tensor]) {
        for loss in losses {
            loss.backward();
        }
    }
}

#[training_loop]
mod zeroed_by_whoever_calls {
    fn train_step(model: &Mlp, optimizer: &mut Sgd, batch: &Batch) {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }

    pub fn fit(model: &Mlp, optimizer: &mut Sgd, train: &DataLoader) {
        for batch in train {
            optimizer.zero_grad();
            train_step(model, optimizer, &batch);
        }
    }
}

#[training_loop(allow(missing_zero_grad))]
impl Adder {
    fn train_step(&mut self, batch: &Batch) {
        cross_entropy(&self.model.forward(&batch.input), &batch.target).backward();
        self.optimizer.step();
    }
}
