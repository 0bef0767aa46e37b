/// The copy gets the new rate, and is dropped.
mod a_copy_in_the_call {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = CosineLr::new(1000);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
            scheduler.step(&mut optimizer.clone()); //~ error schedule_detached
        }
    }
}

/// The schedule holds a copy.
mod built_on_a_copy {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = ExponentialLr::new(optimizer.clone(), 0.9); //~ error schedule_detached
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
            scheduler.step();
        }
    }
}

/// Built, and forgotten.
mod never_moved {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = StepLr::new(10, 0.1).per_epoch(); //~ warning schedule_detached
        scheduler.start(&mut optimizer);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
    }
}

/// Advanced, passed on, read.
mod used {
    #[training_loop]
    fn moved(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = StepLr::new(10, 0.1);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
            scheduler.step(&mut optimizer);
        }
    }

    #[training_loop]
    fn handed_on(model: &mut Net, train: &DataLoader) -> Trainer {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let scheduler = StepLr::new(10, 0.1);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        Trainer { optimizer, scheduler }
    }

    #[training_loop]
    fn asked(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let schedule = CosineLr::new(1000);
        for (i, batch) in train.iter().enumerate() {
            optimizer.set_learning_rate(schedule.rate(0.1, i));
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
    }
}

/// A shared optimizer; a clone of the handle is not a copy.
mod a_shared_optimizer {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let optimizer = Rc::new(RefCell::new(Sgd::new(model.parameters(), 0.1)));
        let mut scheduler = ExponentialLr::new(optimizer.clone(), 0.9);
        for batch in train {
            optimizer.borrow_mut().zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.borrow_mut().step();
            scheduler.step();
        }
    }
}

/// The only call is before all updates.
mod moves_once_before_the_loop {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = CosineLr::new(&optimizer, epochs);
        scheduler.step(); //~ warning schedule_detached
        for _ in 0..epochs {
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
        }
    }
}

/// Its first rate is set before the loop, and it is advanced in the loop, also by another function.
mod moves_before_the_loop_and_later {
    #[training_loop]
    fn in_the_loop(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = CosineLr::new(1000);
        scheduler.step(&mut optimizer);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
            scheduler.step(&mut optimizer);
        }
    }

    #[training_loop]
    fn by_another(model: &mut Net, train: &DataLoader, callbacks: &mut Callbacks) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = CosineLr::new(1000);
        scheduler.step(&mut optimizer);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
            callbacks.batch_end(&mut scheduler);
        }
    }
}

/// A constructor puts the schedule into a field, and a method advances it.
mod moved_into_a_field {
    struct Warm {
        rate: f64,
    }

    impl Warm {
        fn new(rate: f64) -> Self {
            Self { rate }
        }

        fn step(&mut self) {
            self.rate *= 0.9;
        }

        fn get_lr(&self) -> f64 {
            self.rate
        }
    }

    struct Trainer {
        model: Net,
        optimizer: Sgd,
        scheduler: Warm,
    }

    impl Trainer {
        fn new(model: Net) -> Result<Self> {
            let optimizer = Sgd::new(model.parameters(), 0.1);
            let scheduler = Warm::new(0.1);
            Ok(Self { model, optimizer, scheduler })
        }

        fn train_step(&mut self, batch: &Batch) {
            self.optimizer.set_learning_rate(self.scheduler.get_lr());
            self.optimizer.zero_grad();
            cross_entropy(&self.model.forward(&batch.input), &batch.target).backward();
            self.optimizer.step();
            self.scheduler.step();
        }
    }

    fn fit(model: Net, train: &DataLoader) -> Result<()> {
        let mut trainer = Trainer::new(model)?;
        for batch in train {
            trainer.train_step(&batch);
        }
        Ok(())
    }
}
