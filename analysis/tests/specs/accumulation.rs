//! Several batches for one update.

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = 4,
    train_order = [
        zero_grad,
        forward,
        loss,
        { optimizer.zero_grad(); }, //~ error zero_grad_every_batch
        backward,
        step,
    ],
)]
fn zeroes_each_batch(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = 4,
    on(batch_end = |_, _| optimizer.zero_grad()), //~ error gradients_discarded
)]
fn a_hook_zeroes_each_batch(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = 4,
    on(batch_end = |_, _| { optimizer.clip_grad_norm(1.0); }), //~ warning clip_per_batch
)]
fn a_hook_clips_each_batch(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = 4,
    train_order = [
        zero_grad,
        forward,
        loss,
        {
            optimizer.clip_grad_norm(1.0); //~ error clip_before_backward
        },
        backward,
        step,
    ],
)]
fn a_block_clips_each_batch(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = 4,
    train_order = [
        zero_grad,
        forward,
        loss,
        {
            loss.backward(); //~ warning unscaled_accumulation
            optimizer.clip_grad_norm(1.0); //~ warning clip_per_batch
        },
        step,
    ],
)]
fn a_block_does_both(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = 4,
    train_order = [forward, loss, zero_grad, backward, { optimizer.clip_grad_norm(1.0); }, step],
)]
fn a_block_clips_the_sum(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = 4,
    on(batch_end = |_, _| scheduler.step(&mut optimizer)), //~ error schedule_per_batch
)]
fn a_hook_moves_the_schedule(model: &mut Mlp, train: &DataLoader, scheduler: &mut CosineLr) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = 4,
    train_order = [
        { scheduler.step(&mut optimizer); }, //~ error schedule_per_batch
        forward,
        loss,
        zero_grad,
        backward,
        step,
    ],
)]
fn a_block_moves_the_schedule(model: &mut Mlp, train: &DataLoader, scheduler: &mut CosineLr) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = 4,
    train_order = [forward, loss, zero_grad, backward, step, { scheduler.step(&mut optimizer); }],
)]
fn the_schedule_moves_with_the_update(model: &mut Mlp, train: &DataLoader, scheduler: &mut CosineLr) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = 4,
    on(batch_end = |model, _| ema.update(model)), //~ warning ema_before_step
)]
fn a_hook_averages_each_batch(model: &mut Mlp, train: &DataLoader, ema: &mut Ema) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = 4,
    on(batch_end = |model, _| model.save("model.safetensors")), //~ warning checkpoint_mid_update
)]
fn a_hook_saves_each_batch(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = 4,
    train_order = [
        zero_grad,
        forward,
        loss,
        { loss.backward(); }, //~ warning unscaled_accumulation
        step,
    ],
)]
fn a_block_weighs_nothing(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = 4,
    train_order = [zero_grad, forward, loss, { (&loss / 4.0).backward(); }, step],
)]
fn a_block_weighs(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    train_order = [
        forward,
        loss,
        zero_grad, //~ error zero_grad_every_batch
        backward,
        {
            *count += 1;
            if *count % 4 == 0 {
                optimizer.step(); //~ error step_in_block
            }
        },
    ],
)]
fn windows_by_hand(model: &mut Mlp, train: &DataLoader, count: &mut usize) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 3,
    accumulate = 4,
    clip_grad_norm = 1.0,
    scheduler = CosineLr::new(1000),
    on(
        before_step = |_, _| println!("{grad_norm}"),
        batch_end = |_, state| println!("{}", state.loss),
        epoch_end = |model, _| model.save("model.safetensors"),
    ),
)]
fn right(model: &mut Mlp, train: &DataLoader) -> Result<History>;
