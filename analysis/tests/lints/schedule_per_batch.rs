/// After the `if`, so with every batch.
mod after_the_if {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = CosineLr::new(1000);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                loss.backward();
                if (i + 1) % k == 0 {
                    optimizer.step();
                    optimizer.zero_grad();
                }
                scheduler.step(&mut optimizer); //~ error schedule_per_batch
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// The `continue` for other batches is after it.
mod before_the_continue {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = CosineLr::new(1000);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                loss.backward();
                scheduler.step(&mut optimizer); //~ error schedule_per_batch
                if (i + 1) % k != 0 {
                    continue;
                }
                optimizer.step();
                optimizer.zero_grad();
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// A window is an inner loop, and the schedule advances in it.
mod in_the_window {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = CosineLr::new(1000);
        for window in train.windows(0, 4) {
            optimizer.zero_grad();
            for batch in &window {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                (&loss * window.weight(&batch)).backward();
                scheduler.step(&mut optimizer); //~ error schedule_per_batch
            }
            optimizer.step();
        }
    }
}

/// With the update.
mod with_the_step {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = CosineLr::new(1000);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                loss.backward();
                if (i + 1) % k == 0 {
                    optimizer.step();
                    scheduler.step(&mut optimizer);
                    optimizer.zero_grad();
                }
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// Under the same condition, in a separate block.
mod same_condition {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = CosineLr::new(1000);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                loss.backward();
                if (i + 1) % k == 0 {
                    optimizer.step();
                    optimizer.zero_grad();
                }
                if (i + 1) % k == 0 {
                    scheduler.step(&mut optimizer);
                }
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// Once for each epoch.
mod per_epoch {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = CosineLr::new(1000);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                loss.backward();
                if (i + 1) % k == 0 {
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
            optimizer.step();
            optimizer.zero_grad();
            scheduler.step(&mut optimizer);
        }
    }
}

/// Every batch makes an update.
mod without_accumulation {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = CosineLr::new(1000);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
            scheduler.step(&mut optimizer);
        }
    }
}

/// Twice for one update.
mod twice_in_a_row {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = CosineLr::new(1000);
        for _ in 0..epochs {
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            scheduler.step(&mut optimizer);
            scheduler.step(&mut optimizer); //~ warning schedule_per_batch
        }
    }
}

/// Two schedules, and one that is advanced before training.
mod two_moves_that_are_right {
    #[training_loop]
    fn two_schedules(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut warmup = WarmupLr::new(100);
        let mut scheduler = CosineLr::new(1000);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
            warmup.step(&mut optimizer);
            scheduler.step(&mut optimizer);
        }
    }

    #[training_loop]
    fn wound_forward(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut scheduler = CosineLr::new(1000);
        scheduler.step(&mut optimizer);
        scheduler.step(&mut optimizer);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
            scheduler.step(&mut optimizer);
        }
    }
}

/// A schedule that counts epochs, and advances in each batch.
mod schedules_of_epochs {
    fn nested(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut schedule = CosineLr::new(90).per_epoch();
        for epoch in 0..90 {
            for batch in train {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.forward(&batch.x), &batch.y);
                loss.backward();
                optimizer.step();
                schedule.step(&mut optimizer); //~ error schedule_per_batch
            }
        }
    }

    fn set_later(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let schedule = StepLr::new(30, 0.1);
        let mut schedule = schedule.per_epoch();
        for _ in 0..90 {
            let mut batches = train.iter();
            while let Some(batch) = batches.next() {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.forward(&batch.x), &batch.y);
                loss.backward();
                optimizer.step();
                schedule.step(&mut optimizer); //~ error schedule_per_batch
            }
        }
    }
}

/// Schedules that advance with their unit.
mod right_schedules_of_epochs {
    fn each_epoch(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut schedule = CosineLr::new(90).per_epoch();
        for epoch in 0..90 {
            for batch in train {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.forward(&batch.x), &batch.y);
                loss.backward();
                optimizer.step();
            }
            schedule.step(&mut optimizer);
        }
    }

    fn one_batch_in_an_epoch(model: &mut Net, x: &Tensor, y: &Tensor) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut schedule = CosineLr::new(90).per_epoch();
        for i in 0..90 {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(x), y);
            loss.backward();
            optimizer.step();
            schedule.step(&mut optimizer);
        }
    }

    fn of_updates(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut schedule = CosineLr::new(9000);
        for epoch in 0..90 {
            for (i, batch) in train.iter().enumerate() {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.forward(&batch.x), &batch.y);
                loss.backward();
                optimizer.step();
                schedule.step(&mut optimizer);
            }
        }
    }

    fn with_the_last_batch(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut schedule = CosineLr::new(90).per_epoch();
        for epoch in 0..90 {
            for (i, batch) in train.iter().enumerate() {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.forward(&batch.x), &batch.y);
                loss.backward();
                optimizer.step();
                if i + 1 == train.len() {
                    schedule.step(&mut optimizer);
                }
            }
        }
    }
}
