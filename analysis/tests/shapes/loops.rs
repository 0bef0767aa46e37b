//! Loops of every form, around the batches and around the epochs.

/// `for` over a range of epochs and a reference to a loader.
mod a_for_loop {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for batch in train {
                optimizer.zero_grad();
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
            }
        }
    }

    #[training_loop]
    fn wrong(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                optimizer.step(); //~ error step_before_backward
                loss.backward();
            }
        }
    }
}

/// `while` with a counter.
mod a_while_loop {
    #[training_loop]
    fn right(model: &mut Net, data: &Data, steps: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut step = 0;
        while step < steps {
            let (input, target) = data.sample(step);
            let loss = mse_loss(&model.forward(&input), &target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            step += 1;
        }
    }

    #[training_loop]
    fn wrong(model: &mut Net, data: &Data, steps: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut step = 0;
        while step < steps {
            let (input, target) = data.sample(step);
            let loss = mse_loss(&model.forward(&input), &target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
            step += 1;
        }
    }
}

/// `loop` that ends itself.
mod an_endless_loop {
    #[training_loop]
    fn right(model: &mut Net, data: &Data) -> f64 {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let last = loop {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&data.input), &data.target);
            let value = loss.item();
            if value < 1e-3 {
                break value;
            }
            loss.backward();
            optimizer.step();
        };
        last
    }

    #[training_loop]
    fn wrong(model: &mut Net, data: &Data) -> f64 {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let last = loop {
            let loss = mse_loss(&model.forward(&data.input), &data.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
            if loss.item() < 1e-3 {
                break loss.item();
            }
        };
        last
    }
}

/// Breaks out of two loops at once.
mod labelled_breaks {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader, most: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut steps = 0;
        'epochs: for _ in 0..100 {
            for batch in train {
                if steps == most {
                    break 'epochs;
                }
                optimizer.zero_grad();
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
                steps += 1;
            }
        }
    }

    #[training_loop]
    fn wrong(model: &mut Net, train: &DataLoader, most: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut steps = 0;
        'epochs: loop {
            optimizer.zero_grad();
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward(); //~ error missing_zero_grad
                optimizer.step();
                steps += 1;
                if steps == most {
                    break 'epochs;
                }
            }
        }
    }

    #[training_loop]
    fn leaves_after_the_loop(model: &mut Net, train: &DataLoader, most: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        'epochs: for epoch in 0..10 {
            for batch in train {
                optimizer.zero_grad();
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                if loss.item() > 100.0 {
                    break 'epochs;
                }
                loss.backward();
                optimizer.step();
            }
        }
        optimizer.zero_grad();
        optimizer.step(); //~ error step_before_backward
    }
}

/// `continue` of the outer loop.
mod labelled_continues {
    #[training_loop]
    fn right(model: &mut Net, files: &Files) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        'files: for file in files {
            for batch in file.batches() {
                if batch.is_empty() {
                    continue 'files;
                }
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
                optimizer.zero_grad();
            }
        }
    }

    #[training_loop]
    fn wrong(model: &mut Net, files: &Files) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        'files: for file in files {
            optimizer.zero_grad();
            for batch in file.batches() {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
                optimizer.step(); //~ error step_repeated
                continue 'files;
            }
        }
    }
}

/// `while let` over an iterator.
mod a_while_let_loop {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut batches = train.iter();
        while let Some(batch) = batches.next() {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn wrong(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut batches = train.iter();
        while let Some(batch) = batches.next() {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }
}

/// Adaptors over a loader.
mod adaptors {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader, extra: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            optimizer.zero_grad();
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        optimizer.zero_grad();
        for (one, two) in train.iter().zip(extra.iter()).take(100) {
            mse_loss(&model.forward(&one.input), &two.target).backward();
            optimizer.step();
            optimizer.zero_grad();
        }
        for rows in train.rows().chunks(32).rev().skip(1) {
            optimizer.zero_grad();
            mse_loss(&model.forward(rows), rows).backward();
            optimizer.step();
        }
    }

    #[training_loop]
    fn enumerated(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            mse_loss(&model.forward(&batch.input), &batch.target).backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    #[training_loop]
    fn zipped(model: &mut Net, train: &DataLoader, extra: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (one, two) in train.iter().zip(extra.iter()).take(100) {
            mse_loss(&model.forward(&one.input), &two.target).backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }

    #[training_loop]
    fn chunked(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for rows in train.rows().chunks(32).rev().skip(1) {
            mse_loss(&model.forward(rows), rows).backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }
}

/// An iteration that is retried.
mod retries {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            for attempt in 0..3 {
                optimizer.zero_grad();
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                if !loss.item().is_finite() {
                    continue;
                }
                loss.backward();
                optimizer.step();
                break;
            }
        }
    }

    #[training_loop]
    fn wrong(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let mut tries = 0;
            loop {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward(); //~ error missing_zero_grad
                optimizer.step();
                tries += 1;
                if tries == 3 {
                    break;
                }
            }
        }
    }
}

/// Leaves the function from inside the loop.
mod early_returns {
    #[training_loop]
    fn right(model: &mut Net, train: &DataLoader) -> Option<f64> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            if loss.item().is_nan() {
                return None;
            }
            loss.backward();
            optimizer.step();
            optimizer.zero_grad();
        }
        Some(0.0)
    }

    #[training_loop]
    fn wrong(model: &mut Net, train: &DataLoader) -> Option<f64> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            if loss.item().is_nan() {
                return None;
            }
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
        Some(0.0)
    }
}
