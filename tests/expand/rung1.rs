#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 1e-3),
    epochs = 20,
    metrics = [accuracy],
    clip_grad_norm = 1.0,
)]
fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;
