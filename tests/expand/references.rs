#[training_loop(
    loss = mse_loss,
    optimizer = opt,
    scheduler = plan,
    epochs = 3,
    train_order = [forward, loss, zero_grad, backward, step, { optimizer.set_learning_rate(0.1); scheduler.step(optimizer); }],
)]
fn fit(model: &mut Mlp, train: &DataLoader<Tensor>, opt: &mut Sgd, plan: &mut StepLr) -> Result<History>;
