//! burn: optimizers built in the loop, optimizers of the user's own, and updated models that are dropped.

use burn::optim::{AdamConfig, GradientsAccumulator, GradientsParams, Optimizer, SgdConfig};
use burn::prelude::*;

mod rebuilt {
    /// The closure reads a number of the model, and changes nothing.
    fn beside_a_closure(mut model: Net, data: &Loader, rate: f64) -> Net {
        for batch in data.iter() {
            let mut optim = AdamConfig::new().init(); //~ error optimizer_rebuilt
            let negatives: Vec<i32> = (0..4).map(|_| pick(0..model.vocab_size)).collect();
            let loss = model.forward(batch.x, negatives).mean();
            let grads = GradientsParams::from_grads(loss.backward(), &model);
            model = optim.step(rate, model, grads);
        }
        model
    }

    struct Trainer {
        optim: SgdConfig,
        rate: f64,
    }

    impl Trainer {
        /// A method of the model gets the state of each iteration; the model does not hold it.
        fn play(&mut self, mut model: Net) -> Net {
            let mut state = State::new();
            while state.goes_on() {
                let mut optim = self.optim.init(); //~ error optimizer_rebuilt
                let value = self.value(&state, &model);
                let grads = GradientsParams::from_grads(value.backward(), &model);
                state = model.best(&state);
                model = optim.step(self.rate, model, grads);
            }
            model
        }

        fn value(&self, state: &State, model: &Net) -> Tensor {
            match state.result() {
                Some(result) => model.of_result(result),
                None => model.forward_state(state),
            }
        }
    }

    /// A copy of the model for each task, stepped once.
    fn for_each_task(mut model: Net, tasks: &[Task], rate: f64) -> Net {
        for task in tasks {
            let mut inner = AdamConfig::new().init();
            let copy = model.clone();
            let grads = GradientsParams::from_grads(copy.loss(task).backward(), &copy);
            let copy = inner.step(rate, copy, grads);
            model = between(model, copy, 0.1);
        }
        model
    }

    /// An episode of its own for each optimizer.
    fn for_each_episode(mut model: Net, episodes: &[Episode], rate: f64) -> Net {
        for episode in episodes {
            let mut optim = AdamConfig::new().init();
            for batch in episode.iter() {
                let grads = GradientsParams::from_grads(model.loss(batch).backward(), &model);
                model = optim.step(rate, model, grads);
            }
        }
        model
    }
}

/// An optimizer of the user's own, which updates the model in place.
mod in_place {
    fn right(mut model: Net, data: &Loader, config: &Config) -> Net {
        let mut optimizer = MuonAdamW::new(model.config.layers, config.training);
        for (step, batch) in data.iter().enumerate() {
            let grads = GradientsParams::from_grads(model.loss(batch).backward(), &model);
            optimizer.step(&mut model, &grads, config.rate, step, 0.0);
        }
        model
    }

    fn twice(mut model: Net, data: &Loader, config: &Config) -> Net {
        let mut optimizer = MuonAdamW::new(model.config.layers, config.training);
        for (step, batch) in data.iter().enumerate() {
            let grads = GradientsParams::from_grads(model.loss(batch).backward(), &model);
            optimizer.step(&mut model, &grads, config.rate, step, 0.0);
            optimizer.step(&mut model, &grads, config.rate, step, 0.0); //~ error step_repeated
        }
        model
    }

    fn rebuilt(mut model: Net, data: &Loader, config: &Config) -> Net {
        for (step, batch) in data.iter().enumerate() {
            let mut optimizer = MuonAdamW::new(model.config.layers, config.training); //~ error optimizer_rebuilt
            let grads = GradientsParams::from_grads(model.loss(batch).backward(), &model);
            optimizer.step(&mut model, &grads, config.rate, step, 0.0);
        }
        model
    }

    fn never(mut model: Net, data: &Loader, config: &Config) -> Net {
        let mut optimizer = MuonAdamW::new(model.config.layers, config.training);
        let windows = config.training.gradient_accumulation_steps();
        for _ in 0..config.epochs {
            let mut sum = GradientsAccumulator::new();
            for batch in data.iter().take(windows) {
                let loss = model.loss(batch) / windows as f32;
                let grads = GradientsParams::from_grads(loss.backward(), &model); //~ error missing_step
                sum.accumulate(&model, grads);
            }
        }
        model
    }

    /// Two models share one value of gradients, and each gets its own step.
    fn two_models(mut encoder: Net, mut decoder: Net, data: &Loader, config: &Config) {
        let mut optimizer = MuonAdamW::new(config.layers, config.training);
        for (step, batch) in data.iter().enumerate() {
            let grads = decoder.loss(encoder.forward(batch)).backward();
            optimizer.step(&mut encoder, &grads, config.rate, step, 0.0);
            optimizer.step(&mut decoder, &grads, config.rate, step, 0.0);
        }
        save(&encoder, &decoder);
    }
}

mod dropped {
    enum Coefficient {
        Constant(f32),
        Trained(Alpha, Optim, f32),
    }

    impl Coefficient {
        fn train(&mut self, probabilities: Tensor, rate: f64) {
            match self {
                Self::Constant(_) => {}
                Self::Trained(alpha, optim, target) => {
                    let copy = alpha.clone().fork(&device);
                    let grads = copy.loss(probabilities, *target).backward();
                    let grads = GradientsParams::from_grads(grads, &copy);
                    optim.step(rate, copy.clone(), grads); //~ error update_lost
                }
            }
        }
    }

    fn compared_afterwards() {
        let model = Net::new(&device);
        let mut optim = SgdConfig::new().init();
        let grads = GradientsParams::from_grads(model.forward(data()).mean().backward(), &model);
        optim.step(1.0, model.clone(), grads); //~ warning update_lost
        assert!(model.weight.val().all_close(expected()));
    }

    struct Small {
        weight: Param,
    }

    impl Small {
        fn start(device: &Device) -> Self {
            Self { weight: Param::zeros([2, 2], device) }
        }
    }

    fn of_this_file(device: &Device) {
        let model = Small::start(device);
        let mut optim = SgdConfig::new().init();
        let grads = GradientsParams::from_grads(model.forward(data()).mean().backward(), &model);
        optim.step(1.0, model.clone(), grads); //~ warning update_lost
        assert!(model.weight.val().all_close(expected()));
    }

    /// The step fills the state of the optimizer, which is all that the function wants.
    fn for_its_state() -> Record {
        let model = Net::new(&device);
        let mut optim = AdamConfig::new().init();
        let grads = GradientsParams::from_grads(model.forward(data()).mean().backward(), &model);
        optim.step(1.0, model, grads);
        optim.to_record()
    }
}

/// Evaluation with a copy that still records and drops out.
mod copied {
    fn without_valid(mut model: Net, data_val: Tensor, data_train: Tensor, config: &Config) -> Net {
        let mut optim = config.optimizer.init();
        for step in 0..config.steps {
            let valid_loss = {
                let (x, y) = get_batch(data_val.clone(), config.size);
                let copy = model.clone();
                let output = copy.forward(x); //~ warning evaluation_in_train_mode
                copy.loss(output, y).into_scalar()
            };
            let (x, y) = get_batch(data_train.clone(), config.size);
            let grads = GradientsParams::from_grads(model.loss(model.forward(x), y).backward(), &model);
            model = optim.step(config.rate, model, grads);
            println!("{step} {valid_loss}");
        }
        model
    }

    fn with_valid(mut model: Net, data_val: Tensor, data_train: Tensor, config: &Config) -> Net {
        let mut optim = config.optimizer.init();
        for step in 0..config.steps {
            let valid_loss = {
                let (x, y) = get_batch(data_val.clone(), config.size);
                let copy = model.clone().valid();
                copy.loss(copy.forward(x), y).into_scalar()
            };
            let (x, y) = get_batch(data_train.clone(), config.size);
            let grads = GradientsParams::from_grads(model.loss(model.forward(x), y).backward(), &model);
            model = optim.step(config.rate, model, grads);
            println!("{step} {valid_loss}");
        }
        model
    }
}
