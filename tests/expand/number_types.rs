// A parameter of the clause's type is used as it is, one of a type of the user's own is bound, so that rustc says at its name
// what is wrong.
#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = epochs,
    max_steps = updates,
    seed = start,
    clip_grad_norm = norm,
)]
fn fit(model: &mut Mlp, train: &DataLoader, epochs: usize, updates: Updates, start: u64, norm: Scalar) -> Result<History>;
