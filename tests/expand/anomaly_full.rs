#[training_loop(loss = cross_entropy, optimizer = Adam::new(model.parameters(), 1e-3), epochs = 20, anomaly = full)]
fn fit(model: &mut Mlp, train: &DataLoader) -> Result<History>;
