//! `backward` of a loss with an argument: a seed, or nothing.

fn a_seed(model: &Net, data: &DataLoader) {
    let optimizer = SGD::new(model.parameters(), 0.01);
    for batch in data {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward(1.0); //~ error missing_zero_grad
        optimizer.step();
    }
}

fn no_seed(model: &Net, data: &DataLoader) {
    let mut optimizer = SGD::new(model.parameters(), 0.01);
    for batch in data {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward(None); //~ error missing_zero_grad
        optimizer.step();
    }
}

fn a_gradient(model: &Net, seed: &Tensor, data: &DataLoader) {
    let mut optimizer = SGD::new(model.parameters(), 0.01);
    for batch in data {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward(&seed); //~ error missing_zero_grad
        optimizer.step();
    }
}

fn zeroed(model: &Net, data: &DataLoader) {
    let mut optimizer = SGD::new(model.parameters(), 0.01);
    for batch in data {
        optimizer.zero_grad();
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward(1.0);
        optimizer.step();
    }
}

fn twice(model: &Net, data: &DataLoader) {
    let mut optimizer = SGD::new(model.parameters(), 0.01);
    for batch in data {
        optimizer.zero_grad();
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward(1.0);
        loss.backward(1.0); //~ error backward_repeated
        optimizer.step();
    }
}

/// Two gradients are propagated through one tensor.
fn two_seeds(model: &Net, one: &Tensor, other: &Tensor, data: &DataLoader) {
    let mut optimizer = SGD::new(model.parameters(), 0.01);
    for batch in data {
        optimizer.zero_grad();
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward(&one);
        loss.backward(&other);
        optimizer.step();
    }
}

fn too_late(model: &Net, data: &DataLoader) {
    let mut optimizer = SGD::new(model.parameters(), 0.01);
    for batch in data {
        optimizer.zero_grad();
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        optimizer.step(); //~ error step_before_backward
        loss.backward(1.0);
    }
}

/// Writes that have nothing to do with gradients hide no fault.
fn other_writes(net: &mut Net, log: &mut Log, data: &mut DataLoader) {
    let mut optimizer = Sgd::new(net.parameters(), 0.1);
    let mut metric = Accuracy::new();
    for epoch in 0..9 {
        data.reset();
        metric.reset();
        for batch in data.iter() {
            log.count = 0;
            log.grad_norm = 0.0;
            let loss = mse_loss(&net.forward(&batch.input), &batch.target);
            loss.backward(); //~ error missing_zero_grad
            optimizer.step();
        }
        println!("{epoch}");
    }
}
