#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 10,
    train_order = [
        { let started = Instant::now(); times.push(started); },
        zero_grad, forward,
        { for row in 0..batch.len() { if row > 3 { break; } println!("{row}"); } },
        loss, backward,
        { if !loss.item().is_finite() { return Err(Error::Stopped); } },
        step,
        {},
    ],
)]
fn fit(model: &mut Mlp, train: &DataLoader<Tensor>, times: &mut Vec<Instant>) -> Result<History>;
