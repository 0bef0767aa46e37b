//! Several backwards, then step and zero under one condition, and the flush after the loop.

#[training_loop]
fn with_a_counter(model: &mut Net, train: &DataLoader, k: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for (i, batch) in train.iter().enumerate() {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target) / k as f64;
        loss.backward();
        if (i + 1) % k == 0 {
            optimizer.step();
            optimizer.zero_grad();
        }
    }
    if train.len() % k != 0 {
        optimizer.step();
        optimizer.zero_grad();
    }
}

#[training_loop]
fn or_the_last(model: &mut Net, train: &DataLoader, k: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for (i, batch) in train.iter().enumerate() {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target) / k as f64;
        loss.backward();
        if (i + 1) % k == 0 || i + 1 == train.len() {
            optimizer.step();
            optimizer.zero_grad();
        }
    }
}

#[training_loop]
fn zero_before_the_window(model: &mut Net, train: &DataLoader, k: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for window in train.windows(k) {
        optimizer.zero_grad();
        for batch in window {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target) / k as f64;
            loss.backward();
        }
        optimizer.step();
    }
}

#[training_loop]
fn counted_by_hand(model: &mut Net, train: &DataLoader, k: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    let mut pending = 0;
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target) / k as f64;
        loss.backward();
        pending += 1;
        if pending == k {
            optimizer.step();
            optimizer.zero_grad();
            pending = 0;
        }
    }
    if pending > 0 {
        optimizer.step();
        optimizer.zero_grad();
    }
}

#[training_loop]
fn not_yet_full(model: &mut Net, train: &DataLoader, k: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for (i, batch) in train.iter().enumerate() {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target) / k as f64;
        loss.backward();
        if (i + 1) % k != 0 && i + 1 < train.len() {
            continue;
        }
        optimizer.step();
        optimizer.zero_grad();
    }
}

/// The counterpart: `step` under the condition, no `zero_grad` anywhere.
#[training_loop]
fn wrong(model: &mut Net, train: &DataLoader, k: usize) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for (i, batch) in train.iter().enumerate() {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target) / k as f64;
        loss.backward(); //~ warning missing_zero_grad
        if (i + 1) % k == 0 || i + 1 == train.len() {
            optimizer.step();
        }
    }
}

/// Two optimizers that take turns: one `backward` fills the gradients of both, and the condition says which one steps.
mod taking_turns {
    fn one_or_the_other(data: &[Batch]) {
        let (encoder, decoder) = (Encoder::new(), Decoder::new());
        let mut first = Adam::new(encoder.parameters(), 1e-3);
        let mut second = Adam::new(decoder.parameters(), 1e-3);
        for (i, batch) in data.iter().enumerate() {
            first.zero_grad();
            second.zero_grad();
            let loss = mse_loss(&decoder.forward(&encoder.forward(&batch.x)), &batch.y);
            loss.backward();
            if i % 2 == 0 {
                first.step();
            } else {
                second.step();
            }
        }
        save(&encoder, &decoder);
    }

    fn zeroed_with_the_step(data: &[Batch]) {
        let (encoder, decoder) = (Encoder::new(), Decoder::new());
        let mut first = Adam::new(encoder.parameters(), 1e-3);
        let mut second = Adam::new(decoder.parameters(), 1e-3);
        for (i, batch) in data.iter().enumerate() {
            let loss = mse_loss(&decoder.forward(&encoder.forward(&batch.x)), &batch.y);
            loss.backward();
            if i % 2 == 0 {
                first.step();
            }
            if i % 2 != 0 {
                second.step();
            }
            first.zero_grad();
            second.zero_grad();
        }
        save(&encoder, &decoder);
    }

    fn one_of_them_rarely(data: &[Batch]) {
        let (encoder, decoder) = (Encoder::new(), Decoder::new());
        let mut first = Adam::new(encoder.parameters(), 1e-3);
        let mut second = Adam::new(decoder.parameters(), 1e-3);
        for (i, batch) in data.iter().enumerate() {
            first.zero_grad();
            second.zero_grad();
            let loss = mse_loss(&decoder.forward(&encoder.forward(&batch.x)), &batch.y);
            loss.backward();
            second.step();
            if i % 5 == 0 {
                first.step();
            }
        }
        save(&encoder, &decoder);
    }

    fn by_an_opaque_condition(data: &[Batch]) {
        let (encoder, decoder) = (Encoder::new(), Decoder::new());
        let mut first = Adam::new(encoder.parameters(), 1e-3);
        let mut second = Adam::new(decoder.parameters(), 1e-3);
        for batch in data {
            first.zero_grad();
            second.zero_grad();
            let loss = mse_loss(&decoder.forward(&encoder.forward(&batch.x)), &batch.y);
            loss.backward();
            if coin.flip() {
                first.step();
            } else {
                second.step();
            }
        }
        save(&encoder, &decoder);
    }
}
