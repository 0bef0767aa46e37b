//! An optimizer that gets parameters in each call, and steps only some of those that it zeroes.

fn faulty(first: &Linear, second: &Linear, data: &[Sample]) {
    let optimizer = Sgd::new(0.1);
    for sample in data {
        optimizer.zero_grad(&first.parameters());
        optimizer.zero_grad(&second.parameters()); //~ warning missing_step
        let loss = bce_loss(&second.forward(&first.forward(&sample.x)), &sample.y);
        loss.backward();
        optimizer.step(&first.parameters());
    }
}

fn right(first: &Linear, second: &Linear, data: &[Sample]) {
    let optimizer = Sgd::new(0.1);
    for sample in data {
        optimizer.zero_grad(&first.parameters());
        optimizer.zero_grad(&second.parameters());
        let loss = bce_loss(&second.forward(&first.forward(&sample.x)), &sample.y);
        loss.backward();
        optimizer.step(&first.parameters());
        optimizer.step(&second.parameters());
    }
}
