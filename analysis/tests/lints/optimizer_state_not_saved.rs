/// Resumed from the file that each epoch writes.
mod resumed {
    fn fit(model: &mut Net, train: &DataLoader, resume: bool) -> Result<()> {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        if resume {
            model.load("checkpoint.safetensors")?;
        }
        for _ in 0..10 {
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
            model.save("checkpoint.safetensors")?; //~ warning optimizer_state_not_saved
        }
        Ok(())
    }
}

/// A path in a field, and functions that save and load; a given optimizer.
mod by_functions {
    fn fit(model: &mut Net, optimizer: &mut AdamW, train: &DataLoader, config: &Config) -> Result<()> {
        if config.checkpoint.exists() {
            load_checkpoint(model, &config.checkpoint)?;
        }
        for (i, batch) in train.iter().enumerate() {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            if i % 1000 == 0 {
                save_checkpoint(&model, &config.checkpoint)?; //~ warning optimizer_state_not_saved
            }
        }
        Ok(())
    }
}

/// A momentum is a state as well; the path has a name.
mod momentum {
    fn fit(train: &DataLoader, directory: &Path) -> Result<()> {
        let mut model = Net::new(64);
        let file = directory.join("last.safetensors");
        if file.exists() {
            model.load(&file)?;
        }
        let mut optimizer = Sgd::new(model.parameters(), 0.1).momentum(0.9);
        for _ in 0..10 {
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
            model.save(&file)?; //~ warning optimizer_state_not_saved
        }
        Ok(())
    }
}

/// Another function of the file resumes.
mod by_another_function {
    const LAST: &str = "last.safetensors";
    fn start(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        model.save(LAST) //~ warning optimizer_state_not_saved
    }
    fn resume(model: &mut Net, train: &DataLoader) -> Result<()> {
        model.load(LAST)?;
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        Ok(())
    }
}

/// The state goes into a file beside the model's.
mod two_files {
    fn fit(model: &mut Net, train: &DataLoader, resume: bool) -> Result<()> {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        if resume {
            model.load("model.safetensors")?;
            optimizer.load_state_dict(StateDict::load("optimizer.safetensors")?)?;
        }
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        model.save("model.safetensors")?;
        optimizer.state_dict().save("optimizer.safetensors")
    }
}

/// One checkpoint for both.
mod one_checkpoint {
    fn fit(model: &mut Net, train: &DataLoader, path: &Path) -> Result<()> {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        if path.exists() {
            load_checkpoint(path, model, &mut optimizer)?;
        }
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        save_checkpoint(path, &model, &optimizer)
    }
}

/// A pretrained model is tuned and saved as another one.
mod tuned {
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        model.load("pretrained.safetensors")?;
        let mut optimizer = Adam::new(model.parameters(), 1e-5);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        model.save("tuned.safetensors")
    }
}

/// The final model is read again for a test, and not trained on.
mod for_a_test {
    fn fit(model: &mut Net, train: &DataLoader, test: &DataLoader) -> Result<f64> {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        model.save("final.safetensors")?;
        let mut best = Net::new(64);
        best.load("final.safetensors")?;
        Ok(evaluate(&best, test))
    }
}

/// Plain gradient descent has no state.
mod stateless {
    fn fit(model: &mut Net, train: &DataLoader, resume: bool) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        if resume {
            model.load("checkpoint.safetensors")?;
        }
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        model.save("checkpoint.safetensors")
    }
}

/// A trainer whose methods save and load.
mod of_a_trainer {
    struct Trainer {
        model: Net,
        optimizer: Adam,
        path: PathBuf,
    }
    impl Trainer {
        fn save_checkpoint(&self) -> Result<()> {
            self.model.save(&self.path) //~ warning optimizer_state_not_saved
        }
        fn load_checkpoint(&mut self) -> Result<()> {
            self.model.load(&self.path)
        }
        fn fit(&mut self, train: &DataLoader, resume: bool) -> Result<()> {
            if resume {
                self.load_checkpoint()?;
            }
            for batch in train {
                let loss = mse_loss(&self.model.forward(&batch.input), &batch.target);
                self.optimizer.zero_grad();
                loss.backward();
                self.optimizer.step();
            }
            self.save_checkpoint()
        }
    }
}

/// A trainer whose methods keep both.
mod of_a_careful_trainer {
    struct Trainer {
        model: Net,
        optimizer: Adam,
        path: PathBuf,
    }
    impl Trainer {
        fn save_checkpoint(&self) -> Result<()> {
            self.model.save(&self.path)?;
            self.optimizer.state_dict().save(&self.path.with_extension("optimizer"))
        }
        fn load_checkpoint(&mut self) -> Result<()> {
            self.model.load(&self.path)?;
            self.optimizer.load_state_dict(StateDict::load(&self.path.with_extension("optimizer"))?)
        }
        fn fit(&mut self, train: &DataLoader, resume: bool) -> Result<()> {
            if resume {
                self.load_checkpoint()?;
            }
            for batch in train {
                let loss = mse_loss(&self.model.forward(&batch.input), &batch.target);
                self.optimizer.zero_grad();
                loss.backward();
                self.optimizer.step();
            }
            self.save_checkpoint()
        }
    }
}

/// The macro does not see the imports of a file: the optimizer has the shape of tch's, which cannot save its state.
mod built_with_a_store {
    #[training_loop]
    fn fit(vs: &mut nn::VarStore, net: &Net, data: &[Batch]) -> Result<()> {
        vs.load("checkpoint.ot")?;
        let mut optimizer = nn::Adam::default().build(&vs, 1e-3)?;
        for batch in data {
            let loss = cross_entropy(&net.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        vs.save("checkpoint.ot")
    }
}

/// The two calls have the model and the device in common, and not the file.
mod other_files {
    fn fit(model: &mut Net, train: &DataLoader, device: &Device, start: &str, end: &str) -> Result<()> {
        load_weights(model, start, device)?;
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        save_weights(model, end, device)
    }
}
