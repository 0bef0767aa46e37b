//! burn: gradients are values, a step returns the model, and the type of a model is its mode.

use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig, MseLoss, Reduction};
use burn::optim::{AdamConfig, GradientsAccumulator, GradientsParams, Optimizer, SgdConfig};
use burn::prelude::*;

mod right {
    fn fit(mut model: Net, data: &Loader, rate: f64) -> Net {
        let mut optim = AdamConfig::new().init();
        for batch in data.iter() {
            let loss = MseLoss::new().forward(model.forward(batch.x), batch.y, Reduction::Mean);
            let grads = GradientsParams::from_grads(loss.backward(), &model);
            model = optim.step(rate, model, grads);
        }
        model
    }
}

mod no_step {
    fn fit(mut model: Net, data: &Loader) -> Net {
        let mut optim = AdamConfig::new().init();
        for batch in data.iter() {
            let loss = MseLoss::new().forward(model.forward(batch.x), batch.y, Reduction::Mean);
            let grads = GradientsParams::from_grads(loss.backward(), &model); //~ error missing_step
        }
        model
    }

    struct Learner {
        model: Net,
        optim: OptimizerAdaptor<Adam, Net, B>,
    }

    impl Learner {
        fn learn(&mut self, batch: Batch) {
            let loss = self.model.loss(batch);
            let grads = loss.backward(); //~ warning missing_step
            let grads = GradientsParams::from_grads(grads, &self.model);
        }
    }

    fn one_part(agent: &mut Agent, batch: Batch, rate: f64) {
        let mut grads = agent.loss(batch).backward();
        let body = GradientsParams::from_module(&mut grads, &agent.body);
        let head = GradientsParams::from_module(&mut grads, &agent.head); //~ error missing_step
        agent.body = agent.optim_body.step(rate, agent.body.clone(), body);
    }
}

mod stepped_twice {
    fn fit(mut model: Net, data: &Loader, optim: &mut impl Optimizer<Net, B>) -> Net {
        for batch in data.iter() {
            let loss = model.loss(batch);
            let grads = GradientsParams::from_grads(loss.backward(), &model);
            model = optim.step(1e-3, model, grads.clone());
            model = optim.step(1e-3, model, grads); //~ error step_repeated
        }
        model
    }

    fn one_part(agent: &mut Agent, batch: Batch, rate: f64) {
        let mut grads = agent.loss(batch).backward();
        let body = GradientsParams::from_module(&mut grads, &agent.body);
        agent.body = agent.optim.step(rate, agent.body.clone(), body.clone());
        agent.body = agent.optim.step(rate, agent.body.clone(), body); //~ error step_repeated
    }

    fn of_the_first_batch(mut model: Net, batch: Batch) -> Net {
        let mut optim = AdamConfig::new().init();
        let grads = GradientsParams::from_grads(model.loss(batch).backward(), &model);
        for _ in 0..10 {
            model = optim.step(1e-3, model, grads.clone()); //~ error step_repeated
        }
        model
    }
}

mod rebuilt {
    fn optimizer(mut model: Net, data: &Loader) -> Net {
        for batch in data.iter() {
            let loss = model.loss(batch);
            let grads = GradientsParams::from_grads(loss.backward(), &model);
            let mut optim = AdamConfig::new().with_epsilon(1e-6).init(); //~ error optimizer_rebuilt
            model = optim.step(1e-3, model, grads);
        }
        model
    }

    fn model(config: &Config, data: &Loader, device: &Device) {
        let mut optim = SgdConfig::new().init();
        for batch in data.iter() {
            let mut model = NetConfig::new(10).init(device); //~ error model_rebuilt
            let loss = model.loss(batch);
            let grads = GradientsParams::from_grads(loss.backward(), &model);
            model = optim.step(config.rate, model, grads);
        }
    }
}

mod evaluated_with_gradients {
    fn fit(mut model: Net, train: &Loader, valid: &Loader, rate: f64) -> Net {
        let mut optim = AdamConfig::new().init();
        for epoch in 0..10 {
            for batch in train.iter() {
                let loss = CrossEntropyLoss::new(None, &batch.device).forward(model.forward(batch.x), batch.y);
                let grads = GradientsParams::from_grads(loss.backward(), &model);
                model = optim.step(rate, model, grads);
            }
            let mut right = 0;
            for batch in valid.iter() {
                right += count(model.forward(batch.x), batch.y); //~ warning evaluation_in_train_mode
            }
            println!("{epoch} {right}");
        }
        model
    }
}

mod graphs {
    fn sum(mut model: Net, data: &Loader, device: &Device) -> (Net, Tensor<1>) {
        let mut optim = AdamConfig::new().init();
        let criterion = CrossEntropyLossConfig::new().init(device);
        let mut total = Tensor::from_floats([0.0], device);
        for batch in data.iter() {
            let loss = criterion.forward(model.forward(batch.x), batch.y);
            let grads = GradientsParams::from_grads(loss.backward(), &model);
            model = optim.step(1e-3, model, grads);
            total = total + loss; //~ warning graph_kept
        }
        (model, total)
    }

    fn list(mut model: Net, data: &Loader, device: &Device) -> Net {
        let mut optim = AdamConfig::new().init();
        let mut losses = Vec::new();
        for batch in data.iter() {
            let loss = CrossEntropyLoss::new(None, device).forward(model.forward(batch.x), batch.y);
            losses.push(loss.clone()); //~ warning graph_kept
            let grads = GradientsParams::from_grads(loss.backward(), &model);
            model = optim.step(1e-3, model, grads);
        }
        show(&losses);
        model
    }
}

mod lost {
    fn dropped(model: Net, data: &Loader, optim: &mut impl Optimizer<Net, B>) -> Net {
        for batch in data.iter() {
            let grads = GradientsParams::from_grads(model.loss(batch).backward(), &model);
            optim.step(1e-3, model.clone(), grads); //~ error update_lost
        }
        model
    }

    fn of_two_arguments(model: &mut Net, data: &Loader, optimizer: &mut OwnOptimizer) {
        for batch in data.iter() {
            let grads = GradientsParams::from_grads(model.loss(batch).backward(), model);
            optimizer.step(1e-3, grads); //~ error update_lost
        }
    }
}

mod windows {
    fn not_divided(mut model: Net, data: &Loader, window: usize, rate: f64) -> Net {
        let mut optim = AdamConfig::new().init();
        let mut accumulator = GradientsAccumulator::new();
        for (i, batch) in data.iter().enumerate() {
            let loss = MseLoss::new().forward(model.forward(batch.x), batch.y, Reduction::Mean);
            let grads = GradientsParams::from_grads(loss.backward(), &model); //~ warning unscaled_accumulation
            accumulator.accumulate(&model, grads);
            if (i + 1) % window == 0 {
                model = optim.step(rate, model, accumulator.grads());
            }
        }
        model
    }

    fn tail_lost(mut model: Net, data: &Loader, window: usize, rate: f64) -> Net {
        let mut optim = AdamConfig::new().init();
        let mut accumulator = GradientsAccumulator::new();
        for epoch in 0..10 {
            for (i, batch) in data.iter().enumerate() {
                let loss = model.loss(batch) / window as f32;
                let grads = GradientsParams::from_grads(loss.backward(), &model);
                accumulator.accumulate(&model, grads);
                if (i + 1) % window == 0 {
                    let grads = accumulator.grads();
                    model = optim.step(rate, model, grads); //~ warning accumulation_tail_dropped
                }
            }
            println!("{epoch}");
        }
        model
    }

    fn counted_from_zero(mut model: Net, data: &Loader, rate: f64) -> Net {
        let mut optim = AdamConfig::new().init();
        let mut accumulator = GradientsAccumulator::new();
        for (i, batch) in data.iter().enumerate() {
            let loss = model.loss(batch) / 4.0;
            let grads = GradientsParams::from_grads(loss.backward(), &model);
            accumulator.accumulate(&model, grads);
            if i % 4 == 0 { //~ warning accumulation_off_by_one
                model = optim.step(rate, model, accumulator.grads());
            }
        }
        model
    }

    fn sum_dropped(mut model: Net, data: &Loader, window: usize, rate: f64) -> Net {
        let mut optim = AdamConfig::new().init();
        let mut accumulator = GradientsAccumulator::new();
        for (i, batch) in data.iter().enumerate() {
            let loss = model.loss(batch) / window as f32;
            accumulator.accumulate(&model, GradientsParams::from_grads(loss.backward(), &model));
            if (i + 1) % window == 0 {
                let grads = accumulator.grads(); //~ error missing_step
            }
        }
        optim.step(rate, model, accumulator.grads())
    }
}

mod losses {
    fn softmax_twice(mut model: Net, data: &Loader, device: &Device) -> Net {
        let mut optim = AdamConfig::new().init();
        for batch in data.iter() {
            let output = softmax(model.forward(batch.x), 1);
            let loss = CrossEntropyLossConfig::new().init(device).forward(output, batch.y); //~ error double_softmax
            let grads = GradientsParams::from_grads(loss.backward(), &model);
            model = optim.step(1e-3, model, grads);
        }
        model
    }

    fn probabilities_as_told(mut model: Net, data: &Loader, device: &Device) -> Net {
        let mut optim = AdamConfig::new().init();
        for batch in data.iter() {
            let output = softmax(model.forward(batch.x), 1);
            let loss = CrossEntropyLossConfig::new().with_logits(false).init(device).forward(output, batch.y);
            let grads = GradientsParams::from_grads(loss.backward(), &model);
            model = optim.step(1e-3, model, grads);
        }
        model
    }
}
