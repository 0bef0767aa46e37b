//! The smallest program that trains a perceptron: the baseline for build time and size.
use training_loop::ndarray::Array2;
use training_loop::prelude::*;

#[derive(Module)]
struct Mlp {
    l1: Linear,
    l2: Linear,
}

fn main() {
    let model = Mlp { l1: Linear::new(784, 128), l2: Linear::new(128, 10) };
    let x = Array2::from_shape_fn((64, 784), |(i, j)| ((i * 31 + j * 17) % 101) as Scalar / 50.0 - 1.0);
    let (x, y) = (Tensor::from(x), (0..64).map(|i| i % 10).collect::<Labels>());
    let mut optimizer = AdamW::new(model.parameters(), 1e-3);
    for step in 0..100 {
        let loss = cross_entropy(&model.l2.forward(&model.l1.forward(&x).relu()), &y);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        if step % 20 == 0 {
            println!("{step} {}", loss.item());
        }
    }
}
