//! Hooks that take part in the update.

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    on(before_step = |_, _| optimizer.step()), //~ error step_in_block
)]
fn steps_before_step(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    on(batch_end = |_, _| optimizer.step()), //~ error step_in_block
)]
fn steps_after_the_batch(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    on(epoch_end = |_, _| { optimizer.step(); }), //~ error step_in_block
)]
fn steps_after_the_epoch(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    on(before_step = |_, _| optimizer.zero_grad()), //~ error gradients_discarded
)]
fn zeroes_before_step(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    on(before_step = |model, _| ema.update(model)), //~ warning ema_before_step
)]
fn averages_before_step(model: &mut Mlp, train: &DataLoader, ema: &mut Ema) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    on(before_step = |model, _| model.save("model.safetensors")), //~ warning checkpoint_mid_update
)]
fn saves_before_step(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    on(batch_end = |model, _| { ema.update(model); model.save("model.safetensors") }),
)]
fn averages_and_saves_after_step(model: &mut Mlp, train: &DataLoader, ema: &mut Ema) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [
        forward,
        loss,
        backward, //~ error missing_zero_grad
        step,
    ],
    on(epoch_end = |_, _| optimizer.zero_grad()),
)]
fn zeroes_once_an_epoch(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [forward, loss, backward, step],
    on(batch_end = |_, _| optimizer.zero_grad()),
)]
fn zeroes_after_the_batch(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    on(before_step = |_, _| { optimizer.clip_grad_norm(1.0); }),
)]
fn clips_before_step(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    on(batch_end = |_, _| { optimizer.clip_grad_norm(1.0); }), //~ error clip_after_step
)]
fn clips_after_step(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    on(epoch_end = |_, _| scheduler.step(&mut optimizer)),
)]
fn a_schedule_by_hand(model: &mut Mlp, train: &DataLoader, scheduler: &mut StepLr) -> Result<History>;
