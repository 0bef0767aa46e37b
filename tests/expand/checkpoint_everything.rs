/// Everything that a checkpoint saves.
#[training_loop(
    training_step = |model, batch| {
        let (output, kl) = model.forward_and_kl(&batch.input);
        let loss = cross_entropy(&output, &batch.target);
        (output, &loss + &kl, [("kl", kl)])
    },
    optimizer = AdamW::new(model.parameters(), 1e-3),
    scheduler = CosineLr::new(10_000),
    epochs = 20,
    seed = 7,
    warmup = 5 percent,
    clip_grad_norm = 1.0,
    metrics = [accuracy],
    train_metrics = [accuracy],
    validate(every = 500 steps, first),
    ema(decay = 0.99),
    anomaly = full,
    early_stop(patience = 5, min_delta = 0.001),
    restore_best,
    checkpoint(every = 500 steps, monitor = valid_accuracy),
)]
fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader, run: &RunOptions) -> Result<History>;

/// Checks of the training data, with a metric that is asked for its name and its goal.
#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 1e-3),
    max_steps = 10_000,
    train_metrics = [mine],
    ema(decay = decay, eval = false),
    early_stop(monitor = sharpness, patience = patience),
    restore_best,
    checkpoint(every = 10 minutes),
)]
fn fit_training(
    model: &mut Mlp,
    train: &DataLoader,
    mine: fn() -> Sharpness,
    decay: f32,
    patience: usize,
    run: &RunOptions,
) -> Result<History>;

/// Only the checkpoints are compared by a measurement of their own.
#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 1e-3),
    epochs = 20,
    metrics = [accuracy],
    checkpoint(keep_best = 3, monitor = valid_accuracy, mode = max),
)]
fn fit_best(model: &mut Mlp, train: &DataLoader, valid: &DataLoader, run: &RunOptions) -> Result<History>;
