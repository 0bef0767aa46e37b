//! The same words after an assignment: a condition, a period or the data of a loop that is another one by then.

/// Conditions that were reassigned between two guards.
mod conditions {
    #[training_loop]
    fn one_condition(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            let good = loss.item() < 3.0;
            if good { //~ warning pending_gradients_skipped
                optimizer.step();
            }
            if good {
                optimizer.zero_grad();
            }
        }
    }

    #[training_loop]
    fn another_by_then(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ warning missing_zero_grad
            let mut good = loss.item() < 3.0;
            if good {
                optimizer.step();
            }
            good = batch.is_last;
            if good {
                optimizer.zero_grad();
            }
        }
    }

    #[training_loop]
    fn two_ways_to_ask(model: &mut Net, train: &DataLoader, ema: Option<Ema>) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            if ema.is_some() {
                loss.backward();
            }
            if let Some(ema) = &ema {
                optimizer.step();
                optimizer.zero_grad();
            }
        }
    }
}

/// Periods that were reassigned between two guards.
mod periods {
    #[training_loop]
    fn another_by_then(model: &mut Net, train: &DataLoader, mut k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target) / k as f64;
            loss.backward();
            if (i + 1) % k == 0 {
                optimizer.step();
            }
            k = next_period(i);
            if (i + 1) % k == 0 {
                optimizer.zero_grad();
            }
        }
        optimizer.step();
    }
}

/// Data that was reassigned between two loops.
mod data {
    #[training_loop]
    fn the_training_data(model: &mut Net, data: DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in &data {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        let mut valid_loss = 0.0;
        model.eval();
        no_grad(|| {
            for batch in data.iter() { //~ warning validates_on_training_data
                valid_loss += mse_loss(&model.forward(&batch.input), &batch.target).item();
            }
        });
        println!("valid {}", valid_loss);
    }

    #[training_loop]
    fn another_by_then(model: &mut Net, mut data: DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in &data {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        data = held_out();
        let mut valid_loss = 0.0;
        model.eval();
        no_grad(|| {
            for batch in data.iter() {
                valid_loss += mse_loss(&model.forward(&batch.input), &batch.target).item();
            }
        });
        println!("valid {}", valid_loss);
    }

    #[training_loop]
    fn two_calls_of_one_function(model: &mut Net) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in load("train.csv") {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        let mut valid_loss = 0.0;
        model.eval();
        no_grad(|| {
            for batch in load("valid.csv") {
                valid_loss += mse_loss(&model.forward(&batch.input), &batch.target).item();
            }
        });
        println!("valid {}", valid_loss);
    }
}

/// Arguments of a schedule that were reassigned between two calls.
mod schedules {
    #[training_loop]
    fn one_call_twice(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut schedule = StepLr::new(10, 0.1);
        for batch in train {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
            schedule.step(&mut optimizer);
            schedule.step(&mut optimizer); //~ warning schedule_per_batch
        }
    }
}

/// A head says how many batches make one update, whatever it is called and however it is written.
mod micro_batches {
    #[training_loop]
    fn of_one_window(model: &mut Net, batches: &[Batch]) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for part in batches.chunks(4) {
            optimizer.zero_grad();
            for batch in part.iter() {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward(); //~ warning unscaled_accumulation
            }
            optimizer.step();
        }
    }

    #[training_loop]
    fn of_another_by_then(model: &mut Net, batches: &[Batch], others: &[Batch]) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for mut part in batches.chunks(4) {
            part = others;
            optimizer.zero_grad();
            for batch in part.iter() {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward();
            }
            optimizer.step();
        }
    }
}
