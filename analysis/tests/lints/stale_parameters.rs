/// A new head for another task, after the optimizer was built.
mod new_head {
    #[training_loop]
    fn fine_tune(train: &DataLoader) -> Result<()> {
        let mut model = Net::load("pretrained.bin")?;
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        model.head = Linear::new(512, 7);
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step(); //~ error stale_parameters
        }
        Ok(())
    }
}

/// Loaded as a new model.
mod loaded_anew {
    #[training_loop]
    fn resume(train: &DataLoader, path: &Path) -> Result<()> {
        let mut model = Net::new(10);
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        model = Net::load(path)?;
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step(); //~ error stale_parameters
        }
        Ok(())
    }
}

/// The model is reset where training got stuck, the optimizer is not.
mod started_over {
    #[training_loop]
    fn fit(train: &DataLoader, stuck: bool) {
        let mut model = Net::new(10);
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        if stuck {
            model = Net::new(20);
        }
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step(); //~ warning stale_parameters
        }
    }
}

/// The head first, the optimizer last.
mod in_order {
    #[training_loop]
    fn fine_tune(train: &DataLoader) -> Result<()> {
        let mut model = Net::load("pretrained.bin")?;
        model.head = Linear::new(512, 7);
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
        Ok(())
    }
}

/// Values are loaded into the existing parameters.
mod loaded_in_place {
    #[training_loop]
    fn resume(train: &DataLoader, saved: &StateDict) -> Result<()> {
        let mut model = Net::new(10);
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        model.load_state_dict(saved)?;
        optimizer.load_state_dict(saved)?;
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
        Ok(())
    }

    fn with_a_store(train: &mut Batches) -> Result<()> {
        let mut vs = nn::VarStore::new(Device::Cpu);
        let net = classifier(&vs.root());
        let mut opt = nn::Adam::default().build(&vs, 1e-3)?;
        vs.load("weights.ot")?;
        for (x, y) in train.iter() {
            opt.backward_step(&net.forward(&x).cross_entropy_for_logits(&y));
        }
        Ok(())
    }
}

/// A model and an optimizer for each fold.
mod for_each_fold {
    #[training_loop]
    fn folds(folds: &[Fold]) {
        let mut model = Net::new(10);
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        for fold in folds {
            for batch in &fold.train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            report(&model, fold);
            model = Net::new(10);
            optimizer = AdamW::new(model.parameters(), 1e-4);
        }
    }
}

/// The replaced part has no parameters, or is another model.
mod something_else {
    #[training_loop]
    fn fit(train: &DataLoader) {
        let mut model = Net::new(10);
        let mut target = Net::new(10);
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        model.counter = Counter::new();
        for batch in train {
            target = Net::new(10);
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&batch.input), &target.forward(&batch.input).detach());
            loss.backward();
            optimizer.step();
        }
        model.save("model.bin");
    }
}

/// Frozen for a while, which is no replacement.
mod frozen {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = AdamW::new(model.parameters(), 1e-4);
        model.encoder.freeze();
        for epoch in 0..epochs {
            if epoch == 3 {
                model.encoder.unfreeze();
            }
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
        }
    }
}

/// Replaced in each batch: building the optimizer after it would rebuild it in each batch.
mod in_the_batch_loop {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            model.output = Linear::new(2, 2);
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step(); //~ error stale_parameters
        }
    }
}
