#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), options.rate).momentum(0.9),
    max_steps = options.steps,
    accumulate = 4,
    clip_grad_norm = options.max_norm,
    metrics = [accuracy],
    train_metrics = [accuracy, top_k(5)],
    validate(every = 500 steps, first),
    checkpoint(every = (options.every) steps, keep_last = 3, keep_best = 0),
    run = RunOptions::new().dir(options.dir).resume_auto(),
)]
fn fit(
    model: &mut Mlp,
    train: &DataLoader,
    valid: Option<&DataLoader>,
    scheduler: Option<CosineLr>,
    options: &Options,
) -> Result<History>;
