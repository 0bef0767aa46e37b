//! The user's own functions with the names of macros, or with names that suggest an internal meaning.

#[training_loop]
fn looks(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        looks_at(&mut optimizer);
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

#[training_loop]
fn comes_back(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        never_comes_back(&mut optimizer);
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

#[training_loop]
fn prints(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        println(&mut optimizer);
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

#[training_loop]
fn printed(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        println!("{optimizer:?}");
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward(); //~ error missing_zero_grad
        optimizer.step();
    }
}
