//! The straight line of every tutorial: slope and intercept of points with noise, by gradient descent.
//!
//! The first loop is generated from a spec. The second one is written by hand, and the compiler checks its order: remove
//! `optimizer.zero_grad()`, and the program does not compile. Both train the same bits.

use training_loop::prelude::*;

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 20)]
fn fit(model: &Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[training_loop]
fn fit_by_hand(model: &Linear, train: &DataLoader<Tensor>) {
    let mut optimizer = Sgd::new(model.parameters(), 0.1);
    for epoch in 0..20 {
        for batch in train.epoch(epoch) {
            let loss = mse_loss(&model.forward(&batch.input), &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
}

/// Slope and intercept.
fn line(model: &Linear) -> (Scalar, Scalar) {
    let bias = model.bias.as_ref().map_or(0.0, |bias| bias.tensor().item());
    (model.weight.tensor().item(), bias)
}

fn main() -> Result<()> {
    seed(0);
    let x = Tensor::uniform(&[100, 1], -1.0, 1.0);
    let y = &x * 2.0 + 1.0 + Tensor::randn(&[100, 1]) * 0.1;
    let train = DataLoader::new(TensorDataset::new(x, y)?, 10).shuffle(0);

    let model = Linear::new(1, 1);
    let start = model.state_dict();
    let history = fit(&model, &train)?;
    let generated = line(&model);

    model.load_state_dict(&start)?;
    fit_by_hand(&model, &train);
    let by_hand = line(&model);

    println!("y = {:.3} x + {:.3}, and the points are around y = 2 x + 1", generated.0, generated.1);
    assert!((generated.0 - 2.0).abs() < 0.1 && (generated.1 - 1.0).abs() < 0.05, "{generated:?}");
    assert_eq!(generated, by_hand, "the generated loop is the one by hand");
    // The noise has the variance 0.01.
    assert!(history.last("loss").is_some_and(|loss| loss < 0.015));
    Ok(())
}
