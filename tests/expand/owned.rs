#[must_use]
#[training_loop(
    model = Mlp::new(),
    train = DataLoader::new(data, 32).shuffle(0),
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
)]
fn fit(data: TensorDataset<Tensor>) -> Result<History>;
