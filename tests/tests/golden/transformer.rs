//! Attention weights, rotary positions, and transformer encoders.

use training_loop::Scalar;
use training_loop::prelude::*;

use crate::cases::{Case, Verdict, cases, differentiate};
use crate::layers::{load, run};

#[test]
pub(crate) fn transformers() {
    let mut verdict = Verdict::default();
    for case in cases("transformer") {
        let options = case.part("options");
        match case.kind() {
            "attention_weights" => weights(&mut verdict, &case, &options),
            "rotary" => {
                let rotary = Rotary::new(options.count("width")).base(options.number("base"));
                let rotary = if options.flag("halves") { rotary.halves() } else { rotary };
                differentiate(&mut verdict, &case, |x| rotary.apply(&x[0], options.count("start")));
            }
            "transformer_layer" => {
                let layer = layer(&options);
                run(&mut verdict, &case, &layer, |x| layer.forward(x, &attention(&options)));
            }
            "transformer" => {
                let layers = (0..options.count("layers")).map(|_| layer(&options)).collect();
                let model = TransformerEncoder::new(layers).norm(LayerNorm::new(6));
                run(&mut verdict, &case, &model, |x| model.forward(x, &attention(&options)));
            }
            other => panic!("the recorded case `{other}` is not tested: add it here"),
        }
    }
    verdict.demand("transformer");
}

fn attention(options: &Case) -> Attention {
    if options.flag("causal") { Attention::new().causal() } else { Attention::new() }
}

fn layer(options: &Case) -> TransformerEncoderLayer {
    let layer = TransformerEncoderLayer::new(6, 2).feedforward(9).dropout(0.0);
    let layer = layer.eps(options.number("eps") as Scalar);
    let layer = if options.flag("norm_first") { layer.norm_first() } else { layer };
    let layer = if options.flag("gelu") { layer.activation(Activation::Gelu) } else { layer };
    if options.flag("bias") { layer } else { layer.no_bias() }
}

fn weights(verdict: &mut Verdict, case: &Case, options: &Case) {
    verdict.case();
    let layer = MultiheadAttention::new(options.count("width"), options.count("heads"));
    load(&layer, case.named("state"));
    let input = Parameter::new(case.array("input"));
    let x = input.tensor();
    let (output, shares) = layer.forward_with_weights(&x, &x, &x, &attention(options));
    let mut loss = Tensor::zeros(&[]);
    let recorded = case.arrays("outputs").into_iter().zip(case.arrays("grads"));
    for ((what, ours), (theirs, grad)) in ["output", "weights"].iter().zip([output, shares]).zip(recorded) {
        verdict.arrays(&format!("{}: {what}", case.name()), &ours.to_array(), &theirs);
        loss += (ours * Tensor::from(grad)).sum();
    }
    loss.backward();
    let ours = input.grad().expect("the input takes part");
    verdict.arrays(&format!("{}: input gradient", case.name()), &ours, &case.array("input_grad"));
}
