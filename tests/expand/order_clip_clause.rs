#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 10,
    clip_grad_value = limit,
    train_order = [forward, loss, backward, clip_grad_value, step, zero_grad],
)]
fn fit(model: &mut Mlp, train: &DataLoader<Tensor>, limit: f32) -> Result<History>;
