//! burn: optimizers that never step.

use burn::optim::{AdamConfig, Optimizer};
use burn::train::TrainStep;

fn train(data: &Loader, config: &Config) -> Model<B> {
    let mut model = Model::<B>::new();
    let mut optim = AdamConfig::new().init(); //~ warning missing_step
    for batch in data.iter() {
        let output = TrainStep::step(&model, batch);
        show(&output);
    }
    model
}

fn train_rightly(data: &Loader, config: &Config) -> Model<B> {
    let mut model = Model::<B>::new();
    let mut optim = AdamConfig::new().init();
    for batch in data.iter() {
        let output = TrainStep::step(&model, batch);
        model = optim.step(config.rate, model, output.grads);
    }
    model
}

async fn each_batch_builds(data: &Loader, config: &Config) -> Model<B> {
    let mut model = Model::<B>::new();
    let mut stream = data.spawn().await;
    while let Some(batch) = stream.recv().await {
        let mut optimizer = AdamConfig::new().init(); //~ error optimizer_rebuilt
        let loss = model.forward(batch.x).mean();
        let grads = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(config.rate, model, grads);
    }
    model
}
