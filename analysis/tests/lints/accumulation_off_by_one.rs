/// Counted from 0.
mod from_nought {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let output = model.forward(&batch.input);
                let loss = cross_entropy(&output, &batch.target) / 4.0;
                loss.backward();
                if i % 4 == 0 { //~ warning accumulation_off_by_one
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// Counted from 1, and one added.
mod from_one {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in (1..).zip(train) {
                let output = model.forward(&batch.input);
                let loss = cross_entropy(&output, &batch.target) / 4.0;
                loss.backward();
                if (i + 1) % 4 == 0 { //~ warning accumulation_off_by_one
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// Counted by hand after the test.
mod asked_before_counting {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            let mut count = 0;
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                loss.backward();
                if count % k == 0 { //~ warning accumulation_off_by_one
                    optimizer.step();
                    optimizer.zero_grad();
                }
                count += 1;
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// The condition is a variable, with `continue` for the other batches.
mod by_name {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let filling = i % k != 0;
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                loss.backward();
                if filling { //~ warning accumulation_off_by_one
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

/// The finished batches.
mod done {
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

/// The last remainder.
mod last_remainder {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let output = model.forward(&batch.input);
                let loss = cross_entropy(&output, &batch.target) / 4.0;
                loss.backward();
                if i % 4 == 3 {
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// Counted from 1.
mod counted_from_one {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (batch, i) in train.iter().skip(1).zip(1..) {
                let output = model.forward(&batch.input);
                let loss = cross_entropy(&output, &batch.target) / 4.0;
                loss.backward();
                if i % 4 == 0 {
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// Counted by hand before the test.
mod counted_before_asking {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            let mut count = 0;
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                loss.backward();
                count += 1;
                if count % k == 0 {
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// Zeroed at the start of a window, together with a log.
mod zeroed_at_the_head {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                if i % k == 0 {
                    optimizer.zero_grad();
                    println!("{i}");
                }
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                loss.backward();
                if (i + 1) % k == 0 || i + 1 == train.len() {
                    optimizer.step();
                }
            }
        }
    }
}

/// The previous window is stepped at the start of the next.
mod stepped_at_the_head {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                if i % k == 0 && i > 0 {
                    optimizer.step();
                    optimizer.zero_grad();
                }
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                loss.backward();
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}
