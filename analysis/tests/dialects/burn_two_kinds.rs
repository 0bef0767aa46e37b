//! burn: a file that evaluates one model without gradients, and another one with them.

use burn::optim::{AdamConfig, GradientsParams, Optimizer};
use burn::prelude::*;

fn fit(mut model: Net, train: &Loader, test: &Batch, rate: f64) -> Net {
    let mut optim = AdamConfig::new().init();
    for batch in train.iter() {
        let loss = mse(model.forward(batch.x), batch.y);
        let grads = GradientsParams::from_grads(loss.backward(), &model);
        model = optim.step(rate, model, grads);
    }
    let test_output = model.forward(test.test_input.clone()); //~ warning evaluation_in_train_mode
    println!("{}", test_output.into_data());
    model
}

fn right(mut model: Net, train: &Loader, test: &Batch, rate: f64) -> Net {
    let mut optim = AdamConfig::new().init();
    for batch in train.iter() {
        let loss = mse(model.forward(batch.x), batch.y);
        let grads = GradientsParams::from_grads(loss.backward(), &model);
        model = optim.step(rate, model, grads);
    }
    let test_output = model.valid().forward(test.test_input.clone());
    println!("{}", test_output.into_data());
    model
}
