//! Gradients that are read and never stepped, and second-order `backward`.

fn saliency(model: &Net, image: &Parameter) -> Array {
    let score = model.forward(image).max();
    score.backward();
    image.grad().abs()
}

#[training_loop]
fn an_update_by_hand(model: &mut Net, train: &DataLoader) {
    for batch in train {
        mse_loss(&model.forward(&batch.input), &batch.target).backward();
        for parameter in model.parameters() {
            parameter.set(parameter.value() - parameter.grad() * 0.1);
            parameter.zero_grad();
        }
    }
}

#[training_loop]
fn a_gradient_penalty(critic: &mut Net, train: &DataLoader) {
    let mut optimizer = Adam::new(critic.parameters(), 1e-4);
    for batch in train {
        optimizer.zero_grad();
        let score = critic.forward(&batch.input);
        score.backward_retain_graph();
        let penalty = penalty_of(&batch.input.grad());
        let loss = critic_loss(&score) + penalty;
        loss.backward();
        optimizer.step();
    }
}

fn norms(model: &Net, data: &DataLoader) -> Vec<f64> {
    let mut norms = Vec::new();
    for batch in data {
        mse_loss(&model.forward(&batch.input), &batch.target).backward();
        norms.push(model.grad_norm());
        model.zero_grad();
    }
    norms
}

/// The counterpart: nothing reads them, and there is an optimizer.
#[training_loop]
fn wrong(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Adam::new(model.parameters(), 1e-4);
    for batch in train {
        optimizer.zero_grad();
        mse_loss(&model.forward(&batch.input), &batch.target).backward(); //~ error missing_step
    }
}
