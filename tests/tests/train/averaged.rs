//! The average of the parameters: its values, and the code that reads it.

use training_loop::prelude::*;

use crate::common::{Mlp, bits, blobs};

fn fresh() -> Mlp {
    seed(5);
    Mlp::new(4, 8, 3)
}

fn loader() -> DataLoader {
    DataLoader::new(blobs(20, 1), 6)
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.5).momentum(0.9),
    epochs = 3,
    accumulate = accumulate,
    ema(decay = 0.75, eval = true),
    on(
        batch_end = |model, _| trained.push(bits(model)),
        validation_end = |model, _| seen.push(bits(model)),
    ),
)]
fn averaged(
    model: &mut Mlp,
    train: &DataLoader,
    valid: &DataLoader,
    accumulate: usize,
    trained: &mut Vec<Vec<u32>>,
    seen: &mut Vec<Vec<u32>>,
) -> Result<History>;

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.5).momentum(0.9),
    epochs = 3,
    accumulate = accumulate,
)]
fn plain(model: &mut Mlp, train: &DataLoader, accumulate: usize) -> Result<History>;

/// The average of a sequence of values, by the formula.
fn average(values: &[Vec<u32>]) -> Vec<u32> {
    let mut average: Vec<f32> = values[0].iter().map(|bits| f32::from_bits(*bits)).collect();
    for values in &values[1..] {
        for (average, value) in average.iter_mut().zip(values) {
            *average += 0.25 * (f32::from_bits(*value) - *average);
        }
    }
    average.into_iter().map(f32::to_bits).collect()
}

#[test]
fn evaluations_and_the_final_model_have_the_average() {
    let (mut trained, mut seen) = (Vec::new(), Vec::new());
    let (mut model, mut other) = (fresh(), fresh());
    averaged(&mut model, &loader(), &loader(), 1, &mut trained, &mut seen).unwrap();
    plain(&mut other, &loader(), 1).unwrap();
    // In a loop over windows the hook runs before the update, so it reads the values of the previous update.
    let updates = [&trained[1..], &[bits(&other)]].concat();
    assert_eq!((updates.len(), seen.len()), (12, 3), "the average never changes the training");
    for (epoch, seen) in seen.iter().enumerate() {
        assert_eq!(*seen, average(&updates[..4 * (epoch + 1)]), "epoch {epoch}");
    }
    assert_eq!(bits(&model), seen[2]);
}

#[test]
fn a_window_of_batches_is_one_update() {
    let (mut trained, mut seen) = (Vec::new(), Vec::new());
    averaged(&mut fresh(), &loader(), &loader(), 2, &mut trained, &mut seen).unwrap();
    // The hook runs before the update of its window, so it reads the values of the previous update.
    let updates: Vec<Vec<u32>> = trained.iter().step_by(2).skip(1).cloned().collect();
    assert_eq!(seen[0], average(&updates[..2]));
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.5),
    epochs = 4,
    ema(decay = 0.5),
    restore_best,
    on(
        validation_end = |model, state| {
            seen.push((state.row.get("valid_loss").unwrap_or(f64::NAN), bits(model)));
            if state.epoch == fails_in { return Err(Error::other("on purpose")); }
            Ok(())
        },
        batch_end = |model, _| *last = bits(model),
    ),
)]
fn best(
    model: &mut Mlp,
    train: &DataLoader,
    valid: &DataLoader,
    fails_in: usize,
    seen: &mut Vec<(f64, Vec<u32>)>,
    last: &mut Vec<u32>,
) -> Result<History>;

#[test]
fn the_best_values_are_averaged_and_an_error_leaves_the_trained_ones() {
    let (mut model, mut seen, mut last) = (fresh(), Vec::new(), Vec::new());
    best(&mut model, &loader(), &loader(), 99, &mut seen, &mut last).unwrap();
    let best_seen = seen.iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    assert_eq!(bits(&model), best_seen.1);
    let mut model = fresh();
    let error = best(&mut model, &loader(), &loader(), 1, &mut seen, &mut last).unwrap_err();
    assert_eq!(error.to_string(), "on purpose");
    assert_eq!(bits(&model), last);
}

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.5),
    epochs = 1,
    ema(decay = decay, eval = false),
    on(epoch_end = |model, _| {
        own.push(bits(model));
        let _averaged = ema.scope();
        own.push(bits(model));
    }),
)]
fn by_hand(model: &mut Mlp, train: &DataLoader, decay: f32, own: &mut Vec<Vec<u32>>) -> Result<History>;

#[test]
fn without_eval_only_hooks_see_the_average() {
    let (mut model, mut own) = (fresh(), Vec::new());
    by_hand(&mut model, &loader(), 0.9, &mut own).unwrap();
    assert!(own[0] != own[1] && bits(&model) == own[0]);
    let error = by_hand(&mut model, &loader(), 1.0, &mut own).unwrap_err().to_string();
    assert_eq!(
        error,
        "`decay` is 1: must be at least 0 and below 1; write `decay = 0.999` to average over about 1000 updates"
    );
}
