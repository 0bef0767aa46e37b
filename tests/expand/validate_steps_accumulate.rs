#[training_loop(
    loss = cross_entropy,
    optimizer = Adam::new(model.parameters(), 1e-3),
    max_steps = 100,
    accumulate = 3,
    validate(every = often steps, first),
)]
fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader, often: usize) -> Result<History>;
