//! Training with burn, in typical styles: all functions are right.

use burn::module::AutodiffModule;
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig, HuberLossConfig, MseLoss, Reduction};
use burn::optim::{Adam, AdamConfig, GradientsAccumulator, GradientsParams, Optimizer, SgdConfig};
use burn::prelude::*;
use burn::tensor::backend::AutodiffBackend;
use burn::train::{ClassificationOutput, InferenceStep, TrainOutput, TrainStep};

/// The loop of the book: train, then validate with the inner model.
mod book {
    pub fn run<B: AutodiffBackend>(device: B::Device, config: &TrainingConfig) {
        B::seed(config.seed);
        let mut model = config.model.init::<B>(&device);
        let mut optim = config.optimizer.init();
        let dataloader_train = loader::<B>(config, MnistDataset::train());
        let dataloader_test = loader::<B::InnerBackend>(config, MnistDataset::test());
        for epoch in 1..config.num_epochs + 1 {
            for (iteration, batch) in dataloader_train.iter().enumerate() {
                let output = model.forward(batch.images);
                let loss = CrossEntropyLoss::new(None, &output.device()).forward(output.clone(), batch.targets.clone());
                let accuracy = accuracy(output, batch.targets);
                println!("{epoch} {iteration} {:.3} {:.3}", loss.clone().into_scalar(), accuracy);
                let grads = loss.backward();
                let grads = GradientsParams::from_grads(grads, &model);
                model = optim.step(config.lr, model, grads);
            }
            let model_valid = model.valid();
            for (iteration, batch) in dataloader_test.iter().enumerate() {
                let output = model_valid.forward(batch.images);
                let loss = CrossEntropyLoss::new(None, &output.device()).forward(output.clone(), batch.targets.clone());
                println!("{epoch} {iteration} {:.3} {:.3}", loss.clone().into_scalar(), accuracy(output, batch.targets));
            }
        }
    }
}

/// The gradients of several batches in an accumulator, divided before they are added.
mod accumulated {
    pub fn fit<B: AutodiffBackend>(mut model: Net<B>, loader: &Loader<B>, window: usize, rate: f64) -> Net<B> {
        let mut optimizer = AdamConfig::new().init();
        let mut accumulator = GradientsAccumulator::new();
        let mut waiting = 0;
        for batch in loader.iter() {
            let loss = model.forward_loss(batch) / window as f32;
            let grads = GradientsParams::from_grads(loss.backward(), &model);
            accumulator.accumulate(&model, grads);
            waiting += 1;
            if waiting == window {
                let grads = accumulator.grads();
                model = optimizer.step(rate, model, grads);
                waiting = 0;
            }
        }
        if waiting > 0 {
            model = optimizer.step(rate, model, accumulator.grads());
        }
        model
    }
}

/// A struct holds the model; the step puts the new one in its place.
mod in_a_struct {
    pub struct Learner<B: AutodiffBackend> {
        model: Net<B>,
        optim: OptimizerAdaptor<Adam, Net<B>, B>,
        rate: f64,
    }

    impl<B: AutodiffBackend> Learner<B> {
        pub fn learn(&mut self, batch: Batch<B>) -> f32 {
            let output = self.model.forward(batch.inputs);
            let loss = MseLoss::new().forward(output, batch.targets, Reduction::Mean);
            let value = loss.clone().into_scalar().elem::<f32>();
            let grads = loss.backward();
            let grads = GradientsParams::from_grads(grads, &self.model);
            self.model = self.optim.step(self.rate, self.model.clone(), grads);
            value
        }
    }
}

/// The model is taken out of an option and put back.
mod taken {
    pub struct Agent<B: AutodiffBackend> {
        net: Option<Net<B>>,
        target: Net<B>,
        optimizer: OptimizerAdaptor<Adam, Net<B>, B>,
    }

    impl<B: AutodiffBackend> Agent<B> {
        pub fn train(&mut self, batch: Batch<B>, gamma: f32) -> f32 {
            let net = self.net.take().expect("a network");
            let wanted = batch.rewards + self.target.forward(batch.next).max_dim(1).detach() * gamma;
            let q = net.forward(batch.states).gather(1, batch.actions);
            let loss = HuberLossConfig::new(1.0).init().forward(q, wanted, Reduction::Mean);
            let value = loss.clone().into_scalar().elem::<f32>();
            let grads = GradientsParams::from_grads(loss.backward(), &net);
            self.net = Some(self.optimizer.step(1e-3, net, grads));
            value
        }
    }
}

/// Actor and critic with an optimizer each.
mod actor_critic {
    pub fn update<B: AutodiffBackend>(
        mut actor: Actor<B>,
        mut critic: Critic<B>,
        actor_optim: &mut impl Optimizer<Actor<B>, B>,
        critic_optim: &mut impl Optimizer<Critic<B>, B>,
        batch: Batch<B>,
    ) -> (Actor<B>, Critic<B>) {
        let values = critic.forward(batch.states.clone());
        let advantages = (batch.returns.clone() - values.clone()).detach();
        let critic_loss = MseLoss::new().forward(values, batch.returns, Reduction::Mean);
        let log_probs = log_softmax(actor.forward(batch.states), 1).gather(1, batch.actions);
        let actor_loss = (log_probs * advantages).mean().neg();
        let critic_grads = GradientsParams::from_grads(critic_loss.backward(), &critic);
        let actor_grads = GradientsParams::from_grads(actor_loss.backward(), &actor);
        critic = critic_optim.step(1e-3, critic, critic_grads);
        actor = actor_optim.step(1e-3, actor, actor_grads);
        (actor, critic)
    }
}

/// One backward for two networks: each takes its own part.
mod shared_backward {
    pub fn update<B: AutodiffBackend>(agent: &mut Agent<B>, loss: Tensor<B, 1>, rate: f64) {
        let mut grads = loss.backward();
        let body = GradientsParams::from_module(&mut grads, &agent.body);
        let head = GradientsParams::from_module(&mut grads, &agent.head);
        agent.body = agent.optim_body.step(rate, agent.body.clone(), body);
        agent.head = agent.optim_head.step(rate, agent.head.clone(), head);
    }
}

/// The rate comes from a schedule; the step of the schedule is an argument of the step of the optimizer.
mod scheduled {
    pub fn fit<B: AutodiffBackend>(mut model: Net<B>, config: &Config, loader: &Loader<B>) -> Net<B> {
        let mut optim = SgdConfig::new().init();
        let mut lr_scheduler = NoamLrSchedulerConfig::new(0.1).init();
        for _epoch in 0..config.epochs {
            for batch in loader.iter() {
                let loss = model.loss(batch);
                let grads = GradientsParams::from_grads(loss.backward(), &model);
                model = optim.step(lr_scheduler.step(), model, grads);
            }
        }
        model
    }

    pub fn bound<B: AutodiffBackend>(mut model: Net<B>, config: &Config, loader: &Loader<B>) -> Net<B> {
        let mut optim = config.optimizer.init();
        let mut scheduler = CosineAnnealingLrSchedulerConfig::new(1e-3, 1000).init().unwrap();
        for batch in loader.iter() {
            let lr = scheduler.step();
            let loss = model.loss(batch);
            let grads = loss.backward();
            let grads = GradientsParams::from_grads(grads, &model);
            model = optim.step(lr, model, grads);
        }
        model
    }
}

/// The implementation for the learner returns the gradients.
mod for_the_learner {
    impl<B: AutodiffBackend> TrainStep for Net<B> {
        type Input = Batch<B>;
        type Output = ClassificationOutput<B>;

        fn step(&self, batch: Batch<B>) -> TrainOutput<ClassificationOutput<B>> {
            let item = self.forward_classification(batch);
            TrainOutput::new(self, item.loss.backward(), item)
        }
    }

    impl<B: Backend> InferenceStep for Net<B> {
        type Input = Batch<B>;
        type Output = ClassificationOutput<B>;

        fn step(&self, batch: Batch<B>) -> ClassificationOutput<B> {
            self.forward_classification(batch)
        }
    }
}

/// The forms of a recent release: no backend in the types, one type for all optimizers.
mod without_backends {
    pub fn fit(model: Net, train: &Batches, valid: &Batches, rate: f64) -> Net {
        let device = Device::flex().autodiff();
        let mut model = model.to_device(&device);
        let mut optimizer: ModuleOptimizer = AdamConfig::new().init().with_grad_clipping(GradientClipping::Norm(1.0));
        for epoch in 0..10 {
            let mut total = 0.0;
            for batch in train.iter() {
                let loss = cross_entropy(model.forward(batch.x), batch.y);
                total += loss.clone().into_scalar::<f32>();
                let grads = GradientsParams::from_grads(loss.backward(), &model);
                model = optimizer.step(rate, model, grads);
            }
            let frozen = model.valid();
            let mut sum = 0.0;
            for batch in valid.iter() {
                sum += cross_entropy(frozen.forward(batch.x.inner()), batch.y.inner()).into_scalar::<f32>();
            }
            println!("{epoch} {total} {sum}");
        }
        model.save_file("model").unwrap();
        model
    }
}

/// A helper does one update; the loop is elsewhere.
mod helper {
    fn update<B: AutodiffBackend, O: Optimizer<Net<B>, B>>(
        model: Net<B>,
        optimizer: &mut O,
        batch: Batch<B>,
    ) -> (Net<B>, f32) {
        let loss = model.loss(batch);
        let value = loss.clone().into_scalar().elem();
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        (optimizer.step(1e-2, model, gradients), value)
    }

    pub fn fit<B: AutodiffBackend>(mut model: Net<B>, loader: &Loader<B>) -> Net<B> {
        let mut optimizer = SgdConfig::new().init();
        for batch in loader.iter() {
            let (updated, loss) = update(model, &mut optimizer, batch);
            model = updated;
            println!("{loss}");
        }
        model
    }
}

/// The sum of the losses has no graph.
mod sums {
    pub fn fit<B: AutodiffBackend>(mut model: Net<B>, loader: &Loader<B>, device: &B::Device) -> (Net<B>, f32) {
        let mut optim = AdamConfig::new().init();
        let mut total = Tensor::<B, 1>::zeros([1], device);
        let criterion = CrossEntropyLossConfig::new().init(device);
        for batch in loader.iter() {
            let loss = criterion.forward(model.forward(batch.inputs), batch.targets);
            total = total + loss.clone().detach();
            let grads = GradientsParams::from_grads(loss.backward(), &model);
            model = optim.step(1e-3, model, grads);
        }
        (model, total.into_scalar().elem())
    }
}

/// Generator and discriminator.
mod adversaries {
    pub fn fit<B: AutodiffBackend>(config: &Config, loader: &Loader<B>, device: &B::Device) -> Generator<B> {
        let mut generator = GeneratorConfig::new().init::<B>(device);
        let mut discriminator = DiscriminatorConfig::new().init::<B>(device);
        let mut optim_g = config.optimizer.init();
        let mut optim_d = config.optimizer.init();
        for batch in loader.iter() {
            let noise = Tensor::random([64, 100], Distribution::Default, device);
            let fake = generator.forward(noise.clone()).detach();
            let loss_d = discriminator.forward(fake).mean() - discriminator.forward(batch.images).mean();
            let grads = GradientsParams::from_grads(loss_d.backward(), &discriminator);
            discriminator = optim_d.step(config.rate, discriminator, grads);
            let loss_g = discriminator.forward(generator.forward(noise)).mean().neg();
            let grads = GradientsParams::from_grads(loss_g.backward(), &generator);
            generator = optim_g.step(config.rate, generator, grads);
        }
        generator
    }
}

/// A step is left out when the loss is not a number.
mod guarded {
    pub fn fit<B: AutodiffBackend>(mut model: Net<B>, loader: &Loader<B>) -> Net<B> {
        let mut optim = AdamConfig::new().init();
        for batch in loader.iter() {
            let loss = model.loss(batch);
            if loss.clone().into_scalar().elem::<f32>().is_nan() {
                continue;
            }
            let grads = GradientsParams::from_grads(loss.backward(), &model);
            model = optim.step(1e-3, model, grads);
        }
        model
    }
}

/// The gradient of one tensor is read for the log.
mod logged {
    pub fn fit<B: AutodiffBackend>(mut model: Net<B>, loader: &Loader<B>) -> Net<B> {
        let mut optim = AdamConfig::new().init();
        for batch in loader.iter() {
            let loss = model.loss(batch);
            let grads = loss.backward();
            if let Some(grad) = model.first.weight.grad(&grads) {
                println!("{}", grad.abs().mean().into_scalar());
            }
            let grads = GradientsParams::from_grads(grads, &model);
            model = optim.step(1e-3, model, grads);
        }
        model
    }
}

/// A model by `&mut`, replaced by the result of the step.
mod by_reference {
    pub fn one<B: AutodiffBackend>(model: &mut Net<B>, optim: &mut impl Optimizer<Net<B>, B>, batch: Batch<B>) {
        let loss = model.loss(batch);
        let grads = GradientsParams::from_grads(loss.backward(), model);
        *model = optim.step(1e-3, model.clone(), grads);
    }
}

/// The input is optimized, not the model.
mod picture {
    pub fn fit<B: AutodiffBackend>(model: &Net<B>, image: Tensor<B, 4>, steps: usize) -> Tensor<B, 4> {
        let mut image = image.require_grad();
        for _ in 0..steps {
            let loss = model.forward(image.clone()).mean();
            let grads = loss.backward();
            let grad = image.grad(&grads).unwrap();
            image = Tensor::from_inner(image.inner() - grad * 0.1).require_grad();
        }
        image
    }
}
