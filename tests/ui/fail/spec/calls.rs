//! Functions, blocks and hooks that are handed something else than they take.

use training_loop::prelude::*;

#[derive(Module)]
struct Net {
    linear: Linear,
}

impl Net {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.linear.forward(x)
    }
}

#[training_loop(
    loss = cross_entropy,
    forward = model.forward, //~ error
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
)]
fn method(model: &mut Net, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    forward = Net::forward, //~ error
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
)]
fn path_of_the_method(model: &mut Net, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    forward = |x| model.forward(x), //~ error
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
)]
fn batch_for_input(model: &mut Net, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    accumulate = 2,
    train_order = [forward, loss, zero_grad, backward, { println!("{}", loss.item()); }, step], //~ error
)]
fn after_the_window(model: &mut Net, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    on(epoch_end = |_, state| println!("{:?} {}", state.val_accuracy, state.lr)), //~ error, error
)]
fn fields_of_the_state(model: &mut Net, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    on(epoch_end = |_, state| {
        if state.loss < 0.1 {
            return ControlFlow::Break(());
        } //~ error
    }),
)]
fn only_stops(model: &mut Net, train: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, optimizer = Sgd::new(net.parameters(), 0.1), epochs = 2)]
fn other_name(net: &mut Net, train: &DataLoader) -> Result<History>; //~ error

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    metrics = [accuracy],
)]
fn unused_validation(model: &mut Net, train: &DataLoader, val: &DataLoader) -> Result<History>; //~ error

// Both orders are wrong, and a clause too: all of it is told at once.
#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    batch_size = 32, //~ error
    train_order = [forward, loss, zero_grad, step, backward], //~ error step_before_backward
    eval_order = [forward, loss, zero_grad], //~ error
)]
fn both_orders(model: &mut Net, train: &DataLoader, valid: &DataLoader) -> Result<History>;

fn main() {}
