//! Metrics of order, agreement, overlap and several labels, on batches of unequal size.

use training_loop::metric::{
    Average, Metric, PerClass, PerLabel, average_precision, cohen_kappa, dice, iou, matthews_corrcoef,
    multilabel_accuracy, multilabel_f1, multilabel_precision, multilabel_recall, perplexity, precision,
    recall, roc_auc,
};
use training_loop::{Labels, Tensor};

use crate::cases::{Case, Verdict, cases};
use crate::metrics::{BATCH, fed, rows};

#[test]
pub(crate) fn scores() {
    let mut verdict = Verdict::by_part();
    for case in cases("scores") {
        verdict.case();
        let outputs = rows(&case.array("scores"));
        let expected = case.part("expected");
        for key in expected.keys() {
            let ours = match case.kind() {
                "multilabel" => several_labels(&key, &outputs, &rows(&case.array("target"))),
                _ => classes(&key, &outputs, &labels(&case)),
            };
            verdict.numbers(&format!("{}: {key}", case.name()), ours, expected.number(&key));
        }
    }
    verdict.demand("scores");
}

/// The labels in the batches of the scores, with the axes of the scores but for the last.
fn labels(case: &Case) -> Vec<Labels> {
    let scores = case.array("scores");
    let labels = Labels::from(case.counts("labels"));
    let width = labels.len() / scores.shape()[0];
    let batches = labels.as_slice().chunks(BATCH * width);
    let shaped = batches.map(|batch| {
        let all = Labels::from(batch.to_vec());
        if width == 1 { all } else { all.reshape(&[batch.len() / width, width]) }
    });
    shaped.collect()
}

fn average(key: &str) -> Average {
    match key.rsplit('_').next() {
        Some("macro") => Average::Macro,
        Some("micro") => Average::Micro,
        Some("weighted") => Average::Weighted,
        Some(class) => Average::Class(class.parse().expect("a class")),
        None => unreachable!(),
    }
}

fn classes(key: &str, outputs: &[Tensor], targets: &[Labels]) -> f64 {
    let overlap = |metric: fn() -> PerClass| fed(metric().average(average(key)), outputs, targets).compute();
    match key {
        "roc_auc" => fed(roc_auc(), outputs, targets).compute(),
        "average_precision" => fed(average_precision(), outputs, targets).compute(),
        "matthews_corrcoef" => fed(matthews_corrcoef(), outputs, targets).compute(),
        "cohen_kappa" => fed(cohen_kappa(), outputs, targets).compute(),
        "cohen_kappa_linear" => fed(cohen_kappa().linear(), outputs, targets).compute(),
        "cohen_kappa_quadratic" => fed(cohen_kappa().quadratic(), outputs, targets).compute(),
        "perplexity" => fed(perplexity(), outputs, targets).compute(),
        _ if key.starts_with("iou") => overlap(iou),
        _ if key.starts_with("dice") => overlap(dice),
        _ if key.starts_with("precision") => overlap(precision),
        _ if key.starts_with("recall") => overlap(recall),
        other => panic!("the recorded metric `{other}` is not tested: add it here"),
    }
}

fn several_labels(key: &str, outputs: &[Tensor], targets: &[Tensor]) -> f64 {
    let averaged = |metric: fn() -> PerLabel| fed(metric().average(average(key)), outputs, targets).compute();
    match key {
        "accuracy" => fed(multilabel_accuracy(), outputs, targets).compute(),
        "exact" => fed(multilabel_accuracy().exact(), outputs, targets).compute(),
        _ if key.starts_with("precision") => averaged(multilabel_precision),
        _ if key.starts_with("recall") => averaged(multilabel_recall),
        _ if key.starts_with("f1") => averaged(multilabel_f1),
        other => panic!("the recorded metric `{other}` is not tested: add it here"),
    }
}
