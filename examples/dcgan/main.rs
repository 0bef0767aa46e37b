//! A generative adversarial network of handwritten digits, with convolutions: two optimizers in one spec.
//!
//! `cargo run --release --example dcgan`

#[path = "../common.rs"]
mod common;

use common::{PIXELS, SIDE, digits, draw, is_quick};
use training_loop::prelude::*;

/// The number of random numbers from which an image is made.
const NOISE: usize = 16;

#[derive(Module)]
struct Generator {
    start: Linear,
    grow: ConvTranspose2d,
    norm: BatchNorm2d,
    image: ConvTranspose2d,
}

impl Generator {
    fn forward(&self, noise: &Tensor) -> Tensor {
        let small = self.start.forward(noise).reshape(&[noise.shape()[0], 32, 2, 2]);
        let middle = self.norm.forward(&self.grow.forward(&small)).relu();
        self.image.forward(&middle).sigmoid().reshape(&[noise.shape()[0], PIXELS])
    }
}

#[derive(Module)]
struct Critic {
    edges: Conv2d,
    parts: Conv2d,
    verdict: Linear,
}

impl Critic {
    fn forward(&self, images: &Tensor) -> Tensor {
        let pictures = images.reshape(&[images.shape()[0], 1, SIDE, SIDE]);
        let edges = self.edges.forward(&pictures).leaky_relu(0.2);
        let parts = self.parts.forward(&edges).leaky_relu(0.2);
        self.verdict.forward(&parts.reshape(&[images.shape()[0], 32 * 2 * 2]))
    }
}

#[derive(Module)]
struct Gan {
    generator: Generator,
    critic: Critic,
}

impl Gan {
    fn new() -> Self {
        let generator = Generator {
            start: Linear::new(NOISE, 32 * 2 * 2).activation(Activation::Relu),
            grow: ConvTranspose2d::new(32, 16, 4).stride(2).padding(1),
            norm: BatchNorm2d::new(16),
            image: ConvTranspose2d::new(16, 1, 4).stride(2).padding(1),
        };
        let critic = Critic {
            edges: Conv2d::new(1, 16, 4).stride(2).padding(1),
            parts: Conv2d::new(16, 32, 4).stride(2).padding(1),
            verdict: Linear::new(32 * 2 * 2, 1),
        };
        Self { generator, critic }
    }

    fn images(&self, count: usize) -> Tensor {
        self.generator.forward(&Tensor::randn(&[count, NOISE]))
    }
}

/// The critic learns to give 1 to real images, and 0 to generated ones.
fn tell_apart(model: &Gan, batch: &Batch) -> Tensor {
    let real = model.critic.forward(&batch.input);
    let fake = model.critic.forward(&model.images(batch.len()).detach());
    bce_with_logits_loss(&real, &Tensor::ones(real.shape()))
        + bce_with_logits_loss(&fake, &Tensor::zeros(fake.shape()))
}

/// The generator learns to get a 1 from the critic.
fn deceive(model: &Gan, batch: &Batch) -> Tensor {
    let fake = model.critic.forward(&model.images(batch.len()));
    bce_with_logits_loss(&fake, &Tensor::ones(fake.shape()))
}

#[training_loop(
    phases(
        critic(optimizer = Adam::new(model.critic.parameters(), 1e-3).betas(0.5, 0.999), training_step = tell_apart),
        generator(optimizer = Adam::new(model.generator.parameters(), 2e-3).betas(0.5, 0.999), training_step = deceive),
    ),
    epochs = epochs,
    seed = 0,
)]
fn fit(model: &mut Gan, train: &DataLoader, epochs: usize) -> Result<History>;

fn main() -> Result<()> {
    seed(0);
    let digits = digits()?;
    let real = digits.batch(&(0..digits.len()).collect::<Vec<_>>()).input;
    let mut model = Gan::new();
    fit(&mut model, &DataLoader::new(digits, 64).shuffle(0).drop_last(), if is_quick() { 25 } else { 60 })?;

    let _evaluation = evaluation(&model);
    let fake = model.images(1000);
    draw(&fake.slice(0, 0..6));
    // The pixels must have about the means and the deviations of real ones. Equal images would have no deviation.
    let apart = |a: Tensor, b: Tensor| (a - b).abs().mean().item();
    let means = apart(fake.mean_axis(0), real.mean_axis(0));
    let deviations = apart(fake.var_axis(0).sqrt(), real.var_axis(0).sqrt());
    println!(
        "\nThe pixels' means differ by {means:.3}, their deviations by {deviations:.3}, from those of real digits."
    );
    // Before the training they are about 0.3.
    let limit = if is_quick() { 0.17 } else { 0.1 };
    assert!(means < limit && deviations < limit);
    Ok(())
}
