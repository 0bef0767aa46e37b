/// Trains.
#[training_loop(
    forward = |model, batch| model.forward(&batch.input),
    loss = |output, batch| cross_entropy(output, &batch.target),
    optimizer = AdamW::new(model.parameters(), options.rate),
    scheduler = CosineLr::new(options.epochs).per_epoch(),
    epochs = options.epochs,
    max_steps = 10_000,
    seed = options.seed,
    accumulate = options.accumulate,
    clip_grad_norm = options.max_norm,
    metrics = [accuracy, top_k(5)],
    train_metrics = [accuracy],
    validate(every = 2 epochs, first),
    on(
        before_step = |_, state| println!("{}", state.step),
        batch_end = |model, state| check(model, state),
        validation_end = |model, state| if state.is_best() { model.save(best)?; },
        epoch_end = report,
    ),
)]
pub fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader, options: &Options, best: &Path) -> Result<History>;
