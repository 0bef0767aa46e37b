/// The schedule advances before the step.
mod in_front_of_the_step {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = CosineLr::new(1000);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            scheduler.step(&mut optimizer); //~ error schedule_before_step
            optimizer.step();
        }
    }
}

/// At the start of the epoch, before any batch.
mod at_the_head_of_the_epoch {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        let mut schedule = StepLr::new(10, 0.5).per_epoch();
        for _ in 0..epochs {
            schedule.step(&mut optimizer); //~ error schedule_before_step
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
        }
    }
}

/// A schedule by its name alone.
mod by_its_name {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, config: &Config) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = config.scheduler();
        for batch in train {
            scheduler.step(); //~ warning schedule_before_step
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
    }
}

/// After the step; after the batches; under a condition that skips the first iteration.
mod after_the_step {
    #[training_loop]
    fn each_batch(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = CosineLr::new(1000);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
            scheduler.step(&mut optimizer);
        }
    }

    #[training_loop]
    fn each_epoch(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = StepLr::new(10, 0.1).per_epoch();
        for epoch in 0..100 {
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            scheduler.step(&mut optimizer);
        }
    }

    #[training_loop]
    fn from_the_second_on(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = StepLr::new(10, 0.1).per_epoch();
        for epoch in 0..100 {
            if epoch > 0 {
                scheduler.step(&mut optimizer);
            }
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
        }
    }
}

/// Advanced to resume; the rate set by hand; a step that is skipped while gradients overflow.
mod right_for_other_reasons {
    #[training_loop]
    fn resume(model: &mut Net, train: &DataLoader, done: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = CosineLr::new(1000);
        for _ in 0..done {
            scheduler.step(&mut optimizer);
        }
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
            scheduler.step(&mut optimizer);
        }
    }

    #[training_loop]
    fn by_hand(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let schedule = CosineLr::new(1000);
        for (step, batch) in train.iter().enumerate() {
            optimizer.set_learning_rate(schedule.rate(0.1, step));
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn skipped(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = CosineLr::new(1000);
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            if loss.is_finite() {
                optimizer.step();
            }
            scheduler.step(&mut optimizer);
        }
    }

    fn of_the_caller(model: &mut Net, optimizer: &mut Sgd, scheduler: &mut CosineLr, train: &DataLoader) {
        for batch in train {
            scheduler.step(optimizer);
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
    }
}
