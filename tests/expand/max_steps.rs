#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    max_steps = (3 * n) steps,
    seed = 7,
)]
fn fit(model: &mut Mlp, train: &DataLoader<Tensor>, valid: &DataLoader<Tensor>, n: usize) -> Result<History>;
