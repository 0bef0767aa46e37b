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

/// Early stopping by the training loss.
mod early_stopping {
    fn counted_beside_the_branch(model: &mut Net, train: &DataLoader, valid: &DataLoader, patience: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let mut best = f32::INFINITY;
        let mut wait = 0;
        for epoch in 0..500 {
            let train_loss = train_epoch(model, &mut optimizer, train);
            let valid_loss = evaluate(model, valid);
            println!("{epoch} {} {}", train_loss, valid_loss);
            if train_loss < best - 1e-4 { //~ warning best_by_training_loss
                best = train_loss;
                wait = 0;
            } else {
                wait += 1;
            }
            if wait >= patience {
                break;
            }
        }
    }

    fn the_other_way_round(model: &mut Net, train: &DataLoader, valid: &DataLoader, patience: usize) -> f32 {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let mut best = f32::INFINITY;
        let mut wait = 0;
        for epoch in 0..500 {
            let train_loss = train_epoch(model, &mut optimizer, train);
            let valid_loss = evaluate(model, valid);
            println!("{epoch} {} {}", train_loss, valid_loss);
            if train_loss >= best { //~ warning best_by_training_loss
                wait += 1;
                if wait >= patience {
                    println!("stop");
                    return best;
                }
            } else {
                best = train_loss;
                wait = 0;
            }
        }
        best
    }

    fn by_an_object(model: &mut Net, train: &DataLoader, valid: &DataLoader, patience: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let mut stopper = EarlyStopping::new(patience);
        for epoch in 0..500 {
            let mut train_loss = 0.0;
            for batch in train {
                optimizer.zero_grad();
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
                train_loss += loss.item();
            }
            let valid_loss = evaluate(model, valid);
            println!("{epoch} {} {}", train_loss, valid_loss);
            if stopper.step(train_loss) { //~ warning best_by_training_loss
                break;
            }
        }
    }

    fn after_a_continue(model: &mut Net, train: &DataLoader, valid: &DataLoader, patience: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let (mut best, mut bad) = (f32::INFINITY, 0);
        for epoch in 0..500 {
            let mut total = 0.0;
            for batch in train {
                optimizer.zero_grad();
                let loss = mse_loss(&model.forward(&batch.input), &batch.target);
                loss.backward();
                optimizer.step();
                total += loss.item();
            }
            let mean = total / train.len() as f32;
            let val_acc = evaluate(model, valid);
            println!("{epoch} {} {}", mean, val_acc);
            if mean < best { //~ warning best_by_training_loss
                best = mean;
                bad = 0;
                continue;
            }
            bad += 1;
            if bad == patience {
                break;
            }
        }
    }
}

/// Early stopping by the validation loss, or without validation data.
mod right_early_stopping {
    fn no_validation(model: &mut Net, train: &DataLoader, patience: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let (mut best, mut wait) = (f32::INFINITY, 0);
        for epoch in 0..500 {
            let train_loss = train_epoch(model, &mut optimizer, train);
            println!("{epoch} {}", train_loss);
            if train_loss < best {
                best = train_loss;
                wait = 0;
            } else {
                wait += 1;
                if wait >= patience {
                    break;
                }
            }
        }
    }

    fn only_noted(model: &mut Net, train: &DataLoader, valid: &DataLoader, patience: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let (mut best_train, mut best, mut wait, mut worse) = (f32::INFINITY, f32::INFINITY, 0, 0);
        for epoch in 0..500 {
            let train_loss = train_epoch(model, &mut optimizer, train);
            let valid_loss = evaluate(model, valid);
            println!("{epoch} {} {} {}", train_loss, valid_loss, worse);
            if train_loss < best_train {
                best_train = train_loss;
            } else {
                worse += 1;
            }
            if valid_loss < best {
                best = valid_loss;
                wait = 0;
            } else {
                wait += 1;
            }
            if wait >= patience {
                break;
            }
        }
    }

    fn by_an_object(model: &mut Net, train: &DataLoader, valid: &DataLoader, patience: usize) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let mut stopper = EarlyStopping::new(patience);
        for epoch in 0..500 {
            let train_loss = train_epoch(model, &mut optimizer, train);
            let valid_loss = evaluate(model, valid);
            println!("{epoch} {} {}", train_loss, valid_loss);
            if stopper.step(valid_loss) {
                break;
            }
            if !train_loss.is_finite() {
                break;
            }
        }
    }
}

/// The model keeps the loss of its last batch.
mod own_loss {
    fn wrong(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let mut best = f64::MAX;
        for epoch in 0..10 {
            for batch in train {
                optimizer.zero_grad();
                mse_loss(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            let valid_loss = evaluate(&model, valid);
            println!("{epoch}: {valid_loss}");
            if model.loss() < best { //~ warning best_by_training_loss
                best = model.loss();
                save(&model);
            }
        }
    }

    /// The evaluation may replace the loss that the model keeps.
    fn right(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
        let mut optimizer = Adam::new(model.parameters(), 1e-3);
        let mut best = f64::MAX;
        for epoch in 0..10 {
            for batch in train {
                optimizer.zero_grad();
                mse_loss(&model.forward(&batch.input), &batch.target).backward();
                optimizer.step();
            }
            let valid_loss = evaluate(model, valid);
            println!("{epoch}: {valid_loss}");
            if model.loss() < best {
                best = model.loss();
                save(&model);
            }
        }
    }
}
