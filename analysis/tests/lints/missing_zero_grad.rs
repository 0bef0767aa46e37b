/// The optimizer is a field, the loop a method.
mod in_a_method {
    struct Trainer {
        model: Net,
        optimizer: Sgd,
    }

    impl Trainer {
        #[training_loop]
        fn fit(&mut self, train: &DataLoader) {
            for batch in train {
                let loss = cross_entropy(&self.model.forward(&batch.input), &batch.target);
                loss.backward(); //~ error missing_zero_grad
                self.optimizer.step();
            }
        }
    }
}

/// No `zero_grad` at all.
mod never {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }
}

/// Only one of two optimizers is zeroed.
mod of_one_of_two_optimizers {
    #[training_loop]
    fn fit(encoder: &mut Net, decoder: &mut Net, train: &DataLoader) {
        let mut opt_e = Adam::new(encoder.parameters(), 1e-3);
        let mut opt_d = Adam::new(decoder.parameters(), 1e-3);
        for batch in train {
            opt_e.zero_grad();
            let output = decoder.forward(&encoder.forward(&batch.input));
            let loss = cross_entropy(&output, &batch.target);
            loss.backward(); //~ error missing_zero_grad
            opt_e.step();
            opt_d.step();
        }
    }
}

/// `zero_grad` is outside the batch loop.
mod once_per_epoch {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        for _ in 0..epochs {
            optimizer.zero_grad();
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                loss.backward(); //~ error missing_zero_grad
                optimizer.step();
            }
        }
    }
}

/// Several batches for one update, and a flush for the remaining ones.
mod accumulation {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut pending = false;
        for (i, batch) in train.into_iter().enumerate() {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
            loss.backward();
            pending = true;
            if (i + 1) % k == 0 {
                optimizer.step();
                optimizer.zero_grad();
                pending = false;
            }
        }
        if pending {
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// `zero_grad` after `step` also separates the iterations.
mod after_step {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            loss.backward();
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// Zeroed for each epoch and for its last batches, but not for each window.
mod windows_of_an_epoch {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            optimizer.zero_grad();
            let mut pending = 0;
            for (i, batch) in train.iter().enumerate() {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 4.0;
                loss.backward(); //~ warning missing_zero_grad
                pending += 1;
                if (i + 1) % 4 == 0 {
                    optimizer.step();
                    pending = 0;
                }
            }
            if pending > 0 {
                optimizer.step();
                optimizer.zero_grad();
            }
        }
    }
}
