//! Accumulation equals a larger batch, and the epoch's loss is the loss of its data, for every denominator of
//! the loss.

use training_loop::prelude::*;
use training_loop::{CrossEntropy, data::Rows};

use crate::common::{Mlp, Numbers, bits, blobs};

fn fresh() -> Mlp {
    seed(5);
    Mlp::new(4, 8, 3)
}

fn distance(a: &Mlp, b: &Mlp) -> f32 {
    let numbers = |model: &Mlp| bits(model).into_iter().map(f32::from_bits).collect::<Vec<_>>();
    numbers(a).iter().zip(numbers(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// A loop with this loss, with and without accumulation, and one that trains nothing.
macro_rules! loops {
    ($($name:ident: $($clause:ident = $value:expr),+;)*) => {$(
        mod $name {
            use super::*;

            #[training_loop($($clause = $value,)+ optimizer = AdamW::new(model.parameters(), rate), clip_grad_norm = 0.5)]
            pub(super) fn fit(model: &mut Mlp, train: &DataLoader, valid: Option<&DataLoader>, rate: f32, epochs: usize, accumulate: usize) -> Result<History>;

            #[training_loop($($clause = $value,)+ optimizer = Sgd::new(model.parameters(), rate))]
            pub(super) fn plain(model: &mut Mlp, train: &DataLoader, valid: Option<&DataLoader>, rate: f32, epochs: usize) -> Result<History>;
        }
    )*

        const LOOPS: &[(&str, Fit, Plain)] = &[$((stringify!($name), $name::fit, $name::plain)),*];
    };
}

type Fit = fn(&mut Mlp, &DataLoader, Option<&DataLoader>, f32, usize, usize) -> Result<History>;
type Plain = fn(&mut Mlp, &DataLoader, Option<&DataLoader>, f32, usize) -> Result<History>;

/// A loss function that hides its denominator.
fn hidden(output: &Tensor, target: &Labels) -> Tensor {
    CrossEntropy::new().class_weights([0.2, 3.0, 1.0]).ignore(2).loss(output, target) * 0.5
}

/// A mean over the samples that are not of class 0, written by hand.
fn masked(output: &Tensor, target: &Labels) -> Tensor {
    let mask: Vec<f32> = target.iter().map(|label| if label == 0 { 0.0 } else { 1.0 }).collect();
    let mask = Tensor::from(ndarray::Array1::from(mask));
    let each = output.log_softmax(1).gather(target);
    -((each * &mask).sum() / mask.sum())
}

loops! {
    plain_mean: loss = cross_entropy;
    ignored: loss = |output, batch| CrossEntropy::new().ignore(1).loss(output, &batch.target);
    class_weights: loss = |output, batch| CrossEntropy::new().class_weights([0.1, 5.0, 1.0]).loss(output, &batch.target);
    smoothed: loss = |output, batch| CrossEntropy::new().label_smoothing(0.1).class_weights([0.1, 5.0, 1.0]).ignore(0).loss(output, &batch.target);
    in_a_function: loss = hidden;
    sum: loss = |output, batch| -output.log_softmax(1).gather(&batch.target).sum();
    scaled_inside: loss = |output, batch| (output.log_softmax(1).gather(&batch.target) * -0.5).sum();
    mean_by_hand: loss = |output, batch| -output.log_softmax(1).gather(&batch.target).sum() / batch.len() as f32;
    mask_by_hand: loss = masked;
    in_training_step: training_step = |model, batch| CrossEntropy::new().ignore(1).loss(&model.forward(&batch.input), &batch.target);
    with_a_penalty: loss = |output, batch| hidden(output, &batch.target) + 0.01 * output.relu().mean() * 0.0;
}

#[test]
fn accumulating_equals_a_larger_batch() {
    for (name, fit, _) in LOOPS.iter().filter(|(name, ..)| *name != "with_a_penalty") {
        for (batch, k) in [(4, 4), (3, 2), (5, 4), (7, 10)] {
            let loader = |size| DataLoader::new(blobs(23, 1), size).shuffle(2);
            let (mut small, mut large) = (fresh(), fresh());
            let one = fit(&mut small, &loader(batch), None, 0.01, 2, k).unwrap();
            let other = fit(&mut large, &loader(batch * k), None, 0.01, 2, 1).unwrap();
            // Adam's first steps amplify the smallest difference of a gradient near 0 to a whole step.
            let far = distance(&small, &large);
            assert!(far < 2e-5, "{name}, batch {batch}, accumulate {k}: {far}");
            let [one, other] = [one, other].map(|history| history.last("loss").unwrap());
            assert!((one - other).abs() < 1e-5 * other.abs().max(1.0), "{name}: {one} is not {other}");
            assert!(distance(&small, &fresh()) > 1e-3, "{name}: nothing was trained");
        }
    }
}

#[test]
fn an_epochs_loss_is_that_of_its_data() {
    for (name, fit, plain) in LOOPS.iter().filter(|(name, ..)| *name != "with_a_penalty") {
        let losses = |size: usize, k: usize| {
            let loader = || DataLoader::new(blobs(23, 1), size);
            let (train, valid) = (loader(), loader());
            let history = match k {
                1 => plain(&mut fresh(), &train, Some(&valid), 0.0, 1),
                _ => fit(&mut fresh(), &train, Some(&valid), 0.0, 1, k),
            };
            let history = history.unwrap();
            [history.last("loss").unwrap(), history.last("valid_loss").unwrap()]
        };
        let whole = losses(23, 1);
        for (size, k) in [(8, 1), (4, 1), (1, 1), (8, 2), (4, 3)] {
            for (part, whole) in losses(size, k).into_iter().zip(whole) {
                assert!(
                    (part - whole).abs() < 2e-6 * whole.max(1.0),
                    "{name}, batch {size}: {part} is not {whole}"
                );
            }
        }
    }
}

/// A loss whose terms have different denominators cannot be weighted.
#[test]
fn what_cannot_be_exact_says_so_before_anything_is_learnt() {
    let train = DataLoader::new(blobs(23, 1), 4);
    let mut model = fresh();
    let error = with_a_penalty::fit(&mut model, &train, None, 0.01, 2, 4).unwrap_err().to_string();
    assert!(error.contains("`loss_weight` is missing"), "{error}");
    assert_eq!(bits(&model), bits(&fresh()));
    with_a_penalty::plain(&mut model, &train, None, 0.01, 1).unwrap();
}

#[training_loop(
    loss = |output, batch| cross_entropy(output, &batch.target).exp().ln(),
    loss_weight = |batch| batch.len(),
    optimizer = Sgd::new(model.parameters(), 0.1),
)]
fn own_loss(model: &mut Mlp, train: &DataLoader, epochs: usize, accumulate: usize) -> Result<History>;

#[training_loop(
    loss = |output, batch| cross_entropy(output, &batch.target).exp().ln(),
    optimizer = Sgd::new(model.parameters(), 0.1),
)]
fn counted_elsewhere(
    model: &mut Mlp,
    train: &DataLoader,
    epochs: usize,
    accumulate: usize,
    loss_weight: fn(&Batch) -> f64,
) -> Result<History>;

#[test]
fn a_clause_gives_the_weight_of_a_loss_of_ones_own() {
    let loader = |size| DataLoader::new(blobs(23, 1), size);
    let (mut small, mut large, mut given) = (fresh(), fresh(), fresh());
    own_loss(&mut small, &loader(4), 2, 4).unwrap();
    own_loss(&mut large, &loader(16), 2, 1).unwrap();
    counted_elsewhere(&mut given, &loader(4), 2, 4, |batch| batch.input.rows() as f64).unwrap();
    assert!(distance(&small, &large) < 1e-6);
    assert_eq!(bits(&given), bits(&small));
    let error = counted_elsewhere(&mut given, &loader(4), 2, 4, |_| -1.0).unwrap_err();
    assert!(error.to_string().contains("`loss_weight` is -1: must be finite and at least 0"), "{error}");
}

/// 12 samples in batches of 3; all labels of some batches are 2, which is ignored.
fn partly_ignored() -> TensorDataset {
    let labels = vec![0_usize, 1, 2, 2, 2, 2, 1, 0, 1, 2, 2, 2];
    TensorDataset::new(Tensor::from(Numbers(3).table(12, 4)), Labels::from(labels)).unwrap()
}

#[training_loop(
    loss = |output, batch| CrossEntropy::new().ignore(2).loss(output, &batch.target),
    optimizer = AdamW::new(model.parameters(), 0.1),
    scheduler = StepLr::new(1, 0.5),
    epochs = 1,
    on(batch_end = |_, _| *batches += 1),
)]
fn ignores(model: &mut Mlp, train: &DataLoader, batches: &mut usize) -> Result<History>;

#[training_loop(
    loss = |output, batch| CrossEntropy::new().ignore(2).loss(output, &batch.target),
    optimizer = AdamW::new(model.parameters(), 0.1),
    validate(every = 1 steps),
    on(validation_end = |_, state| steps.push(state.step)),
)]
fn ignores_in_windows(
    model: &mut Mlp,
    train: &DataLoader,
    valid: &DataLoader,
    epochs: usize,
    accumulate: usize,
    steps: &mut Vec<usize>,
) -> Result<History>;

#[test]
fn a_batch_of_ignored_samples_changes_nothing_and_ends_nothing() {
    let (mut model, mut batches) = (fresh(), 0);
    let history = ignores(&mut model, &DataLoader::new(partly_ignored(), 3), &mut batches).unwrap();
    assert_eq!((history.stop_reason(), batches), (StopReason::Completed, 4));
    assert!(history.last("loss").unwrap().is_finite());

    // The same without those batches.
    let kept = |from: usize| from < 3 || (6..9).contains(&from);
    let (inputs, targets) = (partly_ignored().inputs().to_array(), partly_ignored().targets().clone());
    let rows: Vec<usize> = (0..12).filter(|&row| kept(row)).collect();
    let inputs = Tensor::from(inputs.select(ndarray::Axis(0), &rows));
    let labels: Labels = rows.iter().map(|&row| targets.iter().nth(row).unwrap()).collect();
    let mut other = fresh();
    let kept = TensorDataset::new(inputs, labels).unwrap();
    ignores(&mut other, &DataLoader::new(kept, 3), &mut 0).unwrap();
    assert_eq!(bits(&model), bits(&other));

    // Two windows of two batches each, of which the second is ignored: validated once after each update.
    let (mut model, mut steps) = (fresh(), Vec::new());
    let loader = || DataLoader::new(partly_ignored(), 3);
    ignores_in_windows(&mut model, &loader(), &DataLoader::new(blobs(9, 4), 4), 1, 1, &mut steps).unwrap();
    assert_eq!(steps, [1, 2]);
    ignores_in_windows(&mut model, &loader(), &DataLoader::new(blobs(9, 4), 4), 2, 2, &mut steps).unwrap();
    assert_eq!(steps, [1, 2, 1, 2, 3, 4]);
}

#[test]
fn an_epoch_in_which_everything_is_ignored_is_an_error() {
    let labels = Labels::from(vec![2_usize; 6]);
    let data = TensorDataset::new(Tensor::from(Numbers(3).table(6, 4)), labels).unwrap();
    let mut model = fresh();
    let error = ignores(&mut model, &DataLoader::new(data, 3), &mut 0).unwrap_err().to_string();
    assert!(error.contains("epoch 1 made no update"), "{error}");
    assert_eq!(bits(&model), bits(&fresh()));
}
