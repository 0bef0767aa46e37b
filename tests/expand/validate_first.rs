#[training_loop(
    loss = cross_entropy,
    optimizer = Adam::new(model.parameters(), 1e-3),
    epochs = 50,
    validate(first),
    on(validation_end = print),
)]
fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;
