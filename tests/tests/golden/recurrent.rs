//! Recurrent layers: outputs, states, gradients of all inputs.

use training_loop::LstmState;
use training_loop::prelude::*;

use crate::cases::{Case, Verdict, cases};
use crate::layers::load;

#[test]
fn recurrent_layers() {
    let mut verdict = Verdict::default();
    for case in cases("recurrent") {
        match case.kind() {
            "lstm" => check(&mut verdict, &case),
            other => panic!("the recorded layer `{other}` is not tested: add it here"),
        }
    }
    verdict.demand("recurrent layers");
}

fn lstm(options: &Case) -> Lstm {
    let mut layer =
        Lstm::new(options.count("inputs"), options.count("hidden")).layers(options.count("layers"));
    if options.flag("bidirectional") {
        layer = layer.bidirectional();
    }
    if options.flag("bias") { layer } else { layer.no_bias() }
}

fn check(verdict: &mut Verdict, case: &Case) {
    verdict.case();
    let name = case.name();
    let layer = lstm(&case.part("options"));
    load(&layer, case.named("state"));
    let input = Parameter::new(case.array("input"));
    let start: Vec<Parameter> = case.arrays("start").into_iter().map(Parameter::new).collect();
    let state = match &start[..] {
        [h, c] => Some(LstmState { h: h.tensor(), c: c.tensor() }),
        _ => None,
    };
    let (output, last) = layer.forward(&input.tensor(), state.as_ref());
    let mut loss = Tensor::zeros(&[]);
    let recorded = case.arrays("outputs").into_iter().zip(case.arrays("grads"));
    for ((what, ours), (theirs, grad)) in
        ["output", "h", "c"].iter().zip([output, last.h, last.c]).zip(recorded)
    {
        verdict.arrays(&format!("{name}: {what}"), &ours.to_array(), &theirs);
        loss += (ours * Tensor::from(grad)).sum();
    }
    loss.backward();
    let gradient = |parameter: &Parameter| parameter.grad().expect("all that goes in takes part");
    verdict.arrays(&format!("{name}: input gradient"), &gradient(&input), &case.array("input_grad"));
    for (number, (ours, theirs)) in start.iter().zip(case.arrays("start_grads")).enumerate() {
        verdict.arrays(&format!("{name}: start gradient {number}"), &gradient(ours), &theirs);
    }
    let parameters = layer.named_parameters();
    let theirs = case.named("parameter_grads");
    assert_eq!(parameters.len(), theirs.len(), "{name}: number of parameters");
    for (key, theirs) in theirs {
        let (_, parameter) = parameters.iter().find(|(ours, _)| *ours == key).expect("named as in PyTorch");
        verdict.arrays(&format!("{name}: gradient of {key}"), &gradient(parameter), &theirs);
    }
}
