#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 1e-3),
    epochs = 20,
    metrics = [accuracy],
    train_order = [forward, loss, zero_grad, backward, { println!("{}", loss.item()) }, clip_grad_norm(1.0), step],
    eval_order = [forward, loss, metrics],
)]
fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;
