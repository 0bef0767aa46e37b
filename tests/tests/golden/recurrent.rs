//! Recurrent layers: outputs, states, gradients of all inputs.

use training_loop::LstmState;
use training_loop::prelude::*;

use crate::cases::{Case, Verdict, cases};
use crate::layers::load;

#[test]
pub(crate) fn recurrent_layers() {
    let mut verdict = Verdict::default();
    for case in cases("recurrent") {
        match case.kind() {
            "lstm" | "gru" | "rnn" => check(&mut verdict, &case),
            other => panic!("the recorded layer `{other}` is not tested: add it here"),
        }
    }
    verdict.demand("recurrent");
}

/// A layer with the recorded options.
macro_rules! layer {
    ($layer:ident, $options:expr) => {{
        let options: &Case = $options;
        let layer =
            $layer::new(options.count("inputs"), options.count("hidden")).layers(options.count("layers"));
        let layer = if options.flag("bidirectional") { layer.bidirectional() } else { layer };
        if options.flag("bias") { layer } else { layer.no_bias() }
    }};
}

/// The layer as a module, and its outputs: all states, and the final states.
type Layer = (Box<dyn Module>, Vec<Tensor>);

/// Builds and loads the recorded layer, and runs it.
fn run(case: &Case, x: &Tensor, start: &[Parameter]) -> Layer {
    let options = case.part("options");
    let state = || case.named("state");
    match case.kind() {
        "lstm" => {
            let layer = layer!(Lstm, &options);
            load(&layer, state());
            let start = match start {
                [h, c] => Some(LstmState { h: h.tensor(), c: c.tensor() }),
                _ => None,
            };
            let (output, last) = layer.forward(x, start.as_ref());
            (Box::new(layer), vec![output, last.h, last.c])
        }
        "gru" => {
            let layer = layer!(Gru, &options);
            load(&layer, state());
            let (output, last) = layer.forward(x, start.first().map(Parameter::tensor).as_ref());
            (Box::new(layer), vec![output, last])
        }
        _ => {
            let layer = layer!(Rnn, &options);
            let layer = if options.has("relu") { layer.relu() } else { layer };
            load(&layer, state());
            let (output, last) = layer.forward(x, start.first().map(Parameter::tensor).as_ref());
            (Box::new(layer), vec![output, last])
        }
    }
}

fn check(verdict: &mut Verdict, case: &Case) {
    verdict.case();
    let name = case.name();
    let input = Parameter::new(case.array("input"));
    let start: Vec<Parameter> = case.arrays("start").into_iter().map(Parameter::new).collect();
    let (layer, outputs) = run(case, &input.tensor(), &start);
    let mut loss = Tensor::zeros(&[]);
    let recorded = case.arrays("outputs").into_iter().zip(case.arrays("grads"));
    for ((what, ours), (theirs, grad)) in ["output", "h", "c"].iter().zip(outputs).zip(recorded) {
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
