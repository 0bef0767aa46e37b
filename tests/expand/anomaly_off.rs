#[training_loop(
    loss = cross_entropy,
    optimizer = Adam::new(model.parameters(), 1e-3),
    epochs = 20,
    clip_grad_value = 1.0,
    accumulate = 2,
    anomaly = off,
)]
fn fit(model: &mut Mlp, train: &DataLoader) -> Result<History>;
