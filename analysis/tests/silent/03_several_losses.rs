//! Several losses before one step.

#[training_loop]
fn real_and_fake(critic: &mut Net, train: &DataLoader) {
    let mut optimizer = Adam::new(critic.parameters(), 1e-4);
    for batch in train {
        optimizer.zero_grad();
        let real = bce_loss(&critic.forward(&batch.input), &batch.ones);
        real.backward();
        let fake = bce_loss(&critic.forward(&batch.fake), &batch.zeros);
        fake.backward();
        optimizer.step();
    }
}

#[training_loop]
fn several_heads(trunk: &mut Net, train: &DataLoader) {
    let mut optimizer = Adam::new(trunk.parameters(), 1e-4);
    for batch in train {
        optimizer.zero_grad();
        for head in 0..3 {
            mse_loss(&trunk.forward_head(&batch.input, head), &batch.targets[head]).backward();
        }
        optimizer.step();
    }
}

#[training_loop]
fn added_up(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Adam::new(model.parameters(), 1e-4);
    for batch in train {
        let output = model.forward(&batch.input);
        let first = mse_loss(&output, &batch.target);
        let second = l1_loss(&output, &batch.target);
        optimizer.zero_grad();
        (first + second * 0.5).backward();
        optimizer.step();
    }
}

#[training_loop]
fn through_one_graph(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Adam::new(model.parameters(), 1e-4);
    for batch in train {
        let output = model.forward(&batch.input);
        let first = mse_loss(&output, &batch.target);
        let second = l1_loss(&output, &batch.target);
        optimizer.zero_grad();
        first.backward_retain_graph();
        second.backward();
        optimizer.step();
    }
}

/// The counterpart: two losses of one output, its graph not kept.
#[training_loop]
fn wrong(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Adam::new(model.parameters(), 1e-4);
    for batch in train {
        let output = model.forward(&batch.input);
        let first = mse_loss(&output, &batch.target);
        optimizer.zero_grad();
        first.backward();
        let second = l1_loss(&output, &batch.target);
        second.backward(); //~ error backward_repeated
        optimizer.step();
    }
}
