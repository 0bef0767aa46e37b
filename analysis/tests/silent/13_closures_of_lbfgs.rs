//! Closures that run forward and backward several times in one step.

#[training_loop]
fn as_an_argument(model: &mut Net, data: &Data) {
    let mut optimizer = Lbfgs::new(model.parameters(), 1.0);
    for _ in 0..10 {
        optimizer.step(|| {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&data.input), &data.target);
            loss.backward();
            loss.item()
        });
    }
}

#[training_loop]
fn without_zeroing(model: &mut Net, data: &Data) {
    let mut optimizer = Lbfgs::new(model.parameters(), 1.0);
    for _ in 0..10 {
        optimizer.step(|| {
            let loss = mse_loss(&model.forward(&data.input), &data.target);
            loss.backward();
            loss
        });
    }
}

#[training_loop]
fn stored(model: &mut Net, data: &Data) {
    let mut optimizer = Lbfgs::new(model.parameters(), 1.0);
    let closure = || {
        let loss = mse_loss(&model.forward(&data.input), &data.target);
        loss.backward();
        loss.item()
    };
    for _ in 0..10 {
        optimizer.zero_grad();
        optimizer.step(closure);
    }
}

#[training_loop]
fn by_reference(model: &mut Net, data: &Data) {
    let mut optimizer = Lbfgs::new(model.parameters(), 1.0);
    for _ in 0..10 {
        optimizer.zero_grad();
        optimizer.step(&mut || {
            let loss = mse_loss(&model.forward(&data.input), &data.target);
            loss.backward();
            loss.item()
        });
    }
}

/// The counterpart: a plain `step` takes no closure.
#[training_loop]
fn wrong(model: &mut Net, data: &Data) {
    let mut optimizer = Sgd::new(model.parameters(), 1.0);
    let closure = || {
        let loss = mse_loss(&model.forward(&data.input), &data.target);
        loss.backward(); //~ error missing_zero_grad
        loss.item()
    };
    for _ in 0..10 {
        closure();
        optimizer.step();
    }
}
