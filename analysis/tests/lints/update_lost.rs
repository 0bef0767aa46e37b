/// The step's result is a statement.
mod as_a_statement {
    #[training_loop]
    fn train<O: Optimizer<Net>>(model: Net, mut optim: O, loader: &Loader) -> Net {
        for batch in loader.iter() {
            let output = model.forward(batch.images);
            let loss = CrossEntropyLoss::new().forward(output, batch.targets);
            let grads = loss.backward();
            let grads = GradientsParams::from_grads(grads, &model);
            optim.step(1e-3, model.clone(), grads); //~ error update_lost
        }
        model
    }
}

/// Bound to the old name, in a scope that ends with the iteration.
mod under_the_same_name {
    fn train(config: &Config, loader: &Loader) -> Net {
        let model = config.model.init();
        let mut optim = config.optimizer.init();
        for epoch in 0..config.epochs {
            for batch in loader.iter() {
                let loss = model.loss_of(batch);
                println!("{epoch}: {}", loss.clone().into_scalar());
                let grads = GradientsParams::from_grads(loss.backward(), &model);
                let model = optim.step(config.lr, model.clone(), grads); //~ error update_lost
            }
        }
        model
    }
}

/// Bound to an underscore, although the model is used again.
mod under_an_underscore {
    struct Learner {
        model: Net,
        optimizer: Adam,
    }

    impl Learner {
        fn train_step(&mut self, batch: Batch) -> f32 {
            let loss = self.model.loss_of(batch);
            let value = loss.clone().into_scalar();
            let grads = loss.backward();
            let grads = GradientsParams::from_grads(grads, &self.model);
            let _ = self.optimizer.step(1e-3, self.model.clone(), grads); //~ error update_lost
            value
        }
    }
}

/// The model is bound again.
mod bound_again {
    fn train<O: Optimizer<Net>>(mut model: Net, mut optim: O, loader: &Loader) -> Net {
        for batch in loader.iter() {
            let loss = model.loss_of(batch);
            let grads = GradientsParams::from_grads(loss.backward(), &model);
            model = optim.step(1e-3, model, grads);
        }
        model
    }
}

/// The field is bound again.
mod field_bound_again {
    impl Learner {
        fn train_step(&mut self, batch: Batch) {
            let loss = self.model.loss_of(batch);
            let grads = loss.backward();
            let grads = GradientsParams::from_grads(grads, &self.model);
            self.model = self.optimizer.step(self.lr, self.model.clone(), grads);
        }
    }
}

/// Under another name first, and a rate from a schedule.
mod by_another_name {
    fn train(mut model: Net, mut optim: impl Optimizer<Net>, mut schedule: NoamLrScheduler, loader: &Loader) -> Net {
        for batch in loader.iter() {
            let loss = model.loss_of(batch);
            let grads = GradientsParams::from_grads(loss.backward(), &model);
            let moved = optim.step(schedule.step(), model.clone(), grads);
            if moved.is_finite() {
                model = moved;
            }
        }
        model
    }
}

/// Two heads, each with its own gradients, and accumulated gradients.
mod accumulated {
    fn train(mut model: Net, mut optim: impl Optimizer<Net>, loader: &Loader) -> Net {
        let mut accumulator = GradientsAccumulator::new();
        for (i, batch) in loader.iter().enumerate() {
            let grads = GradientsParams::from_grads(model.loss_of(batch).backward(), &model);
            accumulator.accumulate(&model, grads);
            if (i + 1) % 4 == 0 {
                let grads = accumulator.grads();
                model = optim.step(1e-3, model, grads);
            }
        }
        model
    }
}

/// Returned directly.
mod returned {
    fn step(model: Net, optim: &mut impl Optimizer<Net>, batch: Batch) -> Net {
        let grads = GradientsParams::from_grads(model.loss_of(batch).backward(), &model);
        optim.step(1e-3, model, grads)
    }
}

/// Changed in place: nothing is returned.
mod in_place {
    fn train(model: &mut Net, optimizer: &mut Sgd, loader: &Loader) {
        for batch in loader {
            let grads = model.loss_of(batch).backward();
            optimizer.step(model, &grads, 0.1);
        }
    }
}
