#[training_loop(
    loss = cross_entropy,
    optimizer = Adam::new(model.parameters(), 1e-3),
    epochs = 20,
    ema(decay = 0.99),
    restore_best,
    on(validation_end = |model, state| if state.is_best() { model.save(path)?; }),
)]
fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader, path: &Path) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Adam::new(model.parameters(), 1e-3),
    epochs = 20,
    accumulate = 2,
    validate(every = 2 epochs, first),
    ema(decay = decay),
)]
fn fit_windows(model: &mut Mlp, train: &DataLoader, valid: &DataLoader, decay: f32) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Adam::new(model.parameters(), 1e-3),
    epochs = 20,
    ema(eval = false),
    on(epoch_end = |model, _| {
        let _averaged = ema.scope();
        model.save(path)
    }),
)]
fn fit_by_hand(model: &mut Mlp, train: &DataLoader, path: &Path) -> Result<History>;
