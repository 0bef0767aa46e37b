#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3, accumulate = 1)]
fn fit(model: &mut Mlp, train: &DataLoader<Tensor>) -> Result<History>;
