//! Named parts of a loss: measured like the loss, and monitored.

use training_loop::prelude::*;

use crate::common::{Mlp, bits, blobs};

fn fresh() -> Mlp {
    seed(5);
    Mlp::new(4, 8, 3)
}

/// Batches of 6, 6, 6 and 2 samples.
fn loader() -> DataLoader {
    DataLoader::new(blobs(20, 1), 6)
}

/// The output, the loss, and its two parts.
fn step(model: &Mlp, batch: &Batch) -> (Tensor, Tensor, [(&'static str, Tensor); 2]) {
    let output = model.forward(&batch.input);
    let entropy = cross_entropy(&output, &batch.target);
    let decay = (model.output.weight.tensor() * model.output.weight.tensor()).sum() * 0.01;
    (output, &entropy + &decay, [("entropy", entropy), ("decay", decay)])
}

macro_rules! fits {
    ($($name:ident { $($clauses:tt)* })*) => {$(
        #[training_loop(optimizer = Sgd::new(model.parameters(), 0.1), epochs = 3, $($clauses)*)]
        fn $name(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;
    )*};
}

fits! {
    with_output { training_step = step, metrics = [accuracy], loss_weight = |batch| batch.len() }
    alone {
        training_step = |model, batch| {
            let (_, loss, parts) = step(model, batch);
            (loss, parts)
        },
        loss_weight = |batch| batch.len(),
        accumulate = 2,
    }
    monitored {
        training_step = step,
        loss_weight = |batch| batch.len(),
        early_stop(monitor = valid_decay, patience = 1, min_delta = 100.0),
        restore_best,
    }
    unmeasured {
        training_step = step,
        loss_weight = |batch| batch.len(),
        restore_best(monitor = valid_decoy),
    }
}

#[test]
fn parts_are_weighted_means_like_the_loss() {
    let mut model = fresh();
    let history = with_output(&mut model, &loader(), &loader()).unwrap();
    let names = ["loss", "entropy", "decay", "valid_loss", "valid_entropy", "valid_decay", "valid_accuracy"];
    assert_eq!(history.names(), names);
    for row in history.rows() {
        for prefix in ["", "valid_"] {
            let value = |name: &str| row.get(&format!("{prefix}{name}")).unwrap();
            assert!((value("entropy") + value("decay") - value("loss")).abs() < 1e-6);
        }
    }
    let whole = DataLoader::new(blobs(20, 1), 20);
    let batch = whole.epoch(0).next().unwrap();
    let entropy = f64::from(cross_entropy(&model.forward(&batch.input), &batch.target).item());
    assert!((history.last("valid_entropy").unwrap() - entropy).abs() < 1e-6);
    let history = alone(&mut fresh(), &loader(), &loader()).unwrap();
    assert_eq!(history.names(), &names[..6]);
}

#[test]
fn a_part_is_monitored_and_a_wrong_name_ends_the_first_epoch() {
    let mut model = fresh();
    let history = monitored(&mut model, &loader(), &loader()).unwrap();
    assert_eq!((history.len(), history.stop_reason()), (2, StopReason::EarlyStop));
    let best = history.best().unwrap().get("valid_decay").unwrap();
    let decay = f64::from((model.output.weight.tensor() * model.output.weight.tensor()).sum().item()) * 0.01;
    assert!((best - decay).abs() < 1e-6);
    let mut model = fresh();
    let before = bits(&model);
    let error = unmeasured(&mut model, &loader(), &loader()).unwrap_err().to_string();
    assert_eq!(
        error,
        "`valid_decoy` is not measured by this loop; it measures `loss`, `entropy`, `decay`, `valid_loss`, \
         `valid_entropy`, `valid_decay`"
    );
    assert_ne!(bits(&model), before, "the model keeps the values of its epoch");
}
