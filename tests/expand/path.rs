#[training_loop(
    crate = crate::ml,
    loss = ml::mse_loss,
    optimizer = ml::Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    clip_grad_norm = max,
    metrics = [ml::mae, ml::Rmse::new(), mae().per_column()],
)]
fn fit(model: &mut Mlp, train: &ml::DataLoader<Tensor>, valid: &ml::DataLoader<Tensor>, max: f32) -> ml::Result<History>;
