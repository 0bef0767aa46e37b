// A loss of one's own says what it was divided by.
#[training_loop(
    loss = own_loss,
    loss_weight = |batch| batch.target.len(),
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = 2,
)]
fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;
