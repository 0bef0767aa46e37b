//! Whether this is training is decided at run time.

#[training_loop]
fn a_flag(model: &mut Net, optimizer: &mut Sgd, data: &DataLoader, train: bool) -> f64 {
    let mut total = 0.0;
    if train {
        model.train();
    } else {
        model.eval();
    }
    for batch in data {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        if train {
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        total += loss.item();
    }
    total
}

#[training_loop]
fn an_option(model: &mut Net, mut optimizer: Option<&mut Sgd>, data: &DataLoader) -> f64 {
    let mut total = 0.0;
    for batch in data {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        if let Some(optimizer) = optimizer.as_deref_mut() {
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        total += loss.item();
    }
    total
}

#[training_loop]
fn a_phase(model: &mut Net, optimizer: &mut Sgd, data: &Data) {
    for phase in [Phase::Train, Phase::Valid] {
        match phase {
            Phase::Train => model.train(),
            Phase::Valid => model.eval(),
        }
        for batch in data.of(phase) {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            if phase == Phase::Train {
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
            }
        }
    }
}

#[training_loop]
fn a_setting(model: &mut Net, optimizer: &mut Sgd, data: &DataLoader, config: &Config) {
    for batch in data {
        if config.train {
            optimizer.zero_grad();
        }
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        if config.train {
            loss.backward();
        }
        if config.train {
            optimizer.step();
        }
    }
}

/// The counterpart: the branch that trains forgets to zero.
#[training_loop]
fn wrong(model: &mut Net, optimizer: &mut Sgd, data: &DataLoader, train: bool) {
    for batch in data {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        if train {
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
    }
}
