#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 1e-3),
    epochs = 10,
    seed = 0,
    checkpoint(every = 1 epochs),
)]
fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader, run: &RunOptions) -> Result<History>;
