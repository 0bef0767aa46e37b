#[training_loop(
    loss = cross_entropy,
    optimizer = Adam::new(model.parameters(), 1e-3),
    epochs = 100,
    metrics = [accuracy],
    early_stop(monitor = valid_accuracy, patience = 5, min_delta = 0.001),
    restore_best,
)]
fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Adam::new(model.parameters(), 1e-3),
    epochs = 100,
    metrics = [mine],
    validate(every = 100 steps),
    early_stop(monitor = valid_mine, patience = patience, mode = max),
    restore_best,
)]
fn fit_in_steps(model: &mut Mlp, train: &DataLoader, valid: Option<&DataLoader>, patience: usize) -> Result<History>;
