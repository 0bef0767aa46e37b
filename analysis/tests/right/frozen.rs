//! Networks that are not trained inside of a training step, losses of two networks, and values that only look
//! like a target or a schedule.

fn perceptual_loss(model: &mut Net, features: &mut Vgg, train: &DataLoader) {
    model.train();
    features.eval();
    let mut optimizer = Adam::new(model.parameters(), 1e-3);
    for batch in train {
        optimizer.zero_grad();
        let output = model.forward(&batch.input);
        let loss = mse_loss(&features.forward(&output), &batch.features);
        loss.backward();
        optimizer.step();
    }
}

fn an_optimizer_of_the_caller(model: &mut Net, features: &mut Vgg, optimizer: &mut Adam, train: &DataLoader) {
    model.train();
    features.eval();
    for batch in train {
        optimizer.zero_grad();
        let output = model.forward(&batch.input);
        let loss = mse_loss(&features.forward(&output), &batch.features) + l1_loss(&output, &batch.target);
        loss.backward();
        optimizer.step();
    }
}

fn style_of_an_image(features: &mut Vgg, image: &Var, style: &Tensor) {
    features.eval();
    let mut optimizer = Adam::new(vec![image.clone()], 1e-2);
    for _ in 0..300 {
        optimizer.zero_grad();
        let loss = mse_loss(&features.forward(image), style);
        loss.backward();
        optimizer.step();
    }
}

fn super_resolution(generator: &mut Net, critic: &mut Net, train: &DataLoader) {
    let mut features = Vgg::pretrained();
    features.eval();
    let mut opt_g = Adam::new(generator.parameters(), 1e-4);
    let mut opt_d = Adam::new(critic.parameters(), 1e-4);
    for batch in train {
        opt_d.zero_grad();
        let fake = generator.forward(&batch.low);
        let d_loss = bce_loss(&critic.forward(&batch.high), &ones) + bce_loss(&critic.forward(&fake.detach()), &zeros);
        d_loss.backward();
        opt_d.step();
        opt_g.zero_grad();
        let g_loss = mse_loss(&features.forward(&fake), &batch.features) + bce_loss(&critic.forward(&fake), &ones);
        g_loss.backward();
        opt_g.step();
    }
}

fn an_encoder_and_a_generator(encoder: &mut Net, generator: &mut Net, train: &DataLoader) {
    let mut opt_e = Adam::new(encoder.parameters(), 1e-4);
    let mut opt_g = Adam::new(generator.parameters(), 1e-4);
    for batch in train {
        opt_e.zero_grad();
        opt_g.zero_grad();
        let fake = generator.forward(&encoder.forward(&batch.image));
        let image_loss = l1_loss(&fake, &batch.image);
        image_loss.backward_retain_graph();
        opt_e.step();
        let latent_loss = l1_loss(&encoder.forward(&fake), &batch.latent);
        latent_loss.backward();
        opt_g.step();
    }
}

fn an_advantage_is_detached_where_it_is_used(net: &mut Net, optimizer: &mut Adam, batch: &Rollout) {
    let target = &batch.reward + net.forward(&batch.next) * 0.99;
    let delta = &target - net.forward(&batch.state);
    let policy = -(batch.log_prob(net) * delta.detach()).mean();
    let loss = policy + mse_loss(&net.forward(&batch.state), &target.detach());
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
}

fn an_error_that_is_only_logged(net: &mut Net, optimizer: &mut Adam, batch: &Rollout) {
    let q = net.forward(&batch.state);
    let target = &batch.reward + net.forward(&batch.next) * 0.99;
    let error = mse_loss(&q, &target).item();
    let loss = mse_loss(&q, &target.detach());
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    println!("{error}");
}

struct Diffusion {
    net: UNet,
    beta_schedule: Vec<f64>,
}

impl Diffusion {
    fn new(steps: usize) -> Self {
        let mut beta_schedule = Vec::new();
        for step in 0..steps {
            beta_schedule.push(step as f64);
        }
        Self { net: UNet::new(), beta_schedule }
    }

    fn loss(&self, x: &Tensor, step: usize) -> Tensor {
        let noise = randn(x.shape());
        mse_loss(&self.net.forward(&(x + &noise * self.beta_schedule[step])), &noise)
    }
}

fn a_schedule_of_noise() {
    let diffusion = Diffusion::new(100);
    let mut optimizer = Adam::new(diffusion.net.parameters(), 1e-3);
    for (step, x) in batches().enumerate() {
        optimizer.zero_grad();
        let loss = diffusion.loss(&x, step % 100);
        loss.backward();
        optimizer.step();
    }
}

fn schedules_that_are_lists_or_functions(net: &UNet, train: &DataLoader) {
    let noise_schedule = linear_schedule(100);
    let unused_schedule: Vec<f32> = Vec::with_capacity(100);
    let scheduler = LinearScheduler::new(0.001, 5, 15);
    let mut optimizer = Adam::new(net.parameters(), 1e-3);
    for (step, batch) in train.iter().enumerate() {
        println!("{}", scheduler.get_lr(step));
        optimizer.zero_grad();
        let loss = mse_loss(&net.forward(&(&batch.input * noise_schedule[step])), &batch.target);
        loss.backward();
        optimizer.step();
    }
}

#[test]
fn a_view_without_recording_has_no_graph() {
    let weight = Var::ones(3);
    let view = no_grad(|| weight.view_as(&input()));
    let loss = view.sum();
    loss.backward();
    loss.backward();
}

fn the_rest_of_a_window(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Adam::new(model.parameters(), 1e-4);
    let mut seen = 0;
    optimizer.zero_grad();
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target) / 128.0;
        loss.backward();
        seen += batch.len();
        if seen >= 128 {
            optimizer.step();
            optimizer.zero_grad();
            seen = 0;
        }
    }
    if seen > 0 {
        optimizer.step();
        optimizer.zero_grad();
    }
}
