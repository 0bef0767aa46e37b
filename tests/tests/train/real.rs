//! Real data: Fisher's irises and the diabetes study.

use ndarray::{Array2, Axis, Ix2};
use training_loop::prelude::*;

use crate::common::{Mlp, data, standardised};

#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 0.01).weight_decay(0.1),
    scheduler = CosineLr::new(40).per_epoch(),
    epochs = 40,
    metrics = [accuracy],
    train_metrics = [accuracy],
    seed = 4,
)]
fn fit_irises(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[test]
fn irises_are_told_apart() {
    const SPLITS: u64 = 5;
    let (mut right, mut loss) = (0.0, 0.0);
    for split in 0..SPLITS {
        let (train, valid) = irises().split(0.7, split).unwrap();
        assert_eq!((train.len(), valid.len()), (105, 45));
        let (train, valid) = (DataLoader::new(train, 16).shuffle(split), DataLoader::new(valid, 64));
        let history = fit_irises(&mut Mlp::new(4, 16, 3), &train, &valid).unwrap();
        let last = |name: &str| history.last(name).unwrap();
        assert!(last("accuracy") >= 0.97 && last("loss") < 0.1, "{} {}", last("accuracy"), last("loss"));
        right += last("valid_accuracy") / SPLITS as f64;
        loss += last("valid_loss") / SPLITS as f64;
    }
    // Two of the three species overlap: the best accuracy on held-out flowers is about 95 %.
    assert!(right >= 0.92 && loss < 0.2, "{right} {loss}");
}

fn irises() -> TensorDataset {
    let raw = Csv::new(data("iris.csv")).header(true).target_column(4).classification().unwrap();
    assert_eq!(raw.targets().iter().filter(|label| *label == 2).count(), 50);
    let x = raw.inputs().to_array().into_dimensionality::<Ix2>().unwrap();
    TensorDataset::new(Tensor::from(standardised(&x)), raw.targets().clone()).unwrap()
}

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.05).momentum(0.9),
    epochs = 3000,
    metrics = [r2],
    validate(every = 3000 epochs),
    seed = 0,
)]
fn fit_diabetes(
    model: &mut Linear,
    train: &DataLoader<Tensor>,
    valid: &DataLoader<Tensor>,
) -> Result<History>;

/// The regression of Efron et al. explains 51.77 % of the variance. Any other figure means a wrong gradient
/// or step.
#[test]
fn the_diabetes_regression_is_that_of_the_paper() {
    let raw = Csv::new(data("diabetes.csv")).target_column(10).regression().unwrap();
    let flat = |tensor: &Tensor| -> Array2<f32> {
        tensor.to_array().to_shape((442, tensor.len() / 442)).unwrap().to_owned()
    };
    let (x, y) = (standardised(&flat(raw.inputs())), standardised(&flat(raw.targets())));
    assert_eq!(x.len_of(Axis(1)), 10);
    let set = || TensorDataset::new(Tensor::from(x.clone()), Tensor::from(y.clone())).unwrap();
    let mut model = Linear::new(10, 1);
    let (train, valid) = (DataLoader::new(set(), 442), DataLoader::new(set(), 100));
    let history = fit_diabetes(&mut model, &train, &valid).unwrap();
    let r2 = history.last("valid_r2").unwrap();
    assert!((r2 - 0.5177).abs() < 2e-4, "{r2}");
}

/// The data sets of `scripts/get-data.sh`, which are absent by default.
#[test]
fn mnist_is_read_if_it_is_there() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
    let counts = [
        ("mnist", [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949], 0.1307),
        ("fashion-mnist", [6000; 10], 0.2860),
    ];
    for (name, expected, mean) in counts {
        let folder = folder.join(name);
        if !folder.exists() {
            println!("{name} is absent: `scripts/get-data.sh {name}` fetches it");
            continue;
        }
        let (train, test) = training_loop::data::mnist(&folder).unwrap();
        assert_eq!(
            (train.inputs().shape(), test.inputs().shape()),
            (&[60_000, 1, 28, 28][..], &[10_000, 1, 28, 28][..])
        );
        let mut counts = [0; 10];
        train.targets().iter().for_each(|label| counts[label as usize] += 1);
        assert_eq!(counts, expected, "{name}");
        let sum: f64 = train.inputs().as_slice().iter().map(|&pixel| f64::from(pixel)).sum();
        assert!((sum / train.inputs().len() as f64 - mean).abs() < 5e-5, "{name}: {sum}");
    }
}
