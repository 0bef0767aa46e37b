//! Metrics of order, agreement and several labels in the clauses of a spec.

use training_loop::prelude::*;

use crate::common::{Mlp, Numbers, blobs};

#[training_loop(
    loss = cross_entropy,
    optimizer = Sgd::new(model.parameters(), 0.3),
    epochs = 6,
    metrics = [roc_auc, average_precision, matthews_corrcoef, cohen_kappa().quadratic(), perplexity, iou, dice],
    restore_best(monitor = valid_roc_auc),
)]
fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;

#[training_loop(loss = cross_entropy, metrics = [roc_auc, average_precision, cohen_kappa, perplexity])]
fn test(model: &Mlp, valid: &DataLoader) -> Result<Row>;

#[test]
fn they_are_columns_and_can_be_monitored() {
    seed(3);
    let mut model = Mlp::new(4, 8, 3);
    let (train, valid) = (DataLoader::new(blobs(60, 2), 8).shuffle(4), DataLoader::new(blobs(30, 5), 8));
    let history = fit(&mut model, &train, &valid).unwrap();
    let areas: Vec<f64> = history.rows().iter().filter_map(|row| row.get("valid_roc_auc")).collect();
    let best = areas.iter().copied().fold(0.0, f64::max);
    assert!(best > 0.6 && best < 1.0, "{areas:?}");
    for column in [
        "valid_average_precision",
        "valid_matthews_corrcoef",
        "valid_cohen_kappa_quadratic",
        "valid_perplexity",
        "valid_iou",
        "valid_dice",
    ] {
        assert!(history.last(column).is_some_and(f64::is_finite), "{column}");
    }
    assert_eq!(test(&model, &valid).unwrap().get("valid_roc_auc"), Some(best), "the best epoch is restored");
}

#[test]
fn the_batches_do_not_change_them() {
    seed(3);
    let model = Mlp::new(4, 8, 3);
    let measured = |batch: usize| {
        let row = test(&model, &DataLoader::new(blobs(50, 5), batch)).unwrap();
        ["valid_roc_auc", "valid_average_precision", "valid_cohen_kappa"]
            .map(|name| row.get(name).unwrap().to_bits())
    };
    assert_eq!(measured(50), measured(7));
    assert_eq!(measured(50), measured(1));
}

#[training_loop(loss = bce_with_logits_loss, metrics = [multilabel_accuracy, multilabel_f1().micro(), multilabel_recall])]
fn test_labels(model: &Linear, valid: &DataLoader<Tensor>) -> Result<Row>;

#[test]
fn several_labels_are_measured_too() {
    seed(3);
    let inputs = Tensor::from(Numbers(7).table(20, 4));
    let targets = inputs.slice(1, 0..3).gt(0.0);
    let model = Linear::new(4, 3).no_bias();
    model.weight.set(Tensor::eye(4).slice(0, 0..3).view());
    let data = TensorDataset::new(inputs, targets).unwrap();
    let row = test_labels(&model, &DataLoader::new(data, 6)).unwrap();
    for column in ["valid_multilabel_accuracy", "valid_multilabel_f1_micro", "valid_multilabel_recall"] {
        assert_eq!(row.get(column), Some(1.0), "{column}");
    }
}
