//! Which pixels decide? The gradient of a class's score with respect to the image, not to the weights.
//!
//! `cargo run --release --example saliency`

#[path = "../common.rs"]
mod common;

use common::{PIXELS, digits, draw};
use training_loop::prelude::*;

#[derive(Module)]
struct Reader {
    hidden: Linear,
    output: Linear,
}

impl Reader {
    fn forward(&self, images: &Tensor) -> Tensor {
        self.output.forward(&self.hidden.forward(images))
    }
}

#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 3e-3).weight_decay(0.1),
    epochs = 15,
    metrics = [accuracy],
    seed = 0,
)]
fn fit(model: &mut Reader, train: &DataLoader, valid: &DataLoader) -> Result<History>;

/// How much each pixel changes the scores of the labels: the size of the gradient times the grey value, `[n, 64]`.
fn saliency(model: &Reader, images: &Tensor, labels: &Labels) -> Tensor {
    // A parameter records the gradient of an input.
    let input = Parameter::new(images.to_array());
    model.eval();
    model.forward(&input.tensor()).gather(labels).sum().backward();
    let gradient = input.grad().map_or_else(|| Tensor::zeros(images.shape()), Tensor::from);
    (gradient * images).abs()
}

fn main() -> Result<()> {
    seed(0);
    let (train, valid) = digits()?.split(0.8, 0)?;
    let mut model =
        Reader { hidden: Linear::new(PIXELS, 64).activation(Activation::Relu), output: Linear::new(64, 10) };
    let loaders = (DataLoader::new(train, 32).shuffle(0), DataLoader::new(valid.clone(), 256));
    let history = fit(&mut model, &loaders.0, &loaders.1)?;

    let few = valid.batch(&[0, 1, 2, 3, 4, 5]);
    let salient = saliency(&model, &few.input, &few.target);
    println!("\nDigits, and the pixels that decide:\n");
    draw(&few.input);
    draw(&(&salient / salient.max_axis(1).reshape(&[6, 1])));

    // Without its ten most salient pixels, an image is harder to read than without ten others that are as bright.
    let all = valid.batch(&(0..valid.len()).collect::<Vec<_>>());
    let salient = saliency(&model, &all.input, &all.target);
    let read = |rank: &Tensor| {
        let _evaluation = evaluation(&model);
        let mut right = accuracy();
        right.update(&model.forward(&without_largest(&all.input, rank, 10)), &all.target);
        right.compute()
    };
    let (without_salient, without_bright) = (read(&salient), read(&all.input));
    let usual = history.last("valid_accuracy").unwrap_or(0.0);
    println!("Read right: {:.1} % as they are,", 100.0 * usual);
    println!("{:.1} % without their ten most salient pixels,", 100.0 * without_salient);
    println!("{:.1} % without their ten brightest pixels.", 100.0 * without_bright);
    assert!(usual > 0.93 && without_salient < without_bright);
    Ok(())
}

/// The images, with 0 at the pixels of the `count` largest values of `rank`.
fn without_largest(images: &Tensor, rank: &Tensor, count: usize) -> Tensor {
    let mut array = images.to_array();
    for (mut image, rank) in array.outer_iter_mut().zip(rank.view().outer_iter()) {
        let mut order: Vec<usize> = (0..PIXELS).collect();
        order.sort_by(|a, b| rank[*b].total_cmp(&rank[*a]));
        order.iter().take(count).for_each(|pixel| image[*pixel] = 0.0);
    }
    Tensor::from(array)
}
