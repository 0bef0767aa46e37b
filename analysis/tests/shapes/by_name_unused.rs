//! Gradients, optimizers and schedules of own libraries that nothing uses, by the names of the calls.

use my_layers::{Adam, CosineSchedule, Net, Tower, cross_entropy, cross_entropy_gradient};

fn sizes_are_no_values(batches: &[Batch], rate: f32) {
    let mut tower = Tower::new();
    for batch in batches {
        let scores = tower.forward(&batch.left, &batch.right);
        let outer = cross_entropy_gradient(&scores, &batch.labels);
        let mut grad_scores = Array2::zeros(scores.dim());
        for i in 0..batch.len() {
            if i < grad_scores.nrows() {
                grad_scores[[i, i]] = outer[[i, 0]];
            }
        }
        tower.update_weights(rate); //~ warning missing_backward
    }
}

fn read_gradients(batches: &[Batch], rate: f32) {
    let mut tower = Tower::new();
    for batch in batches {
        let scores = tower.forward(&batch.left, &batch.right);
        let grad_scores = cross_entropy_gradient(&scores, &batch.labels);
        assert_eq!(grad_scores.nrows(), batch.len());
        tower.backward(&grad_scores);
        tower.update_weights(rate);
    }
}

fn a_gradient_in_a_tuple(batches: &[Batch], rate: f32) {
    let mut net = Net::new();
    for batch in batches {
        let output = net.forward(&batch.x);
        let (loss, grad) = softmax_loss(&output, &batch.y);
        net.zero_grad();
        for p in net.parameters() {
            p.sgd_step(rate, 0.0); //~ warning missing_backward
        }
        println!("{loss}");
    }
}

fn a_gradient_in_a_tuple_that_is_read(batches: &[Batch], rate: f32) {
    let mut net = Net::new();
    for batch in batches {
        let output = net.forward(&batch.x);
        let (loss, grad) = softmax_loss(&output, &batch.y);
        net.zero_grad();
        net.backward(&grad);
        for p in net.parameters() {
            p.sgd_step(rate, 0.0);
        }
        println!("{loss}");
    }
}

fn zeroed_and_never_used(batches: &[Batch], epochs: usize, rate: f32) {
    let mut net = Net::new();
    for _ in 0..epochs {
        for start in (0..batches.len()).step_by(8) {
            let loss = cross_entropy(&net.forward(&batches[start].x), &batches[start].y);
            net.zero_grad();
            loss.backward(); //~ warning missing_step
        }
        println!("{rate} {}", validate(&net));
        net.save("net.bin", rate);
    }
}

fn zeroed_and_used(batches: &[Batch], epochs: usize, rate: f32) {
    let mut net = Net::new();
    for _ in 0..epochs {
        for start in (0..batches.len()).step_by(8) {
            let loss = cross_entropy(&net.forward(&batches[start].x), &batches[start].y);
            net.zero_grad();
            loss.backward();
            net.update(rate);
        }
        println!("{rate} {}", validate(&net));
        net.save("net.bin", rate);
    }
}

/// The gradients are looked at.
fn saliency(net: &Net, images: &[Image]) {
    let mut sums = Vec::new();
    for image in images {
        net.zero_grad();
        cross_entropy(&net.forward(image), &image.label).backward();
        sums.push(image.pixels.grad().sum());
    }
}

pub struct Replicas {
    optimizers: Vec<Adam>,
    replicas: Vec<Net>,
}

impl Replicas {
    /// Each replica has one optimizer; the caller steps them.
    pub fn forward_backward(&mut self, batch: &Batch) -> f64 {
        let mut total = 0.0;
        for i in 0..self.replicas.len() {
            let loss = cross_entropy(&self.replicas[i].forward(&batch.x), &batch.y);
            self.optimizers[i].zero_grad();
            loss.backward();
            total += loss.value();
        }
        total
    }
}

/// The rate is an argument of the `backward`, which updates the layers.
fn updated_by_the_backward(net: &mut Net, batches: &[Batch], rate: f32) {
    for batch in batches {
        net.zero_grad();
        let grad = cross_entropy_gradient(&net.forward(&batch.x), &batch.y);
        net.backward(&grad, rate);
    }
}

fn train_batch(net: &mut Net, batch: &Batch) -> f32 {
    let output = net.forward(&batch.x);
    let grad = cross_entropy_gradient(&output, &batch.y); //~ warning missing_backward
    cross_entropy(&output, &batch.y).value()
}

fn train_batch_with_a_rate(net: &mut Net, batch: &Batch, rate: f32) -> f32 {
    let output = net.forward(&batch.x);
    let grad = cross_entropy_gradient(&output, &batch.y);
    net.backward(&grad, rate);
    cross_entropy(&output, &batch.y).value()
}

fn gradients_of_all_layers(net: &mut Net, batches: &[Batch], rate: f32) {
    for batch in batches {
        let output = net.forward(&batch.x);
        let gradients = net.backward(&output, &batch.y);
        net.update_parameters(gradients, rate);
    }
}

fn gradients_of_all_layers_unused(net: &mut Net, batches: &[Batch], mut rate: f32) {
    for batch in batches {
        let output = net.forward(&batch.x);
        let gradients = net.backward(&output, &batch.y); //~ warning missing_step
        rate *= 0.99;
    }
}

fn optimizer_unused(samples: &[Sample]) {
    let net = Net::new();
    let optimizer = Adam::new(0.1); //~ warning missing_step
    for sample in samples {
        println!("{}", net.forward(&sample.x));
    }
}

fn schedule_read(net: &mut Net, batches: &[Batch]) {
    let mut scheduler = CosineScheduler::new(0.1, 10, 100);
    for batch in batches {
        net.compute_loss(batch);
        net.backward(&batch.y, scheduler.rate());
        scheduler.step();
    }
}

fn schedule_unread(net: &mut Net, batches: &[Batch]) {
    let mut scheduler = CosineScheduler::new(0.1, 10, 100);
    for batch in batches {
        net.compute_loss(batch);
        scheduler.step(); //~ warning schedule_detached
    }
}

/// The schedule has the optimizer, and sets its rate.
fn schedule_of_an_optimizer(net: &mut Net, batches: &[Batch]) {
    let mut optimizer = Adam::new(0.1);
    let mut scheduler = CosineScheduler::new(&mut optimizer, 10, 100);
    for batch in batches {
        net.learn_from(batch);
        scheduler.step();
    }
}

fn zeroed_in_each_iteration(batches: &[Batch]) {
    let net = Net::new();
    let mut optimizer = Momentum::over(&net);
    for batch in batches {
        let loss = cross_entropy(&net.forward(&batch.x), &batch.y);
        net.clear_grads();
        loss.backward(true);
        optimizer.update();
    }
}

fn never_zeroed(batches: &[Batch]) {
    let net = Net::new();
    let mut optimizer = Momentum::over(&net);
    for batch in batches {
        let loss = cross_entropy(&net.forward(&batch.x), &batch.y);
        loss.backward(true); //~ warning missing_zero_grad
        optimizer.update();
    }
}

/// Unknown code may zero.
fn perhaps_zeroed(batches: &[Batch]) {
    let net = Net::new();
    let mut optimizer = Momentum::over(&net);
    for batch in batches {
        prepare(&net);
        let loss = cross_entropy(&net.forward(&batch.x), &batch.y);
        loss.backward(true);
        optimizer.update();
    }
}

pub struct ActorAndCritic {
    actor: Net,
    actor_optimizer: Adam,
    critic: Critic,
}

impl ActorAndCritic {
    pub fn train(&mut self, batch: &Batch) {
        self.critic.train(batch);
        let mut delta = loss_of_actor(&mut self.actor, batch);
        self.actor.backward(&mut delta);
        self.actor_optimizer.update(&mut self.actor);
    }

    pub fn train_early(&mut self, batch: &Batch) {
        self.critic.train(batch);
        let mut delta = loss_of_actor(&mut self.actor, batch);
        self.actor_optimizer.update(&mut self.actor); //~ warning step_before_backward
        self.actor.backward(&mut delta);
    }
}

/// The call after the `backward` may be the step.
fn train_with_an_unknown_call(net: &mut Net, learner: &mut Learner, batches: &[Batch]) {
    for batch in batches {
        net.zero_grad();
        cross_entropy(&net.forward(&batch.x), &batch.y).backward();
        learner.advance();
    }
}
