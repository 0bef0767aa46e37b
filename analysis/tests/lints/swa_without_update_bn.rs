/// Evaluated after the training.
mod evaluated {
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader, epochs: usize) -> f64 {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut swa_model = AveragedModel::new(model);
        for _ in 0..epochs {
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
            swa_model.update_parameters(model);
        }
        evaluate(&swa_model, valid) //~ warning swa_without_update_bn
    }
}

/// Saved; the average has a name of its own, and starts late.
mod saved {
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut mean = torch::AveragedModel::new(&*model);
        for epoch in 0..epochs {
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
            if epoch >= 10 {
                mean.update_parameters(&*model);
            }
        }
        mean.save("averaged.safetensors")?; //~ warning swa_without_update_bn
        Ok(())
    }
}

/// A trainer with an average in a field, and batch norm in the file.
mod of_a_trainer {
    struct Net {
        conv: Conv2d,
        norm: BatchNorm2d,
    }
    struct Trainer {
        model: Net,
        swa: Swa,
        optimizer: Sgd,
    }
    impl Trainer {
        fn run(&mut self, train: &DataLoader, valid: &DataLoader) {
            for batch in train {
                let loss = mse_loss(&self.model.forward(&batch.input), &batch.target);
                self.optimizer.zero_grad();
                loss.backward();
                self.optimizer.step();
                self.swa.update(&self.model);
            }
            self.swa.eval();
            for batch in valid {
                println!("{}", mse_loss(&self.swa.forward(&batch.input), &batch.target).item()); //~ warning swa_without_update_bn
            }
        }
    }
}

/// The statistics are computed after the evaluation.
mod too_late {
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut swa_model = AveragedModel::new(model);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            swa_model.update_parameters(model);
        }
        evaluate(&swa_model, valid); //~ warning swa_without_update_bn
        update_bn(train, &mut swa_model);
        swa_model.save("swa.safetensors");
    }
}

/// The statistics are computed before the evaluation.
mod updated {
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader, epochs: usize) -> f64 {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut swa_model = AveragedModel::new(model);
        for _ in 0..epochs {
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
            swa_model.update_parameters(model);
        }
        swa_utils::update_bn(train, &mut swa_model);
        evaluate(&swa_model, valid)
    }
}

/// A pass over the training data in training mode, by hand.
mod by_hand {
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) -> f64 {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut averaged = AveragedModel::new(model);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            averaged.update_parameters(model);
        }
        averaged.train();
        no_grad(|| {
            for batch in train {
                averaged.forward(&batch.input);
            }
        });
        averaged.eval();
        let mut total = 0.0;
        no_grad(|| {
            for batch in valid {
                total += cross_entropy(&averaged.forward(&batch.input), &batch.target).item();
            }
        });
        total
    }
}

/// A model without batch norm, in the same file.
mod without_batch_norm {
    struct Mlp {
        first: Linear,
        norm: LayerNorm,
        last: nn::Linear,
    }
    fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> f64 {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut swa_model = AveragedModel::new(model);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            swa_model.update_parameters(model);
        }
        evaluate(&swa_model, valid)
    }
}

/// An average that includes the buffers, and one with a decay.
mod with_buffers {
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut swa_model = AveragedModel::new(model).use_buffers(true);
        let mut ema = Ema::new(model, 0.999);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            swa_model.update_parameters(model);
            ema.update(model);
        }
        evaluate(&swa_model, valid);
        evaluate(&ema, valid);
    }
}

/// A function of another file may fit the statistics.
mod finished_elsewhere {
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut swa_model = AveragedModel::new(model);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            swa_model.update_parameters(model);
        }
        finish(&mut swa_model, train);
        evaluate(&swa_model, valid);
    }
}

/// The state of the average is saved; the average is a copy by its name.
mod saved_as_a_state {
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut swa = model.clone();
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            swa.update_parameters(&*model);
        }
        swa.state_dict().save("averaged.safetensors") //~ warning swa_without_update_bn
    }
}
