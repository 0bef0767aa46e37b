#[training_loop(
    loss = |output, batch| cross_entropy(output, &batch.target) * loss,
    optimizer = Sgd::new(model.parameters(), epoch),
    epochs = run,
    clip_grad_norm = output,
    metrics = [accuracy],
    on(batch_end = |_, _| println!("{loss} {}", epoch)),
)]
fn fit(
    model: &mut Mlp,
    train: &DataLoader,
    valid: &DataLoader,
    run: usize,
    output: f32,
    loss: f32,
    epoch: f32,
    batch: usize,
    optimizer: usize,
    grad_norm: usize,
    valid_accuracy: usize,
) -> Result<History>;
