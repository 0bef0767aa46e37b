#[training_loop(
    training_step = step,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
)]
fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;
