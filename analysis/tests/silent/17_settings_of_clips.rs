//! A setter that limits the gradients of later steps, before the training.

fn in_a_library(train: &[Batch]) {
    let mut model = Net::new();
    let mut optimizer = Adam::default();
    optimizer.set_gradient_clipping(5.0);
    optimizer.add_model(&mut model);
    for batch in train {
        optimizer.zero_grad();
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

#[training_loop]
fn before_the_loop(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    optimizer.set_grad_clip(1.0);
    for batch in train {
        optimizer.zero_grad();
        mse_loss(&model.forward(&batch.input), &batch.target).backward();
        optimizer.step();
    }
}

#[training_loop]
fn in_the_loop(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        optimizer.enable_gradient_clipping(1.0);
        mse_loss(&model.forward(&batch.input), &batch.target).backward();
        optimizer.step();
    }
}

#[training_loop]
fn a_clip_is_no_setter(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        optimizer.clip_gradients(1.0); //~ error clip_before_backward
        mse_loss(&model.forward(&batch.input), &batch.target).backward();
        optimizer.step();
    }
}
