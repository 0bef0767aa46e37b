#[training_loop(
    loss = cross_entropy,
    optimizer = Adam::new(model.parameters(), 1e-3),
    epochs = 50,
    validate(every = (often + 1) epochs),
)]
fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader, often: usize) -> Result<History>;
