#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    max_time = 10 minutes,
)]
fn fit(model: &mut Mlp, train: &DataLoader<Tensor>, valid: &DataLoader<Tensor>) -> Result<History>;
