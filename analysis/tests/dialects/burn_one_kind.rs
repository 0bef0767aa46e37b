//! burn: a file that never speaks of a model without gradients, and whose models may have no layers with a mode.

use burn::optim::{AdamConfig, GradientsParams, Optimizer};
use burn::prelude::*;

fn fit(mut model: Net, train: &Loader, test: &Batch, rate: f64) -> Net {
    let mut optim = AdamConfig::new().init();
    for batch in train.iter() {
        let loss = mse(model.forward(batch.x), batch.y);
        let grads = GradientsParams::from_grads(loss.backward(), &model);
        model = optim.step(rate, model, grads);
    }
    let test_output = model.forward(test.test_input.clone());
    println!("{}", test_output.into_data());
    model
}
