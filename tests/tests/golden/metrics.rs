//! Metrics against their definitions, on batches of unequal size.

use ndarray::{Axis, Slice};
use training_loop::metric::{Metric, accuracy, confusion, f1, mae, mse, precision, r2, recall, rmse, top_k};
use training_loop::{Array, Labels, Tensor};

use crate::cases::{Case, Verdict, cases};

/// The batch size for the recorded samples; the last batch has the remainder.
pub(crate) const BATCH: usize = 4;

#[test]
pub(crate) fn metrics() {
    let mut verdict = Verdict::by_part();
    for case in cases("metrics") {
        verdict.case();
        match case.kind() {
            "labels" => classification(&mut verdict, &case),
            "values" => regression(&mut verdict, &case),
            other => panic!("the recorded metric `{other}` is not tested: add it here"),
        }
    }
    verdict.demand("metrics");
}

pub(crate) fn rows(array: &Array) -> Vec<Tensor> {
    let count = array.shape()[0];
    let starts = (0..count).step_by(BATCH);
    starts
        .map(|start| Tensor::from(array.slice_axis(Axis(0), Slice::from(start..count.min(start + BATCH)))))
        .collect()
}

/// Updates a metric with all batches, after others that `reset` must discard.
pub(crate) fn fed<Y, M: Metric<Y>>(mut metric: M, outputs: &[Tensor], targets: &[Y]) -> M {
    metric.update(&outputs[0], &targets[0]);
    metric.reset();
    for (output, target) in outputs.iter().zip(targets) {
        metric.update(output, target);
    }
    metric
}

fn classification(verdict: &mut Verdict, case: &Case) {
    let outputs = rows(&case.array("scores"));
    let labels = case.counts("labels");
    let targets: Vec<Labels> = labels.chunks(BATCH).map(|labels| Labels::from(labels.to_vec())).collect();
    let expected = case.part("expected");
    let name = case.name();
    let mut single =
        |key: &str, ours: f64| verdict.numbers(&format!("{name}: {key}"), ours, expected.number(key));
    single("accuracy", fed(accuracy(), &outputs, &targets).compute());
    single("top_2", fed(top_k(2), &outputs, &targets).compute());
    for (key, metric) in [("precision", precision as fn() -> _), ("recall", recall), ("f1", f1)] {
        single(&format!("{key}_macro"), fed(metric(), &outputs, &targets).compute());
        single(&format!("{key}_weighted"), fed(metric().weighted(), &outputs, &targets).compute());
        single("micro", fed(metric().micro(), &outputs, &targets).compute());
        let theirs = expected.numbers(&format!("{key}_per_class"));
        let ours = fed(metric(), &outputs, &targets).per_class();
        assert_eq!(ours.len(), theirs.len(), "{name}: {key} per class");
        for (class, (ours, theirs)) in ours.into_iter().zip(theirs).enumerate() {
            assert!((ours - theirs).abs() < 1e-12, "{name}: {key} of class {class}: {ours}, not {theirs}");
        }
    }
    let table: Vec<Vec<u64>> = expected.parts("confusion").iter().map(Case::whole_numbers).collect();
    assert_eq!(fed(confusion(), &outputs, &targets).counts(), table, "{name}");
}

fn regression(verdict: &mut Verdict, case: &Case) {
    let (outputs, targets) = (rows(&case.array("output")), rows(&case.array("target")));
    let expected = case.part("expected");
    let mut single = |key: &str, ours: f64| {
        verdict.numbers(&format!("{}: {key}", case.name()), ours, expected.number(key));
    };
    single("mae", fed(mae(), &outputs, &targets).compute());
    single("mse", fed(mse(), &outputs, &targets).compute());
    single("rmse", fed(rmse(), &outputs, &targets).compute());
    single("r2", fed(r2(), &outputs, &targets).compute());
}
