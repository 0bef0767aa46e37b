//! Positions at which the schedule advances.

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = CosineLr::new(1000),
    epochs = 3,
    train_order = [
        forward,
        loss,
        zero_grad,
        backward,
        schedule, //~ error schedule_before_step
        step,
    ],
)]
fn before_step(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = CosineLr::new(1000),
    epochs = 3,
    train_order = [
        schedule, //~ error schedule_before_step
        forward,
        loss,
        zero_grad,
        backward,
        step,
    ],
)]
fn first_of_all(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = CosineLr::new(1000),
    epochs = 3,
    accumulate = 4,
    train_order = [
        forward,
        loss,
        zero_grad,
        backward,
        schedule, //~ error schedule_before_step
        step,
    ],
)]
fn before_the_step_of_a_window(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = optimizer,
    scheduler = scheduler,
    epochs = 3,
    train_order = [
        forward,
        loss,
        zero_grad,
        backward,
        schedule, //~ warning schedule_before_step
        step,
    ],
)]
fn of_parameters(model: &mut Mlp, train: &DataLoader, optimizer: &mut Sgd, scheduler: &mut CosineLr) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = CosineLr::new(1000),
    epochs = 3,
    train_order = [forward, loss, zero_grad, backward, step, schedule],
)]
fn after_step(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = CosineLr::new(1000),
    epochs = 3,
    allow(schedule_before_step),
    train_order = [schedule, forward, loss, zero_grad, backward, step],
)]
fn meant(model: &mut Mlp, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    scheduler = StepLr::new(10, 0.1).per_epoch(),
    epochs = 3,
    train_order = [schedule, forward, loss, zero_grad, backward, step],
)]
fn once_an_epoch(model: &mut Mlp, train: &DataLoader) -> Result<History>;
