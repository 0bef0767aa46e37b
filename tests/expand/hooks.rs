#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 10,
    clip_grad_value = 1,
    on(
        before_step = |_, _| if loss.item() > limit { optimizer.set_learning_rate(0.01); },
        batch_end = |_, state| {
            if state.loss > 100.0 {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        },
        epoch_end = |model: &Mlp, state: &State| -> Result<()> { save(model, state.epoch) },
    ),
)]
fn fit(model: &mut Mlp, train: &DataLoader<Tensor>, limit: f32) -> Result<History>;
