#[training_loop(
    training_step = |model, Batch { input, target }| {
        let output = model.forward(input);
        if output.len() == 0 {
            return (output.clone(), output.sum());
        }
        let loss = cross_entropy(&output, target);
        (output, loss)
    },
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    metrics = [accuracy],
    train_order = [zero_grad, training_step, backward, step],
)]
fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;
