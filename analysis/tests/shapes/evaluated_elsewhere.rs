//! An opaque function evaluates the model: it neither steps nor zeroes.

#[training_loop]
fn shared_step(model: &Net, train: &DataLoader, valid: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
        optimizer.zero_grad();
        loss.backward(); //~ error missing_step
    }
    println!("{}", validate(model, valid));
}
#[training_loop]
fn exclusive_step(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for epoch in 0..3 {
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward(); //~ error missing_step
        }
        println!("{}", validate(model, valid));
    }
}
#[training_loop]
fn exclusive_zero(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for epoch in 0..3 {
        for batch in train {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
        println!("{}", validate(model, valid));
    }
}
#[training_loop]
fn exclusive_window(model: &mut Net, train: &DataLoader, valid: &DataLoader, k: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for epoch in 0..3 {
        for (i, batch) in train.iter().enumerate() {
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
            loss.backward(); //~ warning missing_zero_grad
            if (i + 1) % k == 0 || i + 1 == train.batches() {
                optimizer.step();
            }
        }
        println!("{}", validate(model, valid));
    }
}
#[training_loop]
fn exclusive_rebuilt(model: &mut Net, train: &DataLoader, valid: &DataLoader, k: usize) {
    for epoch in 0..3 {
        for (i, batch) in train.iter().enumerate() {
            let mut optimizer = Adam::new(model.parameters(), 0.1); //~ error optimizer_rebuilt
            let loss = cross_entropy(&model.forward(&batch.input), &batch.target) / k as f32;
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        println!("{}", validate(model, valid));
    }
}

#[training_loop]
fn right(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for epoch in 0..3 {
        for batch in train {
            optimizer.zero_grad();
            cross_entropy(&model.forward(&batch.input), &batch.target).backward();
            optimizer.step();
        }
        println!("{}", validate(model, valid));
    }
}
#[training_loop]
fn stepped_by_hand(model: &mut Net, train: &DataLoader, valid: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        cross_entropy(&model.forward(&batch.input), &batch.target).backward();
        update_parameters(model, 0.1);
    }
    println!("{}", validate(model, valid));
}
#[training_loop]
fn zeroed_elsewhere(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        prepare(model);
        cross_entropy(&model.forward(&batch.input), &batch.target).backward();
        optimizer.step();
    }
}
#[training_loop]
fn stepped_by_a_method(trainer: &mut Trainer, model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        cross_entropy(&model.forward(&batch.input), &batch.target).backward();
        trainer.apply(&mut optimizer);
    }
}
