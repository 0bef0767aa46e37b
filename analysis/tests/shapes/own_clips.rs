//! Clips of libraries without a vocabulary, recognized by their names and by what they get; optimizers that are
//! written as literals.

use small_net::{Adam, Sgd, mse};

fn a_method_after_the_step(model: &Net, data: &[Batch]) {
    let mut optim = Adam::new(model.parameters(), 0.05);
    for batch in data {
        optim.zero_grad();
        let loss = mse(&model.forward(&batch.x), &batch.y);
        loss.backward();
        optim.step();
        optim.clip_grad(5.0); //~ error clip_after_step
    }
}

fn a_function_after_the_step(model: &Net, data: &[Batch]) {
    let mut params = model.parameters();
    let mut optim = Adam::new(&params, 0.05);
    for batch in data {
        optim.zero_grad();
        let loss = mse(&model.forward(&batch.x), &batch.y);
        loss.backward();
        optim.step();
        clip_gradients_by_norm(&mut params, 5.0); //~ error clip_after_step
    }
}

fn a_function_of_the_parameters_after_the_step(model: &Net, data: &[Batch]) -> Result<()> {
    let mut optim = Adam::new(model.parameters(), 0.05);
    for batch in data {
        optim.zero_grad();
        let loss = mse(&model.forward(&batch.x), &batch.y);
        loss.backward();
        optim.step();
        nn::utils::clip_grads(&model.parameters(), 5.0)?; //~ error clip_after_step
    }
    Ok(())
}

fn clipped_in_time(model: &Net, data: &[Batch]) -> Result<()> {
    let mut params = model.parameters();
    let mut optim = Adam::new(&params, 0.05);
    for batch in data {
        optim.zero_grad();
        let loss = mse(&model.forward(&batch.x), &batch.y);
        loss.backward();
        optim.clip_gradients(1.0)?;
        clip_grads(&mut params, 5.0)?;
        optim.step();
    }
    Ok(())
}

fn other_clips_after_the_step(model: &Net, data: &[Batch]) {
    let mut optim = Adam::new(model.parameters(), 0.05);
    for batch in data {
        optim.zero_grad();
        let output = model.forward(&batch.x);
        let loss = mse(&output, &batch.y);
        loss.backward();
        optim.step();
        // The weights, the output and another object are no gradients of this optimizer.
        clip_weights(&model, 0.01);
        let shown = clip_gradients_of_image(&output, 1.0);
        batch.view.clip_gradient(shown);
    }
}

fn left_early_before_the_backward(model: &Net, x: &Var, y: &Var) {
    let mut optim = Adam::new(model.parameters(), 0.05);
    for epoch in 0..300 {
        let loss = mse(&model.forward(x), y);
        let value = loss.value().item();
        if value.is_nan() || value < 0.01 {
            break;
        }
        loss.backward(); //~ error missing_zero_grad
        optim.clip_grad(5.0);
        optim.step();
    }
}

fn never_stepped_and_left_early(model: &Net, x: &Var, y: &Var) {
    let mut optim = Adam::new(model.parameters(), 0.05);
    for epoch in 0..300 {
        optim.zero_grad();
        let loss = mse(&model.forward(x), y);
        if loss.value().item() < 0.01 {
            break;
        }
        loss.backward(); //~ error missing_step
        optim.clip_grad(5.0);
    }
}

fn left_early(model: &Net, x: &Var, y: &Var) {
    let mut optim = Adam::new(model.parameters(), 0.05);
    for epoch in 0..300 {
        optim.zero_grad();
        let loss = mse(&model.forward(x), y);
        if loss.value().item() < 0.01 {
            break;
        }
        loss.backward();
        optim.clip_grad(5.0);
        optim.step();
    }
}

fn a_literal_without_zero(model: &Net, x: &Tensor, y: &Tensor) {
    let mut optimizer = Sgd { params: model.parameters().into_raw_vec(), lr: 0.1, ..Default::default() };
    for epoch in 0..20 {
        let loss = mse(&model.forward(x), y);
        loss.backward(); //~ error missing_zero_grad
        optimizer.step();
    }
}

fn a_literal_that_never_steps(model: &Net, x: &Tensor, y: &Tensor, args: &Args) {
    let mut optimizer = Sgd { lr: args.lr, parameters: model.parameters() };
    for epoch in 0..20 {
        optimizer.zero_grad();
        let loss = mse(&model.forward(x), y);
        loss.backward(); //~ error missing_step
    }
}

fn a_literal_in_the_loop(model: &Net, x: &Tensor, y: &Tensor) {
    for epoch in 0..20 {
        let params = model.parameters();
        let mut optimizer = Adam { params, lr: 0.1 }; //~ error optimizer_rebuilt
        optimizer.zero_grad();
        let loss = mse(&model.forward(x), y);
        loss.backward();
        optimizer.step();
    }
}

fn a_literal(model: &Net, x: &Tensor, y: &Tensor) {
    let mut optimizer = Sgd { params: model.parameters(), lr: 0.1, momentum: 0.3 };
    for epoch in 0..20 {
        let loss = mse(&model.forward(x), y);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
}
