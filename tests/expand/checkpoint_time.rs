#[training_loop(
    forward = |model, batch| model.forward(&batch.input),
    loss = mse_loss,
    optimizer = optimizer,
    scheduler = StepLr::new(30, 0.1).per_epoch(),
    max_time = 8 hours,
    train_order = [forward, loss, zero_grad, backward, clip_grad_value(0.5), step],
    checkpoint(every = 10 minutes, keep_best = 2, monitor = loss),
)]
fn fit<O: Optimizer>(model: &mut Mlp, train: &DataLoader<Tensor>, optimizer: O) -> Result<History>;
