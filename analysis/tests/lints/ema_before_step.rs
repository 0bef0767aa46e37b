/// Between the two.
mod between {
    #[training_loop]
    fn fit(model: &mut Net, ema: &mut Ema, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            ema.update(&model); //~ warning ema_before_step
            optimizer.step();
        }
        Ok(())
    }
}

/// By a function, after the clip.
mod by_a_function {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.clip_grad_norm(1.0);
            update_ema(&mut shadow, &model, 0.999); //~ warning ema_before_step
            optimizer.step();
        }
        Ok(())
    }
}

/// With each batch of a window.
mod with_each_batch {
    #[training_loop]
    fn fit(model: &mut Net, ema: &mut Ema, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 4.0;
            loss.backward();
            if (i + 1) % 4 == 0 || i + 1 == train.len() {
                optimizer.step();
                optimizer.zero_grad();
            }
            ema.update(&model); //~ warning ema_before_step
        }
        Ok(())
    }
}

/// After the step.
mod after_the_step {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut ema = Ema::new(&model, 0.999);
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            optimizer.step();
            ema.update(&model);
        }
    }
}

/// With the update of a window.
mod with_the_update {
    #[training_loop]
    fn fit(model: &mut Net, ema: &mut Ema, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 4.0;
            loss.backward();
            if (i + 1) % 4 == 0 || i + 1 == train.len() {
                optimizer.step();
                ema.update(&model);
                optimizer.zero_grad();
            }
        }
        Ok(())
    }
}

/// The average of a loss is a number.
mod of_a_loss {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            loss_ema.update(loss.item());
            ema.update(loss.item());
            optimizer.step();
        }
        Ok(())
    }
}

/// Once an epoch.
mod once_an_epoch {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        let mut swa = Averaged::new(&model);
        for _ in 0..epochs {
            for batch in train {
                optimizer.zero_grad();
                cross_entropy(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            swa.update(&model);
        }
    }
}
