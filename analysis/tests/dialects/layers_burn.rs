//! burn: a model that is one layer without a mode, and optimizers that a feature selects.

use burn::nn::{BatchNorm, Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams, Optimizer, SgdConfig};

fn one_layer<B: AutodiffBackend>(train: &Loader<B>, valid: &Loader<B>, device: &B::Device) -> Linear<B> {
    let mut model: Linear<B> = LinearConfig::new(4, 1).init(device);
    let mut best_model = model.clone();
    let mut optimizer = SgdConfig::new().init();
    for epoch in 0..20 {
        for batch in train.iter() {
            let loss = MseLoss::new().forward(model.forward(batch.x), batch.y, Reduction::Mean);
            let grads = GradientsParams::from_grads(loss.backward(), &model);
            model = optimizer.step(0.1, model, grads);
        }
        for batch in valid.iter() {
            let output = model.forward(batch.x);
            println!("{}", accuracy(output, batch.y));
        }
        best_model = model.clone();
    }
    for batch in valid.iter() {
        println!("{}", accuracy(best_model.forward(batch.x), batch.y));
    }
    best_model
}

fn unknown_layers<B: AutodiffBackend>(train: &Loader<B>, valid: &Loader<B>, device: &B::Device) -> Net<B> {
    let mut model: Net<B> = NetConfig::new(4, 1).init(device);
    let mut optimizer = SgdConfig::new().init();
    for epoch in 0..20 {
        for batch in train.iter() {
            let loss = MseLoss::new().forward(model.forward(batch.x), batch.y, Reduction::Mean);
            let grads = GradientsParams::from_grads(loss.backward(), &model);
            model = optimizer.step(0.1, model, grads);
        }
        for batch in valid.iter() {
            let output = model.forward(batch.x); //~ warning evaluation_in_train_mode
            println!("{}", accuracy(output, batch.y));
        }
    }
    model
}

fn a_feature_selects<B: AutodiffBackend>(mut model: Net<B>, train: &Loader<B>, config: &Config) -> Net<B> {
    #[cfg(feature = "report")]
    let mut optimizer = SgdConfig::new().init();
    let mut adam = AdamConfig::new().init();
    for batch in train.iter() {
        let loss = MseLoss::new().forward(model.forward(batch.x), batch.y, Reduction::Mean);
        let grads = GradientsParams::from_grads(loss.backward(), &model);
        model = adam.step(0.1, model, grads);
    }
    model
}

fn no_feature<B: AutodiffBackend>(mut model: Net<B>, train: &Loader<B>, config: &Config) -> Net<B> {
    let mut optimizer = SgdConfig::new().init(); //~ warning missing_step
    let mut adam = AdamConfig::new().init();
    for batch in train.iter() {
        let loss = MseLoss::new().forward(model.forward(batch.x), batch.y, Reduction::Mean);
        let grads = GradientsParams::from_grads(loss.backward(), &model);
        model = adam.step(0.1, model, grads);
    }
    model
}
