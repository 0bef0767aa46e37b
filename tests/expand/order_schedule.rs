#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = StepLr::new(10, 0.1),
    epochs = 10,
    train_metrics = [mae],
    train_order = [zero_grad, forward, metrics, loss, backward, step, schedule],
)]
fn fit(model: &mut Mlp, train: &DataLoader<Tensor>) -> Result<History>;
