//! Clauses of a spec above a function that has a body.

use training_loop::prelude::*;

#[training_loop(
    epochs = 3, //~ error
    optimizer = Sgd::new(model.parameters(), 0.1),
    allow(missing_steps), //~ error
)]
pub fn fit(model: &Linear, train: &DataLoader<Tensor>) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
}

#[training_loop(
    optimizer = Sgd::new(model.parameters(), 0.1), //~ error
    model = self.model, //~ error
)]
pub fn no_variables(model: &Linear, train: &DataLoader<Tensor>) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
}

#[training_loop(
    optimizer = optim, //~ error
    model = model,
)]
pub fn no_such_variable(model: &Linear, train: &DataLoader<Tensor>) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
}

fn main() {}
