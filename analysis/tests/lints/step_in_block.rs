/// Through the optimizer's name, and through another.
#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    max_steps = 7,
    train_order = [forward, loss, zero_grad, backward, { optimizer.step(); }], //~ error step_in_block
)]
fn plain(model: &mut Net, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    epochs = 2,
    train_order = [
        forward,
        loss,
        zero_grad,
        backward,
        {
            let other = &mut optimizer;
            other.step(); //~ error step_in_block
        },
    ],
)]
fn through_a_reference(model: &mut Net, train: &DataLoader, optimizer: &mut Sgd) -> Result<History>;

/// The optimizer is a field, and a parameter under its own name.
impl Trainer {
    #[training_loop(
        model = self.model,
        loss = cross_entropy,
        optimizer = self.optimizer,
        epochs = 2,
        train_order = [forward, loss, zero_grad, backward, { self.optimizer.step(); }], //~ error step_in_block
    )]
    fn fit(&mut self, train: &DataLoader) -> Result<History>;
}

#[training_loop(
    loss = cross_entropy,
    optimizer = opt,
    epochs = 2,
    train_order = [forward, loss, zero_grad, backward, { if now { Optimizer::step(opt); } }], //~ error step_in_block
)]
fn by_path(model: &mut Net, train: &DataLoader, opt: &mut Sgd, now: bool) -> Result<History>;

/// A second update in addition to the listed one, in the correct order.
#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    train_order = [
        forward,
        loss,
        zero_grad,
        backward,
        step,
        {
            optimizer.zero_grad();
            penalty(model).backward();
            optimizer.step(); //~ error step_in_block
        },
    ],
)]
fn twice(model: &mut Net, train: &DataLoader) -> Result<History>;

/// Another optimizer steps in a block.
#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    train_order = [
        forward,
        loss,
        zero_grad,
        backward,
        step,
        {
            critic_optimizer.zero_grad();
            critic_loss(critic, &output.detach()).backward();
            critic_optimizer.step();
        },
    ],
)]
fn of_another(model: &mut Net, train: &DataLoader, critic: &mut Net, critic_optimizer: &mut Adam) -> Result<History>;

/// The stage is named, and a schedule steps in a block.
#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    train_order = [forward, loss, zero_grad, backward, step, { meter.step(); }],
)]
fn named(model: &mut Net, train: &DataLoader, meter: &mut Meter) -> Result<History>;

/// A hand-written loop.
#[training_loop]
fn written(model: &mut Net, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for batch in train {
        optimizer.zero_grad();
        cross_entropy(&model.forward(&batch.input), &batch.target).backward();
        {
            optimizer.step();
        }
    }
}
