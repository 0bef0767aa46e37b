//! Problems with a known solution.

use ndarray::{Array1, Array2, array};
use training_loop::prelude::*;

use crate::common::{Mlp, Numbers};

#[training_loop(loss = mse_loss, optimizer = Sgd::new(model.parameters(), 0.1), epochs = 60, seed = 1)]
fn fit_line(model: &mut Linear, train: &DataLoader<Tensor>) -> Result<History>;

#[test]
fn a_linear_model_recovers_its_coefficients() {
    let mut numbers = Numbers(5);
    let x = numbers.table(203, 3);
    let (weight, bias) = (array![[1.5], [-2.0], [0.25]], 0.75);
    let y = x.dot(&weight) + bias;
    let train = DataLoader::new(TensorDataset::new(Tensor::from(x), Tensor::from(y)).unwrap(), 16).shuffle(2);
    let mut model = Linear::new(3, 1);
    let history = fit_line(&mut model, &train).unwrap();
    let state = model.state_dict();
    let found = state.get("weight").unwrap();
    for (found, wanted) in found.iter().zip(&weight) {
        assert!((found - wanted).abs() < 1e-3, "{found} is not {wanted}");
    }
    assert!((state.get("bias").unwrap()[[0]] - bias).abs() < 1e-3);
    assert!(history.last("loss").unwrap() < 1e-6);
    assert_eq!(history.stop_reason(), StopReason::Completed);
}

#[training_loop]
fn fit_by_hand(model: &mut Mlp, train: &DataLoader, epochs: usize) -> f32 {
    let mut optimizer = Adam::new(model.parameters(), 0.01);
    let mut last = f32::NAN;
    model.train();
    for _ in 0..epochs {
        for batch in train {
            let output = model.forward(&batch.input);
            let loss = cross_entropy(&output, &batch.target);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            last = loss.item();
        }
    }
    last
}

fn share_right(model: &Mlp, x: &Array2<f32>, labels: &[usize]) -> f64 {
    let _evaluation = evaluation(model);
    let mut accuracy = accuracy();
    accuracy.update(&model.forward(&Tensor::from(x.view())), &Labels::from(labels.to_vec()));
    accuracy.compute()
}

#[test]
fn exclusive_or_is_learnt_exactly() {
    let x = array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
    let labels = vec![0, 1, 1, 0];
    let train = DataLoader::new(
        TensorDataset::new(Tensor::from(x.clone()), Labels::from(labels.clone())).unwrap(),
        4,
    );
    // The initial weights of a run must not matter.
    for start in 0..5 {
        seed(start);
        let mut model = Mlp::new(2, 16, 2);
        let loss = fit_by_hand(&mut model, &train, 300);
        assert_eq!(share_right(&model, &x, &labels), 1.0, "seed {start}");
        assert!(loss < 0.01, "seed {start}: loss {loss}");
    }
}

/// Two arms that wind around each other one and a half times.
fn spirals(count: usize, numbers: &mut Numbers) -> (Array2<f32>, Vec<usize>) {
    let labels: Vec<usize> = (0..count).map(|i| i % 2).collect();
    let mut x = Array2::zeros((count, 2));
    for (index, label) in labels.iter().enumerate() {
        let way = numbers.next().abs();
        let angle = way * 9.0 + *label as f32 * std::f32::consts::PI;
        let radius = 0.2 + way;
        x[[index, 0]] = radius * angle.cos() + 0.02 * numbers.next();
        x[[index, 1]] = radius * angle.sin() + 0.02 * numbers.next();
    }
    (x, labels)
}

#[training_loop(
    loss = |output: &Tensor, batch: &Batch| smoothed.loss(output, &batch.target),
    forward = |model: &Mlp, batch: &Batch| model.forward(&batch.input),
    optimizer = AdamW::new(model.parameters(), 0.01),
    scheduler = CosineLr::new(80).per_epoch(),
    epochs = 80,
    metrics = [accuracy],
    clip_grad_norm = 5.0,
    seed = 3,
)]
fn fit_spirals(
    model: &mut Mlp,
    train: &DataLoader,
    valid: &DataLoader,
    smoothed: CrossEntropy,
) -> Result<History>;

#[test]
fn spirals_are_told_apart() {
    let mut numbers = Numbers(8);
    let (x, labels) = spirals(600, &mut numbers);
    let (x_new, labels_new) = spirals(200, &mut numbers);
    let train =
        DataLoader::new(TensorDataset::new(Tensor::from(x), Labels::from(labels)).unwrap(), 32).shuffle(1);
    let valid =
        DataLoader::new(TensorDataset::new(Tensor::from(x_new), Labels::from(labels_new)).unwrap(), 64);
    let mut model = Mlp::new(2, 32, 2);
    let history = fit_spirals(&mut model, &train, &valid, CrossEntropy::new().label_smoothing(0.02)).unwrap();
    let accuracy = history.last("valid_accuracy").unwrap();
    assert!(accuracy >= 0.98, "{accuracy}");
}

#[test]
fn a_sine_is_fitted_by_hand() {
    let x = Array2::from_shape_fn((128, 1), |(i, _)| i as f32 / 64.0 - 1.0);
    let y = x.mapv(|x| (4.0 * x).sin());
    let model = (Linear::new(1, 32), Linear::new(32, 1));
    let parameters: Vec<Parameter> = model.0.parameters().into_iter().chain(model.1.parameters()).collect();
    let loss = fit_sine(&model, parameters, &Tensor::from(x), &Tensor::from(y));
    assert!(loss < 1e-3, "{loss}");
}

#[training_loop]
fn fit_sine(model: &(Linear, Linear), parameters: Vec<Parameter>, x: &Tensor, y: &Tensor) -> f32 {
    let mut optimizer = Adam::new(parameters, 0.02);
    let mut last = f32::NAN;
    for _ in 0..800 {
        optimizer.zero_grad();
        let output = model.1.forward(&model.0.forward(x).tanh());
        let loss = mse_loss(&output, y);
        loss.backward();
        optimizer.step();
        last = loss.item();
    }
    last
}

/// The mean square is 1/3 for uniform numbers in [-1, 1): the generator is not constant.
#[test]
fn the_numbers_are_spread() {
    let numbers: Array1<f32> = Array1::from_iter({
        let mut numbers = Numbers(1);
        (0..10_000).map(move |_| numbers.next())
    });
    assert!(numbers.mean().unwrap().abs() < 0.02);
    assert!((numbers.mapv(|x| x * x).mean().unwrap() - 1.0 / 3.0).abs() < 0.01);
}
