#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = StepLr::new(100, 0.5),
    epochs = 3,
    accumulate = 4,
    train_metrics = [accuracy],
    clip_grad_value = 0.5,
)]
fn fit(model: &mut Mlp, train: &DataLoader) -> Result<History>;
