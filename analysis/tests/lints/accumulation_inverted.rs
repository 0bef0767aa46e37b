/// The condition is true in seven of eight iterations.
mod not_equal {
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for (i, batch) in train.iter().enumerate() {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 8.0;
            loss.backward();
            if (i + 1) % 8 != 0 { //~ warning accumulation_inverted
                optimizer.step();
                optimizer.zero_grad();
            }
        }
    }
}

/// A count by hand over all epochs, with a negated condition; a clip beside the step.
mod negated {
    fn fit(model: &mut Net, train: &DataLoader, every: usize, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut seen = 0;
        for _ in 0..epochs {
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target) / every as f32;
                loss.backward();
                seen += 1;
                if !(seen % every == 0) { //~ warning accumulation_inverted
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

/// The `continue` leaves out the iteration that completes the window.
mod skips_the_full_window {
    struct Trainer {
        model: Net,
        optimizer: Adam,
        every: usize,
    }
    impl Trainer {
        fn epoch(&mut self, train: &DataLoader) -> Result<()> {
            for (i, (input, target)) in train.iter().enumerate() {
                let loss = cross_entropy(&self.model.forward(&input), &target) / self.every as f32;
                loss.backward();
                if (i + 1) % self.every == 0 { //~ warning accumulation_inverted
                    continue;
                }
                self.optimizer.step();
                self.optimizer.zero_grad();
            }
            self.optimizer.step();
            self.optimizer.zero_grad();
            Ok(())
        }
    }
}

/// The `else` of an empty branch, with a condition that has a name.
mod otherwise {
    fn fit(model: &mut Net, train: &DataLoader, k: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for (i, batch) in train.iter().enumerate() {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target) / k as f32;
            loss.backward();
            let full = (i + 1).is_multiple_of(k);
            if full { //~ warning accumulation_inverted
                println!("{i}: {}", loss.item());
            } else {
                optimizer.step();
                optimizer.zero_grad();
            }
        }
    }
}

/// Zeroed by a parameter's helper, which is in the file.
mod by_a_helper {
    fn update(optimizer: &mut Adam) {
        optimizer.step();
        optimizer.zero_grad();
    }
    fn fit(model: &mut Net, train: &DataLoader, config: &Config) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for (step, batch) in train.iter().enumerate() {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target) / config.accumulate as f32;
            loss.backward();
            if (step + 1) % config.accumulate > 0 { //~ warning accumulation_inverted
                update(&mut optimizer);
            }
        }
    }
}

/// Steps when a window is complete; every other iteration goes on to the next batch.
mod right_continue {
    fn fit(model: &mut Net, train: &DataLoader, k: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for (i, batch) in train.iter().enumerate() {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target) / k as f32;
            loss.backward();
            if (i + 1) % k != 0 && i + 1 != train.len() {
                continue;
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// The remainder selects the iterations that log.
mod logs_now_and_then {
    fn fit(model: &mut Net, train: &DataLoader, every: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for (i, batch) in train.iter().enumerate() {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            if i % every != 0 {
                continue;
            }
            println!("{i}: {}", loss.item());
        }
    }
}

/// Two networks take turns: each has its own iterations.
mod in_turns {
    fn fit(critic: &mut Net, generator: &mut Net, train: &DataLoader, n_critic: usize) {
        let mut of_critic = Adam::new(critic.parameters(), 1e-4);
        let mut of_generator = Adam::new(generator.parameters(), 1e-4);
        for (i, batch) in train.iter().enumerate() {
            let fake = generator.forward(&batch.noise);
            if i % n_critic != 0 {
                let loss = hinge_loss(&critic.forward(&fake.detach()), &critic.forward(&batch.input));
                loss.backward();
                of_critic.step();
                of_critic.zero_grad();
            } else {
                let loss = -critic.forward(&fake).mean();
                of_generator.zero_grad();
                loss.backward();
                of_generator.step();
                of_critic.zero_grad();
            }
        }
    }
}

/// Each k-th batch is held out, before its forward.
mod holds_out {
    fn fit(model: &mut Net, train: &DataLoader, k: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for (i, batch) in train.iter().enumerate() {
            if i % k == 0 {
                continue;
            }
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// Windows of two batches, counted from 0: both conditions hold as often.
mod windows_of_two {
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for (i, batch) in train.iter().enumerate() {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target) / 2.0;
            loss.backward();
            if i % 2 != 0 {
                optimizer.step();
                optimizer.zero_grad();
            }
        }
    }
}

/// The optimizer waits for the end of a warm-up.
mod warms_up {
    fn fit(model: &mut Net, train: &DataLoader, warmup: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for (i, batch) in train.iter().enumerate() {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            loss.backward();
            if i < warmup {
                optimizer.zero_grad();
                continue;
            }
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

/// The remainder has a name.
mod of_a_remainder {
    fn fit(model: &mut Net, train: &DataLoader, k: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for (i, batch) in train.iter().enumerate() {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target) / k as f32;
            loss.backward();
            let rest = (i + 1) % k;
            if rest != 0 { //~ warning accumulation_inverted
                optimizer.step();
                optimizer.zero_grad();
            }
        }
    }
}
