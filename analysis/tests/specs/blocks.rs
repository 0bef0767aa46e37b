//! User blocks in `train_order`.

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [
        forward,
        loss,
        zero_grad,
        backward,
        { model.save("model.safetensors")?; }, //~ warning checkpoint_mid_update
        step,
    ],
)]
fn saves_before_step(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [forward, loss, zero_grad, backward, step, { model.save("model.safetensors")?; }],
)]
fn saves_after_step(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [
        forward,
        loss,
        zero_grad,
        backward,
        { ema.update(&model); }, //~ warning ema_before_step
        step,
    ],
)]
fn average_before_step(model: &mut Mlp, train: &DataLoader, ema: &mut Ema) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [forward, loss, zero_grad, backward, step, { ema.update(&model); }],
)]
fn average_after_step(model: &mut Mlp, train: &DataLoader, ema: &mut Ema) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [
        forward,
        loss,
        zero_grad,
        backward,
        { scheduler.step(&mut optimizer); }, //~ error schedule_before_step
        step,
    ],
)]
fn own_schedule_before_step(model: &mut Mlp, train: &DataLoader, scheduler: &mut CosineLr) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [forward, loss, zero_grad, backward, step, { scheduler.step(&mut optimizer); }],
)]
fn own_schedule_after_step(model: &mut Mlp, train: &DataLoader, scheduler: &mut CosineLr) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [
        forward,
        loss,
        backward, //~ warning missing_zero_grad
        step,
        { if state.epoch > 100 { optimizer.zero_grad(); } },
    ],
)]
fn zeroes_hardly_ever(model: &mut Mlp, train: &DataLoader, state: &State) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [forward, loss, { optimizer.zero_grad(); loss.backward(); optimizer.step(); }], //~ error step_in_block
)]
fn all_in_a_block(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [
        forward,
        loss,
        {
            loss.backward(); //~ error missing_zero_grad
            optimizer.step(); //~ error step_in_block
        },
    ],
)]
fn a_block_without_zero_grad(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [
        forward,
        loss,
        zero_grad,
        { optimizer.step(); }, //~ error step_in_block
        backward,
    ],
)]
fn a_block_steps_too_early(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [
        forward,
        loss,
        zero_grad,
        { optimizer.clip_grad_norm(1.0); }, //~ error clip_before_backward
        backward,
        step,
    ],
)]
fn a_block_clips_too_early(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [
        forward,
        loss,
        zero_grad,
        backward,
        step,
        { optimizer.clip_grad_norm(1.0); }, //~ error clip_after_step
    ],
)]
fn a_block_clips_too_late(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [
        forward,
        loss,
        zero_grad,
        backward,
        { loss.backward(); }, //~ error backward_repeated
        step,
    ],
)]
fn a_block_runs_backward_again(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [
        forward,
        loss,
        zero_grad,
        { if batch.len() > 8 { loss.backward(); } },
        step, //~ warning step_before_backward
    ],
)]
fn backward_for_large_batches(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [forward, loss, zero_grad, backward, { println!("{}", loss.item()); log(&output); }, step],
)]
fn looks_on(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [
        forward,
        loss,
        zero_grad,
        { loss.backward(); }, //~ error missing_step
    ],
)]
fn a_block_without_step(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [
        forward,
        loss,
        zero_grad,
        { optimizer.step(); }, //~ error step_in_block
    ],
)]
fn a_block_without_backward(model: &mut Mlp, train: &DataLoader) -> Result<History>;
