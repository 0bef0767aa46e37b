//! Losses: values and gradients, with every option.

use training_loop::{
    CrossEntropy, Huber, Labels, Scalar, SmoothL1, Tensor, bce_loss, bce_with_logits_loss, cross_entropy,
    huber_loss, kl_div, l1_loss, mse_loss, nll_loss, smooth_l1_loss,
};

use crate::cases::{Case, Verdict, cases, differentiate};

#[test]
pub(crate) fn losses() {
    let mut verdict = Verdict::default();
    for case in cases("losses") {
        assert!(["mean", "batchmean"].contains(&case.text("reduction")), "{}", case.name());
        differentiate(&mut verdict, &case, |x| run(&case, x));
    }
    verdict.demand("losses");
}

fn run(case: &Case, x: &[Tensor]) -> Tensor {
    let output = &x[0];
    let target = || x.get(1).cloned().unwrap_or_else(|| Tensor::from(case.array("target")));
    let rows = output.shape().split_last().map_or(&[][..], |(_, rows)| rows);
    let labels = || Labels::from(case.counts("labels")).reshape(rows);
    match case.text("loss") {
        "mse_loss" => mse_loss(output, &target()),
        "l1_loss" => l1_loss(output, &target()),
        "huber_loss" => huber_loss(output, &target()),
        "huber_loss_half" => Huber::new(0.5).loss(output, &target()),
        "smooth_l1_loss" => smooth_l1_loss(output, &target()),
        "smooth_l1_loss_half" => SmoothL1::new(0.5).loss(output, &target()),
        "bce_with_logits_loss" => bce_with_logits_loss(output, &target()),
        "bce_loss" => bce_loss(output, &target()),
        "kl_div" => kl_div(output, &target()),
        "nll_loss" => nll_loss(output, &labels()),
        "cross_entropy" if case.name().contains("/default/") => cross_entropy(output, &labels()),
        "cross_entropy" => builder(case).loss(output, &labels()),
        "cross_entropy_probabilities" => builder(case).loss(output, &target()),
        other => panic!("the recorded loss `{other}` is not tested: add it here"),
    }
}

pub(crate) fn builder(case: &Case) -> CrossEntropy {
    let options = case.part("options");
    let mut loss = CrossEntropy::new();
    if options.has("label_smoothing") {
        loss = loss.label_smoothing(options.number("label_smoothing") as Scalar);
    }
    if options.has("weight") {
        loss = loss
            .class_weights(options.numbers("weight").into_iter().map(|w| w as Scalar).collect::<Vec<_>>());
    }
    if options.has("ignore_index") {
        loss = loss.ignore(options.count("ignore_index") as u32);
    }
    loss
}
