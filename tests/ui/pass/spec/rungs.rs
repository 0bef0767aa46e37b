//! The three rungs.

use training_loop::prelude::*;

#[derive(Module)]
struct Mlp {
    hidden: Linear,
    output: Linear,
}

impl Mlp {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.output.forward(&self.hidden.forward(x).relu())
    }
}

#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 1e-3),
    epochs = 20,
    metrics = [accuracy],
    clip_grad_norm = 1.0,
)]
fn rung_1(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 1e-3),
    epochs = 20,
    metrics = [accuracy],
    train_order = [forward, loss, zero_grad, backward, { println!("{}", loss.item()) }, clip_grad_norm(1.0), step],
    eval_order = [forward, loss, metrics],
)]
fn rung_2(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop]
fn rung_3(model: &mut Mlp, train: &DataLoader, epochs: usize) -> Result<()> {
    let mut optimizer = Sgd::new(model.parameters(), 0.01).momentum(0.9);
    for _ in 0..epochs {
        model.train();
        for batch in train {
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
    Ok(())
}

fn main() {
    let _ = (rung_1, rung_2, rung_3);
}
