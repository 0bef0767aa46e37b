//! Names of the loop where nothing has computed them yet.

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
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    train_order = [
        { println!("{:?}", output.shape()); }, //~ error
        forward,
        { println!("{}", loss.item()); }, //~ error
        loss,
        zero_grad,
        backward,
        { println!("{grad_norm}"); }, //~ error
        step,
    ],
)]
fn blocks(model: &mut Net, train: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 2,
    on(
        epoch_end = |_, _| println!("{}", loss.item()), //~ error
        before_step = |_, _| println!("{grad_norm}"), //~ error
    ),
)]
fn hooks(model: &mut Net, train: &DataLoader) -> Result<History>;

// A caller is checked against the return type that the error proposes.
#[training_loop(loss = cross_entropy, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 2)]
fn returns(model: &mut Net, train: &DataLoader) -> History; //~ error

fn run(model: &mut Net, train: &DataLoader) -> Result<()> {
    println!("{}", returns(model, train)?);
    Ok(())
}

fn main() {}
