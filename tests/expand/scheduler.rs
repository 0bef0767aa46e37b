#[training_loop(
    loss = mse_loss,
    optimizer = Adam::new(model.parameters(), 1e-3),
    scheduler = CosineLr::new(1000),
    max_steps = 1000,
)]
fn fit(model: &mut Mlp, train: &DataLoader<Tensor>, valid: &DataLoader<Tensor>) -> Result<History>;
