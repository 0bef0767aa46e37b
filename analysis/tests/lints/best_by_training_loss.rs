/// A validation loss is available.
mod validation_at_hand {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) -> Result<()> {
        let mut best = f64::INFINITY;
        for epoch in 0..10 {
            let train_loss = train_epoch(model, train)?;
            let valid_loss = evaluate(model, valid)?;
            println!("{epoch} {train_loss} {valid_loss}");
            if train_loss < best { //~ warning best_by_training_loss
                best = train_loss;
                model.save("best.safetensors")?;
            }
        }
        Ok(())
    }
}

/// Recognised by the forward passes, not by names.
mod told_by_the_forwards {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, test: &DataLoader) -> Net {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let (mut lowest, mut best_model) = (f64::MAX, model.clone());
        for _ in 0..10 {
            model.train();
            let mut sum = 0.0;
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                sum += loss.item();
            }
            let average = sum / 100.0;
            let guard = evaluation(model);
            let mut test_error = 0.0;
            for batch in test {
                test_error += mse_loss(&model.forward(&batch.input), &batch.target).item();
            }
            drop(guard);
            println!("{test_error}");
            if lowest > average { //~ warning best_by_training_loss
                lowest = average;
                best_model = model.clone();
            }
        }
        best_model
    }
}

/// Chosen by the validation loss.
mod validation_decides {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) -> Result<()> {
        let (mut best, mut best_accuracy) = (f64::INFINITY, 0.0);
        for _ in 0..10 {
            let train_loss = train_epoch(model, train)?;
            let (valid_loss, valid_accuracy) = evaluate(model, valid)?;
            println!("{train_loss}");
            if valid_loss < best {
                best = valid_loss;
                model.save("best.safetensors")?;
            }
            if valid_accuracy > best_accuracy {
                best_accuracy = valid_accuracy;
                model.save("accurate.safetensors")?;
            }
        }
        Ok(())
    }
}

/// No validation at all.
mod no_validation {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut best = f64::INFINITY;
        for _ in 0..10 {
            let train_loss = train_epoch(model, train)?;
            if train_loss < best {
                best = train_loss;
                model.save("best.safetensors")?;
            }
        }
        Ok(())
    }
}

/// The lowest training loss is only recorded, and no model is kept.
mod only_noted {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) -> Result<()> {
        let mut best = f64::INFINITY;
        for _ in 0..10 {
            let train_loss = train_epoch(model, train)?;
            let valid_loss = evaluate(model, valid)?;
            println!("{valid_loss}");
            if train_loss < best {
                best = train_loss;
                println!("lowest so far: {best}");
            }
        }
        Ok(())
    }
}

/// A number of unknown origin, and one measured without training.
mod not_known {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader) -> Result<()> {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let (mut best, mut least) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..10 {
            for batch in train {
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
            let valid_loss = evaluate(model, valid)?;
            let score = metric(valid_loss);
            if score < best {
                best = score;
                model.save("best.safetensors")?;
            }
            let guard = evaluation(model);
            let mut sum = 0.0;
            for batch in valid {
                sum += mse_loss(&model.forward(&batch.input), &batch.target).item();
            }
            drop(guard);
            if sum < least {
                least = sum;
                model.save("least.safetensors")?;
            }
        }
        Ok(())
    }
}
