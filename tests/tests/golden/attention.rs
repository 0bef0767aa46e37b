//! Embedding, attention, and attention with its projections.

use training_loop::prelude::*;
use training_loop::{Scalar, embedding, scaled_dot_product_attention};

use crate::cases::{Case, Verdict, cases, differentiate};
use crate::layers::load;

#[test]
pub(crate) fn attention() {
    let mut verdict = Verdict::default();
    for case in cases("attention") {
        match case.kind() {
            "embedding" => differentiate(&mut verdict, &case, |x| looked_up(&case, &x[0])),
            "attention" => differentiate(&mut verdict, &case, |x| {
                scaled_dot_product_attention(&x[0], &x[1], &x[2], &options(&case))
            }),
            "multihead" => layer(&mut verdict, &case),
            other => panic!("the recorded case `{other}` is not tested: add it here"),
        }
    }
    verdict.demand("attention");
}

fn looked_up(case: &Case, weight: &Tensor) -> Tensor {
    let ids = Labels::from(case.array("ids").mapv(|id| id as u32));
    embedding(&ids, weight, usize::try_from(case.number("padding") as i64).ok())
}

fn options(case: &Case) -> Attention {
    let mut options = Attention::new();
    if case.flag("causal") {
        options = options.causal();
    }
    if case.number("scale") > 0.0 {
        options = options.scale(case.number("scale") as Scalar);
    }
    if case.has("mask") {
        options = options.mask(&Tensor::from(case.array("mask")));
    }
    options
}

fn layer(verdict: &mut Verdict, case: &Case) {
    let mut layer = MultiheadAttention::new(case.count("width"), case.count("heads"));
    if !case.flag("bias") {
        layer = layer.no_bias();
    }
    load(&layer, case.named("state"));
    let options = if case.flag("causal") { Attention::new().causal() } else { Attention::new() };
    differentiate(verdict, case, |x| match x {
        [x] => layer.forward(x, x, x, &options),
        [x, memory] => layer.forward(x, memory, memory, &options),
        [query, key, value] => layer.forward(query, key, value, &options),
        _ => panic!("{}: so many inputs", case.name()),
    });
    let parameters = layer.named_parameters();
    let theirs = case.named("parameter_grads");
    assert_eq!(parameters.len(), theirs.len(), "{}: number of parameters", case.name());
    for (key, theirs) in theirs {
        let (_, parameter) = parameters.iter().find(|(ours, _)| *ours == key).expect("named as in PyTorch");
        let ours = parameter.grad().expect("every parameter takes part");
        verdict.arrays(&format!("{}: gradient of {key}", case.name()), &ours, &theirs);
    }
}
