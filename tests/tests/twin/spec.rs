/// Everything that changes the order of a loop, in one spec.
#[training_loop(
    loss = |output, batch| cross_entropy(output, &batch.target),
    optimizer = AdamW::new(model.parameters(), 0.01),
    scheduler = CosineLr::new(12),
    epochs = epochs,
    seed = 3,
    accumulate = 3,
    clip_grad_norm = 0.5,
    metrics = [accuracy],
    train_metrics = [accuracy, top_k(2)],
    validate(every = 2 epochs, first),
    on(epoch_end = |model, state| seen.push((state.epoch, model.is_training()))),
)]
pub fn fit(
    model: &mut Mlp,
    train: &DataLoader,
    valid: &DataLoader,
    epochs: usize,
    seen: &mut Vec<(usize, bool)>,
) -> Result<History>;
