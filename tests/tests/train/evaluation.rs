//! Functions that only evaluate a model. They return the same numbers as the validation of a training loop
//! and as a hand-written pass.

use training_loop::prelude::*;

use crate::common::{Mlp, bits, blobs};

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.3),
    epochs = 2,
    metrics = [accuracy, confusion],
)]
fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, metrics = [accuracy, confusion])]
fn test(model: &Mlp, valid: &DataLoader) -> Result<Row>;

#[training_loop(loss = cross_entropy, metrics = [accuracy, confusion])]
fn test_exclusive(model: &mut Mlp, valid: &DataLoader) -> Result<Row>;

fn fresh() -> Mlp {
    seed(3);
    Mlp::new(4, 8, 3)
}

/// Batches of 8, 8, 8 and 6 samples.
fn loader() -> DataLoader {
    DataLoader::new(blobs(30, 2), 8).shuffle(4)
}

/// The names and the bits of the measurements.
fn measured(measurements: &[(String, f64)]) -> Vec<(&str, u64)> {
    measurements.iter().map(|(name, value)| (&**name, value.to_bits())).collect()
}

#[test]
fn it_measures_what_a_validation_measures() {
    let (mut model, valid) = (fresh(), DataLoader::new(blobs(30, 2), 8));
    let history = fit(&mut model, &loader(), &valid).unwrap();
    let before = (bits(&model), training_loop::random_state());
    let row = test(&model, &valid).unwrap();
    let last = history.rows().last().unwrap();
    assert_eq!(measured(&row.measurements), measured(&last.measurements[1..]), "all but the training loss");
    assert_eq!(row.confusion("valid_confusion"), last.confusion("valid_confusion"));
    assert_eq!(row.to_string().split("  ").count(), 3, "{row}");
    assert!((row.before_training, row.epoch, row.learning_rate) == (true, 0, None) && row.seconds >= 0.0);
    assert_eq!(before, (bits(&model), training_loop::random_state()), "nothing is changed");
    assert!(model.is_training());
    let again = test_exclusive(&mut model, &valid).unwrap();
    assert_eq!(measured(&row.measurements), measured(&again.measurements));
}

#[test]
fn it_equals_a_pass_by_hand() {
    let (model, valid) = (fresh(), loader());
    let row = test(&model, &valid).unwrap();
    assert!(model.parameters().iter().all(|parameter| parameter.grad().is_none()));
    let _evaluation = evaluation(&model);
    let (mut sum, mut samples, mut right) = (0.0, 0, 0.0);
    for batch in &valid {
        let output = model.forward(&batch.input);
        sum += f64::from(cross_entropy(&output, &batch.target).item()) * batch.len() as f64;
        samples += batch.len();
        let classes = output.argmax(1);
        right +=
            classes.iter().zip(batch.target.iter()).filter(|(class, label)| class == label).count() as f64;
    }
    assert!((row.get("valid_loss").unwrap() - sum / samples as f64).abs() < 1e-12);
    assert_eq!(row.get("valid_accuracy"), Some(right / samples as f64));
}

#[training_loop(
    training_step = |model, batch| {
        let output = model.forward(&(&batch.input + &Tensor::randn(batch.input.shape())));
        let loss = cross_entropy(&output, &batch.target);
        (output, loss.clone(), [("noisy", loss)])
    },
    seed = 1,
    metrics = [accuracy],
)]
fn noisy(model: &Mlp, valid: &DataLoader) -> Result<Row>;

#[test]
fn a_seed_makes_it_repeat() {
    let (model, valid) = (fresh(), loader());
    let [one, two] = [(); 2].map(|()| noisy(&model, &valid).unwrap());
    assert_eq!(measured(&one.measurements), measured(&two.measurements));
    assert_eq!(one.get("valid_noisy"), one.get("valid_loss"));
    assert_ne!(one.get("valid_loss"), test(&model, &valid).unwrap().get("valid_loss"));
}

#[test]
fn data_that_cannot_be_read_are_an_error() {
    let short = DataLoader::new(blobs(5, 2), 8).drop_last();
    let error = test(&fresh(), &short).unwrap_err().to_string();
    assert!(error.contains("valid"), "{error}");
}

#[training_loop(
    loss = cross_entropy,
    eval_order = [forward, { check(&output)?; }, loss],
)]
fn fails(model: &Mlp, valid: &DataLoader, check: impl Fn(&Tensor) -> Result<()>) -> Result<Row>;

#[test]
fn training_mode_comes_back_after_an_error() {
    let model = fresh();
    let error = fails(&model, &loader(), |_| Err(Error::NoUpdate { epoch: 7 }));
    assert!(error.is_err() && model.is_training());
    assert!(fails(&model, &loader(), |_| Ok(())).unwrap().get("valid_loss").is_some());
}
