//! Correct specs that look faulty.

#[training_loop(
    loss = |output, batch| 0.5 * mse_loss(output, &batch.target),
    forward = |model, batch| model.forward(&batch.input),
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [
        { optimizer.zero_grad(); },
        forward,
        loss,
        { println!("{}", loss.item()); },
        backward,
        { if loss.item() > 10.0 { optimizer.clip_grad_norm(1.0); } },
        step,
        { ema.update(&model); },
        { if epoch == 2 { model.save("model.safetensors")?; } },
    ],
)]
fn with_blocks(model: &mut Mlp, train: &DataLoader<Tensor>, ema: &mut Ema) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = CosineLr::new(100),
    max_steps = 100,
    accumulate = 2,
    train_order = [zero_grad, forward, { log(&output); }, loss, backward, { ema.decay(0.9); }, step, schedule, { ema.update(&model); }],
    eval_order = [forward, { log(&output); }, loss],
    validate(every = 50 steps, first),
    on(
        batch_end = |_, state| if state.loss > 100.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) },
        validation_end = |model, _| model.save("model.safetensors"),
    ),
)]
fn with_everything(model: &mut Mlp, train: &DataLoader<Tensor>, valid: &DataLoader<Tensor>, ema: &mut Ema) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = 4,
    train_order = [zero_grad, forward, loss, { optimizer.zero_grad_of_head(); }, backward, { optimizer.clip_grad_value(0.5); }, step],
)]
fn an_own_method(model: &mut Mlp, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    training_step = |model, batch| {
        let output = model.forward(&batch.input);
        mse_loss(&output, &batch.target) + 0.01 * model.penalty()
    },
    optimizer = AdamW::new(model.parameters(), 1e-3),
    epochs = 3,
    train_order = [training_step, zero_grad, backward, step, { critic_optimizer.zero_grad(); critic.loss(&batch).backward(); critic_optimizer.step(); }],
)]
fn two_optimizers(
    model: &mut Mlp,
    critic: &mut Mlp,
    critic_optimizer: &mut AdamW,
    train: &DataLoader<Tensor>,
) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [forward, loss, zero_grad, backward, step],
    on(
        before_step = |_, _| if !loss.item().is_finite() { optimizer.zero_grad(); },
        epoch_end = |_, state| optimizer.set_learning_rate(0.1 / (state.epoch + 1) as f32),
    ),
)]
fn drops_what_is_not_finite(model: &mut Mlp, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = k,
    train_order = [zero_grad, forward, loss, { (&loss / k as f32).backward(); }, clip_grad_norm(1.0), step],
)]
fn weighs_by_hand(model: &mut Mlp, train: &DataLoader<Tensor>, k: usize) -> Result<History>;
