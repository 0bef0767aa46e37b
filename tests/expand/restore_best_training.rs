#[training_loop(
    loss = cross_entropy,
    optimizer = Adam::new(model.parameters(), 1e-3),
    epochs = 100,
    accumulate = 2,
    early_stop(monitor = loss, patience = 5),
    restore_best(monitor = loss),
)]
fn fit(model: &mut Mlp, train: &DataLoader) -> Result<History>;
