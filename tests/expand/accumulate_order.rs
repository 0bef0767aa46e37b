#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    max_steps = 300,
    accumulate = 2,
    train_metrics = [accuracy],
    train_order = [forward, { seen += batch.len(); }, loss, metrics, backward, { updates += 1; }, clip_grad_norm(1.0), step, zero_grad],
)]
fn fit(model: &mut Mlp, train: &DataLoader, mut seen: usize, mut updates: usize) -> Result<History>;
