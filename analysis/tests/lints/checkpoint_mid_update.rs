/// Between the two.
mod between {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            model.save("model.safetensors")?; //~ warning checkpoint_mid_update
            optimizer.step();
        }
        Ok(())
    }
}

/// From time to time, by a function.
mod now_and_then {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.clip_grad_norm(1.0);
            if i % 1000 == 0 {
                save_checkpoint(&model, i)?; //~ warning checkpoint_mid_update
            }
            optimizer.step();
        }
        Ok(())
    }
}

/// Before the last step of the window.
mod in_a_window {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 4.0;
            loss.backward();
            if i % 1000 == 0 {
                save(&model.state_dict(), "model.safetensors")?; //~ warning checkpoint_mid_update
            }
            if (i + 1) % 4 == 0 || i + 1 == train.len() {
                optimizer.step();
                optimizer.zero_grad();
            }
        }
        Ok(())
    }
}

/// After the step.
mod after_the_step {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            if i % 1000 == 0 {
                model.save("model.safetensors")?;
            }
        }
        Ok(())
    }
}

/// At the start of the iteration.
mod at_the_head {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            if i % 1000 == 0 {
                save_checkpoint(&model, i)?;
            }
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
        }
        Ok(())
    }
}

/// Something else is saved.
mod something_else {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let output = model.forward(&batch.input);
            let loss = mse_loss(&output, &batch.target);
            loss.backward();
            output.save("output.npy")?;
            history.save("history.json")?;
            save_image(&output, "output.png")?;
            optimizer.step();
        }
        Ok(())
    }
}

/// When an epoch is over.
mod per_epoch {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for _ in 0..epochs {
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            model.save("model.safetensors")?;
        }
        Ok(())
    }
}
