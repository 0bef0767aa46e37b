//! `continue` before the forward, or one that drops the gradients on purpose.

#[training_loop]
fn before_the_forward(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        if batch.is_empty() {
            continue;
        }
        optimizer.zero_grad();
        mse_loss(&model.forward(&batch.input), &batch.target).backward();
        optimizer.step();
    }
}

#[training_loop]
fn drops_what_is_not_finite(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        if !loss.item().is_finite() {
            optimizer.zero_grad();
            continue;
        }
        optimizer.step();
        optimizer.zero_grad();
    }
}

#[training_loop]
fn zeroed_at_the_head(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        if loss.item().is_nan() {
            continue;
        }
        loss.backward();
        optimizer.step();
    }
}

#[training_loop]
fn skips_what_cannot_be_read(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        let Ok(batch) = batch else { continue };
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
        optimizer.zero_grad();
    }
}

/// The counterpart: the `continue` is between `step` and `zero_grad`.
#[training_loop]
fn wrong(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for (i, batch) in train.iter().enumerate() {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward(); //~ warning missing_zero_grad
        optimizer.step();
        if i % 10 == 0 {
            continue;
        }
        optimizer.zero_grad();
    }
}
