#[training_loop(
    phases(
        critic(
            optimizer = Adam::new(model.critic.parameters(), 1e-4),
            training_step = |model, batch| {
                let noise = Tensor::randn(&[batch.len(), 16]);
                let fake = model.generator.forward(&noise).detach();
                let (real, fake) = (model.critic.forward(&batch.input).mean(), model.critic.forward(&fake).mean());
                (&fake - &real, [("real", real), ("fake", fake)])
            },
            clip_grad_norm = 1.0,
        ),
        generator(
            optimizer = Adam::new(model.generator.parameters(), 1e-4),
            training_step = generator_loss,
            every = 5,
        ),
    ),
    epochs = 20,
    seed = 7,
)]
fn fit(model: &mut Gan, train: &DataLoader) -> Result<History>;

#[training_loop(
    phases(
        critic(optimizer = critic, training_step = critic_loss, every = n, scheduler = CosineLr::new(100), clip_grad_norm = max_norm.critic),
        generator(optimizer = generator, training_step = generator_loss, every = n_critic, scheduler = schedule, clip_grad_norm = max_norm.generator),
    ),
    forward = |model, batch| model.generator.forward(&batch.input),
    loss = mse_loss,
    epochs = 20,
    warmup = 100 steps,
    ema(decay = 0.99),
    anomaly = full,
    validate(every = 100 steps),
    early_stop(monitor = generator_loss, patience = 3),
    restore_best,
    checkpoint(every = 500 steps),
    on(
        before_step = |_, state| rates.push(optimizer.learning_rate()),
        batch_end = |_, state| println!("{}", state.step),
        epoch_end = report,
    ),
)]
fn fit_all(
    model: &mut Gan,
    critic: &mut Adam,
    generator: Adam,
    train: &DataLoader,
    valid: Option<&DataLoader>,
    n: usize,
    n_critic: usize,
    schedule: Option<StepLr>,
    max_norm: Norms,
    rates: &mut Vec<f32>,
    run: &RunOptions,
) -> Result<History>;
