/// Right after each backward.
mod after_each_backward {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                loss.backward();
                optimizer.clip_grad_norm(1.0); //~ warning clip_per_batch
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

/// By a function, and by value.
mod by_value {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                loss.backward();
                clip_grad_value(model.parameters(), 0.5); //~ warning clip_per_batch
                let full = (i + 1) % k == 0;
                if full {
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// A window is an inner loop, with the clip in it.
mod in_the_window {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for window in train.windows(0, 4) {
            optimizer.zero_grad();
            for batch in &window {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                (&loss * window.weight(&batch)).backward();
                optimizer.clip_grad_norm(1.0); //~ warning clip_per_batch
            }
            optimizer.step();
        }
    }
}

/// The sum, just before the step.
mod the_sum {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                loss.backward();
                if (i + 1) % k == 0 {
                    optimizer.clip_grad_norm(1.0);
                    optimizer.step();
                    optimizer.zero_grad();
                }
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// Every batch makes an update, unless the norm of its gradient is too large.
mod without_accumulation {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            let norm = optimizer.clip_grad_norm(1.0);
            if norm < 100.0 {
                optimizer.step();
            }
        }
    }
}

/// Clipped at the end of the window, under the same condition.
mod same_condition {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                loss.backward();
                if (i + 1) % k == 0 {
                    optimizer.clip_grad_norm(1.0);
                }
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
