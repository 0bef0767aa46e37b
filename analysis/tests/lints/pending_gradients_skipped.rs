/// A bad loss is detected after `backward`.
mod a_bad_loss {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            if !loss.item().is_finite() {
                continue; //~ warning pending_gradients_skipped
            }
            optimizer.step();
            optimizer.zero_grad();
        }
        Ok(())
    }
}

/// A gradient with a too large norm.
mod a_long_gradient {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            let value = loss.item();
            loss.backward();
            let norm = optimizer.clip_grad_norm(1.0);
            if norm > 100.0 {
                println!("{value}");
                continue; //~ warning pending_gradients_skipped
            }
            optimizer.step();
            optimizer.zero_grad();
        }
        Ok(())
    }
}

/// Out of the epoch, to the next one.
mod out_of_the_epoch {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader, epochs: usize) {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        'epochs: for _ in 0..epochs {
            for batch in train {
                let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
                loss.backward();
                if loss.item().is_nan() {
                    continue 'epochs; //~ warning pending_gradients_skipped
                }
                optimizer.step();
                optimizer.zero_grad();
            }
        }
    }
}

/// The step is skipped, and `zero_grad` too.
mod no_else {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            if loss.item().is_finite() { //~ warning pending_gradients_skipped
                optimizer.step();
                optimizer.zero_grad();
            }
        }
        Ok(())
    }
}

/// A bad batch of a window goes into its sum.
mod in_a_window {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 4.0;
            loss.backward();
            if loss.item().is_nan() {
                continue; //~ warning pending_gradients_skipped
            }
            if (i + 1) % 4 == 0 || i + 1 == train.len() {
                optimizer.step();
                optimizer.zero_grad();
            }
        }
        Ok(())
    }
}

/// Dropped before the jump.
mod dropped {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            if !loss.item().is_finite() {
                optimizer.zero_grad();
                continue;
            }
            optimizer.step();
            optimizer.zero_grad();
        }
        Ok(())
    }
}

/// Zeroed at the start of each iteration.
mod zeroed_at_the_head {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            optimizer.zero_grad();
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            if !loss.item().is_finite() {
                continue;
            }
            optimizer.step();
        }
        Ok(())
    }
}

/// Tested before `backward`.
mod asked_before {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            if !loss.item().is_finite() {
                continue;
            }
            loss.backward();
            optimizer.step();
            optimizer.zero_grad();
        }
        Ok(())
    }
}

/// A `continue` because the window is incomplete.
mod accumulation {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (i, batch) in train.iter().enumerate() {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / 4.0;
            loss.backward();
            if (i + 1) % 4 != 0 && i + 1 != train.len() {
                continue;
            }
            optimizer.step();
            optimizer.zero_grad();
        }
        Ok(())
    }
}

/// Training ends there.
mod the_end {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            if !loss.item().is_finite() {
                break;
            }
            optimizer.step();
            optimizer.zero_grad();
        }
        Ok(())
    }
}

/// Zeroed in every iteration, with or without a step.
mod zeroed_after_the_if {
    #[training_loop]
    fn fit(model: &mut Net, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward();
            if loss.item().is_finite() {
                optimizer.step();
            }
            optimizer.zero_grad();
        }
        Ok(())
    }
}
