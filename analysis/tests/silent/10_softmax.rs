//! Softmax before a loss that takes probabilities.

#[training_loop]
fn log_softmax_and_nll(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        let output = model.forward(&batch.input).log_softmax(1);
        let loss = nll_loss(&output, &batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
}

#[training_loop]
fn sigmoid_and_bce(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        let output = model.forward(&batch.input).sigmoid();
        let loss = binary_cross_entropy(&output, &batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
}

#[training_loop]
fn softmax_for_the_metric_only(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        let logits = model.forward(&batch.input);
        let loss = cross_entropy(&logits, &batch.target);
        println!("{}", accuracy(&logits.softmax(1), &batch.target).item());
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
}

#[training_loop]
fn softmax_inside_the_model(attention: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(attention.parameters(), 0.1);
    for batch in train {
        let weights = attention.forward(&batch.input).softmax(1);
        let loss = mse_loss(&weights.matmul(&batch.values), &batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
}

/// The counterpart: a loss that takes logits.
#[training_loop]
fn wrong(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        let output = model.forward(&batch.input).softmax(1);
        let loss = cross_entropy(&output, &batch.target); //~ error double_softmax
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
}
