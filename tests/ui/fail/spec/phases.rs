//! Phases: what each needs, what it shares, and the clauses that a loop with phases does not have.

use training_loop::prelude::*;

#[derive(Module)]
pub struct Gan {
    critic: Linear,
    generator: Linear,
}

fn critic_loss(model: &Gan, batch: &Batch<Tensor>) -> Tensor {
    model.critic.forward(&batch.input).mean()
}

fn generator_loss(model: &Gan, batch: &Batch<Tensor>) -> Tensor {
    model.critic.forward(&model.generator.forward(&batch.input)).mean()
}

#[training_loop(
    phases(
        critic(training_step = critic_loss), //~ error
        generator(optimizer = Adam::new(model.generator.parameters(), 1e-4), every = 0), //~ error
    ),
    epochs = 3,
)]
pub fn incomplete(model: &mut Gan, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    phases(critic(optimizer = Adam::new(model.critic.parameters(), 1e-4), training_step = critic_loss)), //~ error
    epochs = 3,
)]
pub fn alone(model: &mut Gan, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop(
    phases(
        critic(optimizer = a, training_step = critic_loss),
        critic(optimizer = d, training_step = generator_loss), //~ error
        generator(optimizer = a, training_step = generator_loss), //~ error
        valid(optimizer = c, training_step = generator_loss), //~ error
    ),
    epochs = 3,
)]
pub fn names(
    model: &mut Gan,
    train: &DataLoader<Tensor>,
    a: &mut Adam,
    b: &mut Adam, //~ error
    c: &Adam, //~ error
    d: &mut Adam,
) -> Result<History>;

#[training_loop(
    phases(
        critic(optimizer = a, training_step = critic_loss),
        generator(optimizer = b, training_step = generator_loss),
    ),
    optimizer = Sgd::new(model.parameters(), 0.1), //~ error
    training_step = critic_loss, //~ error
    scheduler = CosineLr::new(10), //~ error
    clip_grad_norm = 1.0, //~ error
    accumulate = 4, //~ error
    train_order = [training_step, backward], //~ error
    train_metrics = [mae], //~ error
    epochs = 3,
)]
pub fn beside(model: &mut Gan, train: &DataLoader<Tensor>, a: &mut Adam, b: &mut Adam) -> Result<History>;

#[training_loop(
    phases(
        critic(optimizer = a, training_step = critic_loss),
        generator(optimizer = b, training_step = generator_loss),
    ),
    loss = mse_loss, //~ error
    forward = |model, batch| model.generator.forward(&batch.input), //~ error
    epochs = 3,
)]
pub fn no_validation(model: &mut Gan, train: &DataLoader<Tensor>, a: &mut Adam, b: &mut Adam) -> Result<History>;

#[training_loop(
    phases(
        critic(optimizer = a, training_step = critic_loss),
        generator(optimizer = b, training_step = generator_loss),
    ),
    epochs = 3,
)]
pub fn no_validation_loss(
    model: &mut Gan,
    train: &DataLoader<Tensor>,
    valid: &DataLoader<Tensor>, //~ error
    a: &mut Adam,
    b: &mut Adam,
) -> Result<History>;

#[training_loop(
    phases(
        critic(optimizer = a, training_step = critic_loss, every = 2), //~ error
        generator(optimizer = b, training_step = generator_loss, every = 5),
    ),
    epochs = 3,
)]
pub fn skipped(model: &mut Gan, train: &DataLoader<Tensor>, a: &mut Adam, b: &mut Adam) -> Result<History>;

#[training_loop(
    phases(
        critic = a, //~ error
        optimizer = a, //~ error
        critic(optim = a, loss = critic_loss, every = 5 steps, epochs = 3, evry = 2, frobnicate = 2), //~ error
        generator(optimizer, training_step = |model| model, every = 1.5, clip_grad_norm = -1.0), //~ error
        third(optimizer = a, optimizer = b, training_step = critic_loss, clip_grad_norm = 1.0, clip_grad_value = 1.0), //~ error
    ),
    epochs = 3,
)]
pub fn grammar(model: &mut Gan, train: &DataLoader<Tensor>, a: &mut Adam, b: &mut Adam) -> Result<History>;

#[training_loop(
    phases(
        critic(optimizer = a, training_step = critic_loss),
        generator(optimizer = b, training_step = generator_loss, clip_grad_norm = 1.0),
    ),
    early_stop(monitor = loss), //~ error
    on(
        batch_end = |_, _| println!("{loss}"), //~ error
        epoch_end = |_, _| optimizer.set_learning_rate(0.1), //~ error
        before_step = |_, _| println!("{grad_norm}"), //~ error
    ),
    epochs = 3,
)]
pub fn hooks(model: &mut Gan, train: &DataLoader<Tensor>, a: &mut Adam, b: &mut Adam) -> Result<History>;

#[training_loop(
    phases(
        critic(optimizer = a, training_step = critic_loss),
        generator(optimizer = b, training_step = generator_loss),
    ),
    early_stop(patience = 3), //~ error
    epochs = 3,
)]
pub fn no_monitor(model: &mut Gan, train: &DataLoader<Tensor>, a: &mut Adam, b: &mut Adam) -> Result<History>;

#[training_loop(phases(), epochs = 3)] //~ error
pub fn empty(model: &mut Gan, train: &DataLoader<Tensor>) -> Result<History>;

fn main() {}
