#[training_loop(
    loss = cross_entropy,
    optimizer = Adam::new(model.parameters(), 1e-3),
    epochs = 5,
    metrics = [accuracy],
    validate(every = 500 steps),
    on(validation_end = |_, state| if state.is_best() { println!("best") }),
)]
fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;
