//! Closures that run forward and backward several times in one step. Each evaluation needs its own `zero_grad`.

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
fn with_the_optimizer(model: &mut Net, data: &Data) {
    let mut optimizer = Lbfgs::new(model.parameters(), 1.0);
    for _ in 0..10 {
        optimizer.step_with(|optimizer| {
            optimizer.zero_grad();
            let loss = mse_loss(&model.forward(&data.input), &data.target);
            loss.backward();
            loss.item()
        });
    }
}

#[training_loop]
fn stored(model: &mut Net, data: &Data) {
    let mut optimizer = Lbfgs::new(model.parameters(), 1.0);
    let closure = || {
        model.zero_grad();
        let loss = mse_loss(&model.forward(&data.input), &data.target);
        loss.backward();
        loss.item()
    };
    for _ in 0..10 {
        optimizer.step(closure);
    }
}

#[training_loop]
fn by_reference(model: &mut Net, optimizer: &mut LBFGS, data: &Data) -> Result<()> {
    for _ in 0..10 {
        optimizer.step(&mut || {
            for parameter in model.parameters() {
                parameter.zero_grad();
            }
            let loss = mse_loss(&model.forward(&data.input)?, &data.target);
            loss.backward();
            Ok(loss.item())
        })?;
    }
    Ok(())
}

/// An optimizer that makes one update in a step evaluates its closure once.
#[training_loop]
fn of_sgd(model: &mut Net, data: &Data) {
    let mut optimizer = Sgd::new(model.parameters(), 1.0);
    for _ in 0..10 {
        optimizer.zero_grad();
        optimizer.step(|| {
            let loss = mse_loss(&model.forward(&data.input), &data.target);
            loss.backward();
            loss.item()
        });
    }
}

/// An optimizer without gradients only reads the loss.
#[training_loop]
fn without_gradients(model: &mut Net, data: &Data) {
    let mut optimizer = Evolution::new(model.parameters());
    for _ in 0..10 {
        optimizer.step(|| mse_loss(&model.forward(&data.input), &data.target).item());
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
