/// `zero_grad` at the start of each iteration, a step in every fourth.
mod at_the_head {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                optimizer.zero_grad(); //~ error zero_grad_every_batch
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 4.0;
                loss.backward();
                if (i + 1) % 4 == 0 || i + 1 == train.len() {
                    optimizer.step();
                }
            }
        }
    }
}

/// The condition is a variable, and the model is zeroed.
mod by_name {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let full = (i + 1) % k == 0 || i + 1 == train.len();
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                model.zero_grad(); //~ error zero_grad_every_batch
                loss.backward();
                if full {
                    optimizer.clip_grad_norm(1.0);
                    optimizer.step();
                }
            }
        }
    }
}

/// A `continue` for other batches before the step, with `zero_grad` before it.
mod by_continue {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut count = 0;
        for _ in 0..epochs {
            for batch in train {
                optimizer.zero_grad(); //~ error zero_grad_every_batch
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                loss.backward();
                count += 1;
                if count < k {
                    continue;
                }
                optimizer.step();
                count = 0;
            }
        }
    }
}

/// After the step, but outside the `if`.
mod after_the_if {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
                loss.backward();
                if (i + 1).is_multiple_of(k) || i + 1 == train.len() {
                    optimizer.step();
                }
                optimizer.zero_grad(); //~ error zero_grad_every_batch
            }
        }
    }
}

/// One of two optimizers is zeroed too often.
mod one_of_two {
    #[training_loop]
    fn fit(encoder: &mut Net, decoder: &mut Net, train: &DataLoader, k: usize) {
        let mut opt_e = Sgd::new(encoder.parameters(), 0.1);
        let mut opt_d = Sgd::new(decoder.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            opt_d.zero_grad(); //~ error zero_grad_every_batch
            let loss = cross_entropy(&decoder.forward(&encoder.forward(&batch.input)), &batch.target) / k as f32;
            loss.backward();
            if (i + 1) % k == 0 || i + 1 == train.len() {
                opt_e.step();
                opt_e.zero_grad();
                opt_d.step();
            }
        }
    }
}

/// Step and zero under one condition, and once more at the end.
mod together {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
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
        }
    }
}

/// Zeroed at the start of each window.
mod at_the_window_s_head {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for (i, batch) in train.iter().enumerate() {
                if i % k == 0 {
                    optimizer.zero_grad();
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

/// The step is skipped if the loss is not finite, not to accumulate batches.
mod measured {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize, k: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for batch in train {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                loss.backward();
                if loss.item().is_finite() {
                    optimizer.step();
                }
            }
        }
    }
}

/// The whole pass runs only every few iterations.
mod a_pass_now_and_then {
    #[training_loop]
    fn play(model: &mut Net, env: &mut Env, memory: &Memory) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for t in 0..10_000 {
            optimizer.zero_grad();
            memory.push(env.step(act(model, env.observation())));
            if (t + 1) % 4 == 0 {
                let batch = memory.sample(32);
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
            }
        }
    }
}

/// A generator that steps only in every fifth iteration, on its own loss.
mod gan {
    #[training_loop]
    fn fit(gen: &mut Net, critic: &mut Net, train: &DataLoader) {
        let mut opt_g = Adam::new(gen.parameters(), 1e-4);
        let mut opt_c = Adam::new(critic.parameters(), 1e-4);
        for (i, batch) in train.iter().enumerate() {
            opt_c.zero_grad();
            let fake = gen.forward(&batch.noise);
            let loss = critic.forward(&fake.detach()).mean() - critic.forward(&batch.input).mean();
            loss.backward();
            opt_c.step();
            opt_g.zero_grad();
            if i % 5 == 0 {
                let loss = critic.forward(&gen.forward(&batch.noise)).mean().neg();
                loss.backward();
                opt_g.step();
            }
        }
    }
}

/// Each window is zeroed and accumulated, and an opaque condition decides whether it is used.
mod windows_left_out {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for window in train {
            optimizer.zero_grad(); //~ warning zero_grad_every_batch
            for micro in window.chunks(2) {
                let loss = cross_entropy(&model.forward(&micro.input), &micro.target) / 2.0;
                loss.backward();
            }
            if it_is_time() {
                optimizer.step();
            }
        }
    }
}

/// The whole window is skipped under an opaque condition.
mod windows_now_and_then {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for window in train {
            optimizer.zero_grad();
            if it_is_time() {
                for micro in window.chunks(2) {
                    let loss = cross_entropy(&model.forward(&micro.input), &micro.target) / 2.0;
                    loss.backward();
                }
                optimizer.step();
            }
        }
    }
}

/// A full window is dropped under an opaque condition.
mod a_full_window_dropped {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 4.0;
            loss.backward();
            if (i + 1) % 4 == 0 || i + 1 == train.len() {
                if it_is_time() {
                    optimizer.step();
                }
                optimizer.zero_grad(); //~ warning zero_grad_every_batch
            }
        }
    }
}

/// The last batches are dropped under an opaque condition.
mod a_tail_dropped {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            let mut pending = 0;
            for (i, batch) in train.iter().enumerate() {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 4.0;
                loss.backward();
                pending += 1;
                if (i + 1) % 4 == 0 {
                    optimizer.step();
                    optimizer.zero_grad();
                    pending = 0;
                }
            }
            if pending > 0 {
                if it_is_time() {
                    optimizer.step();
                }
                optimizer.zero_grad(); //~ warning zero_grad_every_batch
            }
        }
    }
}

/// Windows of samples, and methods for one micro-batch.
mod samples_and_micro_batches {
    fn until_enough_samples(model: &mut Net, optimizer: &mut AdamW, loader: &DataLoader, target: usize) {
        let mut count = 0;
        for batch in loader {
            optimizer.zero_grad(); //~ error zero_grad_every_batch
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            count += batch.input.size()[0];
            if count < target {
                continue;
            }
            optimizer.step();
            count = 0;
        }
    }

    struct Trainer {
        model: Net,
        optimizer: AdamW,
    }

    impl Trainer {
        fn micro_step(&mut self, batch: &Batch) -> f32 {
            self.optimizer.zero_grad(); //~ error zero_grad_every_batch
            let loss = cross_entropy(&self.model.forward(&batch.input), &batch.target) / 4.0;
            loss.backward();
            loss.item()
        }
        fn of_chunks(&mut self, batches: &[Batch]) {
            for chunk in batches.chunks(4) {
                for batch in chunk.iter() {
                    self.micro_step(batch);
                }
                clip_grad_norm(&self.model.parameters(), 1.0);
                self.optimizer.step();
            }
        }
        fn of_parts(&mut self, batch: &Batch) {
            for _ in 0..2 {
                for micro_batch in batch.split(4) {
                    self.micro_step(&micro_batch);
                }
                self.optimizer.step();
            }
        }
    }
}

/// Gradients zeroed once in each window.
mod right_samples_and_micro_batches {
    fn until_enough_samples(model: &mut Net, optimizer: &mut AdamW, loader: &DataLoader, target: usize) {
        let mut count = 0;
        for batch in loader {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            count += batch.input.size()[0];
            if count < target {
                continue;
            }
            optimizer.step();
            optimizer.zero_grad();
            count = 0;
        }
        if count > 0 {
            optimizer.step();
            optimizer.zero_grad();
        }
    }

    fn until_a_loss(model: &mut Net, optimizer: &mut AdamW, loader: &DataLoader) {
        let mut total = 0.0;
        for batch in loader {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            total += loss.item();
            if total > 3.0 {
                optimizer.step();
                total = 0.0;
            }
        }
    }

    fn before_the_window(model: &mut Net, optimizer: &mut AdamW, windows: &[Vec<Batch>]) {
        for window in windows {
            optimizer.zero_grad();
            for batch in window {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / window.len() as f32;
                loss.backward();
            }
            optimizer.step();
        }
    }
}
