#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 1)]
fn fit(model: &Mlp, train: &DataLoader<Tensor>) -> Result<History>;
