//! Loops of own libraries whose gradients the data flow cannot follow: the names of the calls show the fault.

use my_engine::{AdoptRule, Adam, Network};

fn layerwise_twice(samples: &[Sample]) {
    let mut network = Network::new();
    let criterion = MseFunction;
    let mut optimizer = AdoptRule::new(1e-2);
    for sample in samples {
        let output = network.forward(&sample.x).clone();
        let mut delta = criterion.backward(&output, &sample.y);
        network.backward(&mut delta);
        network.backward(&mut delta); //~ warning backward_repeated
        optimizer.update(&mut network);
    }
    println!("{}", network.forward(&samples[0].x));
}

fn layerwise_without_an_update(samples: &[Sample]) {
    let mut network = Network::new();
    let criterion = MseFunction;
    let mut optimizer = AdoptRule::new(1e-2);
    let mut schedule = LinearDecay::new(1e-2, 1e-3);
    for sample in samples {
        optimizer.set_lr(schedule.step());
        let output = network.forward(&sample.x).clone();
        let mut delta = criterion.backward(&output, &sample.y);
        network.backward(&mut delta); //~ warning missing_step
    }
    println!("{}", network.forward(&samples[0].x));
}

fn layerwise(samples: &[Sample]) {
    let mut network = Network::new();
    let criterion = MseFunction;
    let mut optimizer = AdoptRule::new(1e-2);
    let mut schedule = LinearDecay::new(1e-2, 1e-3);
    for sample in samples {
        optimizer.set_lr(schedule.step());
        let output = network.forward(&sample.x).clone();
        let mut delta = criterion.backward(&output, &sample.y);
        network.backward(&mut delta);
        optimizer.update(&mut network);
    }
    println!("{}", network.forward(&samples[0].x));
}

pub struct Agent {
    pub network: Network,
    pub optimizer: Box<dyn Optimizer>,
    pub critic: Network,
    pub critic_optimizer: Box<dyn Optimizer>,
    pub actor: Network,
    pub actor_optimizer: Box<dyn Optimizer>,
}

impl Agent {
    pub fn train(&mut self, state: &Tensor, target: &Tensor) {
        let mut delta = self.delta_of(state, target);
        self.network.backward(&mut delta);
        self.optimizer.update(&mut self.network);
    }

    pub fn train_early(&mut self, state: &Tensor, target: &Tensor) {
        let mut delta = self.delta_of(state, target);
        self.optimizer.update(&mut self.network); //~ warning step_before_backward
        self.network.backward(&mut delta);
    }

    pub fn train_with_an_unread_gradient(&mut self, state: &Tensor, target: &Tensor) {
        let mut delta = self.delta_of(state, target);
        self.optimizer.update(&mut self.network); //~ warning missing_backward
    }

    pub fn train_critic(&mut self, state: &Tensor, target: &Tensor) {
        let mut critic_loss = self.delta_of(state, target);
        self.critic.backward(&mut critic_loss);
        self.critic_optimizer.update(&mut self.critic);
        self.critic_optimizer.update(&mut self.critic); //~ error step_repeated
    }

    pub fn train_actor(&mut self, state: &Tensor, target: &Tensor) {
        let mut actor_loss = self.delta_of(state, target);
        self.actor.backward(&mut actor_loss); //~ warning missing_step
    }

    fn delta_of(&mut self, state: &Tensor, target: &Tensor) -> Tensor {
        let output = self.network.forward(state).clone();
        difference(&output, target)
    }
}

fn with_all_its_rates(model: &mut Towers, batches: &[Batch], learning_rate: f32, momentum: f32) {
    for batch in batches {
        let scores = model.forward(&batch.left, &batch.right);
        let grad = bce_backward(&scores, &batch.labels);
        model.backward(&grad);
        model.update(learning_rate, momentum);
    }
}

fn with_all_its_rates_and_no_update(model: &mut Towers, batches: &[Batch], learning_rate: f32) {
    for batch in batches {
        let scores = model.forward(&batch.left, &batch.right);
        let grad = bce_backward(&scores, &batch.labels);
        model.backward(&grad); //~ warning missing_step
    }
}

fn with_a_rate_and_an_optimizer<O: Optimizer>(model: &mut Net, optimizer: &O, rate: f32, batches: &[Batch]) -> Result<()> {
    for batch in batches {
        model.init_parameter_grads()?;
        let y = model.forward(batch.x.clone().into())?;
        let loss = y.cross_entropy_loss(batch.t.clone())?;
        loss.backward()?;
        model.update(rate, optimizer)?;
    }
    Ok(())
}

fn with_a_rate_and_an_optimizer_twice<O: Optimizer>(model: &mut Net, optimizer: &O, rate: f32, batches: &[Batch]) -> Result<()> {
    for batch in batches {
        model.init_parameter_grads()?;
        let y = model.forward(batch.x.clone().into())?;
        let loss = y.cross_entropy_loss(batch.t.clone())?;
        loss.backward()?;
        model.update(rate, optimizer)?;
        model.update(rate, optimizer)?; //~ warning step_repeated
    }
    Ok(())
}

/// The gradients are a return value.
fn value_and_gradients(model: &mut Net, optimizer: &mut Adam, batches: &[Batch]) {
    for batch in batches {
        let (loss, grads) = model.loss_and_grad(&batch.x, &batch.y);
        optimizer.step(model, &grads);
        println!("{loss}");
    }
}

/// The layers are updated by hand, one after the other.
fn by_hand(first: &mut Dense, second: &mut Dense, batches: &[Batch], learning_rate: f32) {
    for batch in batches {
        let hidden = first.forward(&batch.x);
        let output = second.forward(&hidden);
        let delta = difference(&output, &batch.y);
        let inner = second.backward(&delta);
        first.backward(&inner);
        second.weights = &second.weights - &(learning_rate * &second.weight_grad);
        first.weights = &first.weights - &(learning_rate * &first.weight_grad);
    }
}

/// Each layer is updated before the next one gets its gradient.
fn layer_after_layer(first: &mut Dense, second: &mut Dense, batches: &[Batch], lr: f32) {
    for batch in batches {
        let hidden = first.forward(&batch.x);
        let output = second.forward(&hidden);
        let delta = difference(&output, &batch.y);
        let inner = second.backward(&delta);
        second.update(lr);
        first.backward(&inner);
        first.update(lr);
    }
}

/// The optimizer belongs to the caller, who steps.
fn only_gradients(model: &mut Net, optimizer: &mut Adam, x: &Tensor, y: &Tensor) {
    optimizer.zero_grad();
    let delta = difference(&model.forward(x), y);
    model.backward(&delta);
}

/// The norm of the gradients is all that is wanted.
fn norms(model: &mut Net, optimizer: &mut Adam, batches: &[Batch]) {
    for batch in batches {
        optimizer.zero_grad();
        let delta = difference(&model.forward(&batch.x), &batch.y);
        model.backward(&delta);
        println!("{}", optimizer.grad_norm());
    }
}

/// A benchmark of `backward`.
fn bench_backward(model: &mut Net, batches: &[Batch]) {
    for batch in batches {
        model.zero_grad();
        let delta = difference(&model.forward(&batch.x), &batch.y);
        model.backward(&delta);
    }
}

fn an_environment(env: &mut Env, policy: &mut Policy, learning_rate: f32) {
    let action = policy.act(env.state());
    let (state, reward) = env.step(action);
    let grad = policy.gradient_of(&state, reward);
    policy.backward(&grad);
    policy.update(learning_rate);
}
