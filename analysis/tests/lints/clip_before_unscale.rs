/// The clip sees scaled gradients.
mod scaled {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        let mut scaler = GradScaler::new();
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            scaler.scale(&loss).backward();
            optimizer.clip_grad_norm(1.0); //~ error clip_before_unscale
            scaler.step(&mut optimizer);
            scaler.update();
        }
    }
}

/// Unscaled, but after the clip; the model's parameters are clipped.
mod unscaled_too_late {
    #[training_loop]
    fn fit(model: &mut Net, optimizer: &mut Adam, scaler: &mut GradScaler, train: &DataLoader) {
        for batch in train {
            optimizer.zero_grad();
            let loss = scaler.scale(&cross_entropy(&model.forward(&batch.input), &batch.target));
            loss.backward();
            clip_grad_norm(&model.parameters(), 1.0); //~ error clip_before_unscale
            scaler.unscale_(optimizer);
            scaler.step(optimizer);
            scaler.update();
        }
    }
}

/// On one of two precisions.
mod on_one_arm {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, half: bool) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        let mut scaler = GradScaler::new();
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            if half {
                scaler.scale(&loss).backward();
            } else {
                loss.backward();
            }
            optimizer.clip_grad_norm(1.0); //~ warning clip_before_unscale
            scaler.step(&mut optimizer);
            scaler.update();
        }
    }
}

/// Unscaled, clipped, stepped.
mod in_order {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        let mut scaler = GradScaler::new();
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            scaler.scale(&loss).backward();
            scaler.unscale(&mut optimizer);
            optimizer.clip_grad_norm(1.0);
            scaler.step(&mut optimizer);
            scaler.update();
        }
    }
}

/// Several batches for one update; unscaled once, before the clip.
mod accumulated {
    struct Trainer {
        model: Net,
        optimizer: AdamW,
        scaler: GradScaler,
    }

    impl Trainer {
        #[training_loop]
        fn fit(&mut self, train: &DataLoader, k: usize) {
            for (i, batch) in train.iter().enumerate() {
                let loss = cross_entropy(&self.model.forward(&batch.input), &batch.target) / k as f32;
                self.scaler.scale(&loss).backward();
                if (i + 1) % k == 0 || i + 1 == train.len() {
                    self.scaler.unscale(&mut self.optimizer);
                    self.optimizer.clip_grad_norm(1.0);
                    self.scaler.step(&mut self.optimizer);
                    self.scaler.update();
                    self.optimizer.zero_grad();
                }
            }
        }
    }
}

/// A limit times the factor.
mod a_scaled_limit {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        let mut scaler = GradScaler::new();
        for batch in train {
            optimizer.zero_grad();
            scaler.scale(&cross_entropy(&model.forward(&batch.input), &batch.target)).backward();
            optimizer.clip_grad_norm(1.0 * scaler.get_scale());
            scaler.step(&mut optimizer);
            scaler.update();
        }
    }
}

/// A scaler of features is no scaler of gradients.
mod standardised {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        let scaler = StandardScaler::fit(train);
        for batch in train {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&scaler.transform(&batch.input)), &batch.target);
            loss.backward();
            optimizer.clip_grad_norm(1.0);
            optimizer.step();
        }
    }
}

/// Other faults are also found with a scaler.
mod other_faults_with_a_scaler {
    #[training_loop]
    fn never_zeroed(model: &mut Net, train: &DataLoader) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        let mut scaler = GradScaler::new();
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            scaler.scale(&loss).backward(); //~ error missing_zero_grad
            scaler.step(&mut optimizer);
            scaler.update();
        }
    }

    #[training_loop]
    fn stepped_twice(model: &mut Net, train: &DataLoader) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-3);
        let mut scaler = GradScaler::new();
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            scaler.scale(&loss).backward();
            scaler.step(&mut optimizer);
            optimizer.step(); //~ error step_repeated
            scaler.update();
        }
    }
}
