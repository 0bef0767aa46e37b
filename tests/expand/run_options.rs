#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 5,
    run = RunOptions::new().handle_signals(),
)]
fn fit(model: &mut Mlp, train: &DataLoader<Tensor>, valid: &DataLoader<Tensor>) -> Result<History>;
