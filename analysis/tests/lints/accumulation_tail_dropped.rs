/// Nothing after the loop.
mod nothing_after_it {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let output = model.forward(&batch.input);
                let loss = cross_entropy(&output, &batch.target) / 4.0;
                loss.backward();
                if (i + 1) % 4 == 0 {
                    optimizer.step(); //~ warning accumulation_tail_dropped
                    optimizer.zero_grad();
                }
            }
        }
    }
}

/// Counted by hand, reset in each epoch.
mod counted_by_hand {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            let mut count = 0;
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                loss.backward();
                count += 1;
                if count == k {
                    optimizer.step(); //~ warning accumulation_tail_dropped
                    optimizer.zero_grad();
                    count = 0;
                }
            }
            println!("{}", evaluate(&model));
        }
    }
}

/// A function for one epoch, with the caller's optimizer.
mod one_epoch {
    #[training_loop]
    fn train_epoch(model: &mut Net, optimizer: &mut Sgd, train: &DataLoader, k: usize) {
        for (i, batch) in train.iter().enumerate() {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
            loss.backward();
            if (i + 1) % k != 0 {
                continue;
            }
            optimizer.step(); //~ warning accumulation_tail_dropped
            optimizer.zero_grad();
        }
    }
}

/// Zeroed once, before all epochs.
mod zeroed_once {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        optimizer.zero_grad();
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let output = model.forward(&batch.input);
                let loss = cross_entropy(&output, &batch.target) / 4.0;
                loss.backward();
                if (i + 1) % 4 == 0 {
                    optimizer.step(); //~ warning accumulation_tail_dropped
                    optimizer.zero_grad();
                }
            }
        }
    }
}

/// The last batch steps too.
mod or_last {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let output = model.forward(&batch.input);
                let loss = cross_entropy(&output, &batch.target) / 4.0;
                loss.backward();
                if (i + 1) % 4 == 0 || i + 1 == train.len() {
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
        }
    }
}

/// Once more after the loop.
mod flush {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let output = model.forward(&batch.input);
                let loss = cross_entropy(&output, &batch.target) / 4.0;
                loss.backward();
                if (i + 1) % 4 == 0 {
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// Once more after the loop, if batches are left.
mod flush_if_left {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let output = model.forward(&batch.input);
                let loss = cross_entropy(&output, &batch.target) / 4.0;
                loss.backward();
                if (i + 1) % 4 == 0 {
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
            if train.len() % 4 != 0 {
                optimizer.step();
                optimizer.zero_grad();
            }
        }
    }
}

/// Dropped on purpose: zeroed at the start of the epoch.
mod on_purpose {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            optimizer.zero_grad();
            for (i, batch) in train.iter().enumerate() {
                let output = model.forward(&batch.input);
                let loss = cross_entropy(&output, &batch.target) / 4.0;
                loss.backward();
                if (i + 1) % 4 == 0 {
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
        }
    }
}

/// A count that continues across epochs leaves nothing.
mod on_and_on {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut count = 0;
        for _ in 0..epochs {
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                loss.backward();
                count += 1;
                if count % k == 0 {
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
        }
    }
}

/// A loop over numbers that draws batches.
mod drawn {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for i in 0..1000 {
                let batch = train.sample();
                let output = model.forward(&batch.input);
                let loss = cross_entropy(&output, &batch.target) / 4.0;
                loss.backward();
                if (i + 1) % 4 == 0 {
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
        }
    }
}

/// Whole windows by construction.
mod whole_windows {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().drop_last(4).enumerate() {
                let output = model.forward(&batch.input);
                let loss = cross_entropy(&output, &batch.target) / 4.0;
                loss.backward();
                if (i + 1) % 4 == 0 {
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
        }
    }
}
