//! `zero_grad` at any place that separates two iterations.

#[training_loop]
fn before_forward(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

#[training_loop]
fn before_backward(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
}

#[training_loop]
fn after_step(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
        optimizer.zero_grad();
    }
}

#[training_loop]
fn on_the_model(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        model.zero_grad();
        mse_loss(&model.forward(&batch.input), &batch.target).backward();
        optimizer.step();
    }
}

#[training_loop]
fn under_the_same_condition(model: &mut Net, train: &DataLoader, active: bool) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        if active {
            mse_loss(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

#[training_loop]
fn twice(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    optimizer.zero_grad();
    for batch in train {
        optimizer.zero_grad();
        mse_loss(&model.forward(&batch.input), &batch.target).backward();
        optimizer.step();
        optimizer.zero_grad();
    }
}

/// The counterpart: between `backward` and `step` it separates nothing.
#[training_loop]
fn wrong(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.zero_grad(); //~ error gradients_discarded
        optimizer.step();
    }
}
