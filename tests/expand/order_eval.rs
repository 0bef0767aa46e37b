#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 10,
    metrics = [accuracy],
    eval_order = [forward, { seen.push(output.argmax(1)); }, metrics, loss, { println!("{epoch}: {}", loss.item()); }],
)]
fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader, seen: &mut Vec<Labels>) -> Result<History>;
