/// A mean loss, accumulated four times.
mod four_means {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let output = model.forward(&batch.input);
                let loss = cross_entropy(&output, &batch.target);
                loss.backward(); //~ warning unscaled_accumulation
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

/// Without a name, every `k` batches.
mod without_a_name {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let output = model.forward(&batch.input);
                cross_entropy(&output, &batch.target).backward(); //~ warning unscaled_accumulation
                if (i + 1) % k == 0 || i + 1 == train.len() {
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
        }
    }
}

/// Two terms, neither divided.
mod two_terms {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let output = model.forward(&batch.input);
                let loss = cross_entropy(&output, &batch.target) + mse_loss(&output, &batch.teacher);
                loss.backward(); //~ warning unscaled_accumulation
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

/// Divided.
mod divided {
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

/// Divided at the `backward`.
mod divided_late {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let output = model.forward(&batch.input);
                let loss = cross_entropy(&output, &batch.target);
                (&loss / k as f32).backward();
                if (i + 1) % k == 0 {
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// Weighted by the share of the samples.
mod weighted {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let output = model.forward(&batch.input);
                let loss = cross_entropy(&output, &batch.target);
                let loss = &loss * (batch.len() as f32 / total);
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

/// A sum over the samples, not divided on purpose.
mod sums {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let output = model.forward(&batch.input);
                let loss = output.cross_entropy_with(&batch.target, Reduction::Sum);
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

/// The learning rate accounts for it.
mod learning_rate {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1 / k as f32);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let output = model.forward(&batch.input);
                let loss = cross_entropy(&output, &batch.target);
                loss.backward();
                if (i + 1) % k == 0 {
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// An opaque function may divide.
mod unseen {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let output = model.forward(&batch.input);
                let loss = model.objective(&output, &batch.target);
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

/// One step for each batch.
mod one_by_one {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let output = model.forward(&batch.input);
                let loss = cross_entropy(&output, &batch.target);
                loss.backward();
                if true {
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
        }
    }
}
