//! A variational autoencoder of handwritten digits: a loss of two named parts, and new digits from random codes.
//!
//! `cargo run --release --example vae`

#[path = "../common.rs"]
mod common;

use common::{PIXELS, digits, draw, is_quick};
use training_loop::prelude::*;

/// The number of features of a code.
const CODE: usize = 6;

#[derive(Module)]
struct Vae {
    encoder: Linear,
    mean: Linear,
    log_variance: Linear,
    decoder: Linear,
    image: Linear,
}

impl Vae {
    fn new() -> Self {
        Self {
            encoder: Linear::new(PIXELS, 128).activation(Activation::Relu),
            mean: Linear::new(128, CODE),
            log_variance: Linear::new(128, CODE),
            decoder: Linear::new(CODE, 128).activation(Activation::Relu),
            image: Linear::new(128, PIXELS),
        }
    }

    /// The mean and the logarithm of the variance of the codes of images.
    fn encode(&self, images: &Tensor) -> (Tensor, Tensor) {
        let hidden = self.encoder.forward(images);
        (self.mean.forward(&hidden), self.log_variance.forward(&hidden))
    }

    /// The log-odds of the pixels of images with these codes.
    fn decode(&self, codes: &Tensor) -> Tensor {
        self.image.forward(&self.decoder.forward(codes))
    }
}

/// The negative evidence lower bound per image, and its parts.
fn bound(model: &Vae, batch: &Batch<Tensor>) -> (Tensor, [(&'static str, Tensor); 2]) {
    let (mean, log_variance) = model.encode(&batch.input);
    let noise = Tensor::randn(mean.shape());
    let codes = &mean + (&log_variance * 0.5).exp() * noise;
    let reconstruction = bce_with_logits_loss(&model.decode(&codes), &batch.target) * PIXELS as Scalar;
    let divergence =
        (log_variance.exp() + &mean * &mean - &log_variance - 1.0).sum() * (0.5 / batch.len() as Scalar);
    (&reconstruction + &divergence, [("reconstruction", reconstruction), ("divergence", divergence)])
}

#[training_loop(
    training_step = bound,
    loss_weight = |batch| batch.len(),
    optimizer = Adam::new(model.parameters(), 3e-3),
    epochs = epochs,
    seed = 0,
)]
fn fit(
    model: &mut Vae,
    train: &DataLoader<Tensor>,
    valid: &DataLoader<Tensor>,
    epochs: usize,
) -> Result<History>;

fn main() -> Result<()> {
    seed(0);
    let (train, valid) = digits()?.split(0.9, 0)?;
    let images = |data: &TensorDataset| data.batch(&(0..data.len()).collect::<Vec<_>>()).input;
    let (train, valid) = (images(&train), images(&valid));
    let loader = |images: &Tensor| -> Result<_> {
        Ok(DataLoader::new(TensorDataset::new(images.clone(), images.clone())?, 64).shuffle(0))
    };

    let mut model = Vae::new();
    let epochs = if is_quick() { 15 } else { 60 };
    let history = fit(&mut model, &loader(&train)?, &loader(&valid)?, epochs)?;

    let _evaluation = evaluation(&model);
    println!("\nUnseen digits, and what is left of them after {CODE} numbers:\n");
    let few = valid.slice(0, 0..6);
    draw(&few);
    draw(&model.decode(&model.encode(&few).0).sigmoid());
    println!("New digits from random codes:\n");
    draw(&model.decode(&Tensor::randn(&[6, CODE])).sigmoid());

    // Without a code, the best image is the mean of all images.
    let mean = train.mean_axis_keepdim(0).clamp(1e-6, 1.0 - 1e-6);
    let log_odds = (&mean / (1.0 - &mean)).ln();
    let without_code =
        bce_with_logits_loss(&(&log_odds + Tensor::zeros(valid.shape())), &valid).item() * PIXELS as Scalar;
    let bound = history.last("valid_loss").unwrap_or(f64::INFINITY);
    println!("The bound is {bound:.1} for an unseen digit, and {without_code:.1} without a code.");
    assert!(bound < f64::from(without_code), "the code tells nothing of the image");
    Ok(())
}
