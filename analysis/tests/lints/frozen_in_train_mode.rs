/// Each epoch's `train()` undoes the `eval()` before the loop.
mod every_epoch {
    fn tune(model: &mut Net, train: &DataLoader, epochs: usize) {
        model.encoder.freeze();
        model.encoder.eval();
        let mut optimizer = Adam::new(model.head.parameters(), 1e-3);
        for _ in 0..epochs {
            model.train(); //~ warning frozen_in_train_mode
            for batch in train {
                optimizer.zero_grad();
                let features = model.encoder.forward(&batch.input);
                let loss = cross_entropy(&model.head.forward(&features), &batch.target);
                loss.backward();
                optimizer.step();
            }
        }
    }
}

/// Once before the loop, in a trainer; the whole model's forward runs the part.
mod of_a_trainer {
    struct Trainer {
        model: Classifier,
        optimizer: AdamW,
    }
    impl Trainer {
        fn run(&mut self, train: &DataLoader) {
            for parameter in self.model.backbone.parameters() {
                parameter.set_requires_grad(false);
            }
            self.model.backbone.eval();
            self.model.train(); //~ warning frozen_in_train_mode
            for batch in train {
                let loss = cross_entropy(&self.model.forward(&batch.input), &batch.target);
                self.optimizer.zero_grad();
                loss.backward();
                self.optimizer.step();
            }
        }
    }
}

/// A function in the file freezes; the mode is set by a flag, after the validation of each epoch.
mod by_a_helper {
    fn freeze_backbone(model: &mut Net) {
        model.backbone.freeze();
        model.backbone.set_train(false);
    }
    fn tune(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        freeze_backbone(model);
        let mut optimizer = Sgd::new(model.parameters(), 1e-3);
        for _ in 0..10 {
            model.set_train(true); //~ warning frozen_in_train_mode
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
            model.eval();
            no_grad(|| validate(model, valid));
        }
    }
}

/// A part whose variable becomes a field of the model.
mod of_a_literal {
    struct Pair {
        encoder: Encoder,
        head: Linear,
    }
    fn tune(mut encoder: Encoder, head: Linear, train: &DataLoader) {
        encoder.freeze();
        let mut model = Pair { encoder, head };
        model.encoder.eval();
        let mut optimizer = Adam::new(model.head.parameters(), 1e-3);
        model.train(); //~ warning frozen_in_train_mode
        for batch in train {
            let loss = mse_loss(&model.head.forward(&model.encoder.forward(&batch.input)), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// The part is put back after each `train()`.
mod again {
    fn tune(model: &mut Net, train: &DataLoader, epochs: usize) {
        model.encoder.freeze();
        model.encoder.eval();
        let mut optimizer = Adam::new(model.head.parameters(), 1e-3);
        for _ in 0..epochs {
            model.train();
            model.encoder.eval();
            for batch in train {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.head.forward(&model.encoder.forward(&batch.input)), &batch.target);
                loss.backward();
                optimizer.step();
            }
        }
    }
}

/// The part is trained too: it is evaluated first, and then trained.
mod evaluates_and_trains {
    fn tune(model: &mut Net, train: &DataLoader, probes: &Tensor) {
        model.encoder.eval();
        let before = no_grad(|| model.encoder.forward(probes));
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        model.train();
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        compare(&before, &model.encoder.forward(probes));
    }
}

/// Only the head is put into training mode.
mod the_head_alone {
    fn tune(model: &mut Net, train: &DataLoader, epochs: usize) {
        model.encoder.freeze();
        model.encoder.eval();
        let mut optimizer = Adam::new(model.head.parameters(), 1e-3);
        for _ in 0..epochs {
            model.head.train();
            for batch in train {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.head.forward(&model.encoder.forward(&batch.input)), &batch.target);
                loss.backward();
                optimizer.step();
            }
        }
    }
}

/// Thawed after some epochs, for which its training mode is right.
mod thawed {
    fn tune(model: &mut Net, train: &DataLoader, epochs: usize) {
        model.encoder.freeze();
        model.encoder.eval();
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for epoch in 0..epochs {
            if epoch == 3 {
                model.encoder.unfreeze();
                model.train();
            }
            for batch in train {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
            }
        }
    }
}

/// The model's own `train` leaves the encoder alone.
mod its_own_train {
    impl Net {
        fn train(&mut self) {
            self.head.train();
        }
    }
    fn tune(model: &mut Net, train: &DataLoader, epochs: usize) {
        model.encoder.freeze();
        model.encoder.eval();
        let mut optimizer = Adam::new(model.head.parameters(), 1e-3);
        for _ in 0..epochs {
            model.train();
            for batch in train {
                optimizer.zero_grad();
                let loss = cross_entropy(&model.head.forward(&model.encoder.forward(&batch.input)), &batch.target);
                loss.backward();
                optimizer.step();
            }
        }
    }
}

/// The parameters are frozen one by one, by a field.
mod by_a_field {
    fn tune(model: &mut Net, train: &DataLoader) {
        for parameter in model.backbone.parameters_mut() {
            parameter.requires_grad = false;
        }
        model.backbone.eval();
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for _ in 0..10 {
            model.train(); //~ warning frozen_in_train_mode
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        }
    }
}

/// Only the mode of the part is kept: its parameters are trainable again.
mod thawed_by_a_field {
    fn tune(model: &mut Net, train: &DataLoader) {
        model.backbone.eval();
        for parameter in model.backbone.parameters_mut() {
            parameter.requires_grad = true;
        }
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for _ in 0..10 {
            model.train();
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        }
    }
}
