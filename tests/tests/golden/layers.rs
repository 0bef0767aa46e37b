//! Layers: outputs, gradients, running statistics.

use training_loop::prelude::*;
use training_loop::{Array, Scalar};

use crate::cases::{Case, Verdict, cases};

#[test]
pub(crate) fn layers() {
    let mut verdict = Verdict::default();
    for case in cases("layers") {
        check(&mut verdict, &case);
    }
    verdict.demand("layers");
}

fn check(verdict: &mut Verdict, case: &Case) {
    let options = case.part("options");
    let eps = |default| if options.has("eps") { options.number("eps") as Scalar } else { default };
    match case.kind() {
        "linear" => {
            let mut layer = Linear::new(options.count("inputs"), options.count("outputs"));
            if !options.flag("bias") {
                layer = layer.no_bias();
            }
            run(verdict, case, &layer, |x| layer.forward(x));
        }
        "layer_norm" => {
            let layer = LayerNorm::new(options.count("features")).eps(eps(1e-5));
            run(verdict, case, &layer, |x| layer.forward(x));
        }
        "batch_norm1d" => {
            let momentum = options.number("momentum") as Scalar;
            let layer =
                BatchNorm1d::new(options.count("features")).eps(options.number("eps")).momentum(momentum);
            run(verdict, case, &layer, |x| layer.forward(x));
        }
        "dropout" => {
            let layer = Dropout::new(options.number("p") as Scalar);
            run(verdict, case, &layer, |x| layer.forward(x));
        }
        "flatten" => {
            let layer = Flatten;
            run(verdict, case, &layer, |x| layer.forward(x));
        }
        other => panic!("the recorded layer `{other}` is not tested: add it here"),
    }
}

/// Loads the recorded state, passes the recorded inputs one after another, and compares all results and
/// states.
pub(crate) fn run(
    verdict: &mut Verdict,
    case: &Case,
    layer: &dyn Module,
    forward: impl Fn(&Tensor) -> Tensor,
) {
    verdict.case();
    let name = case.name();
    load(layer, case.named("state"));
    if case.flag("training") {
        layer.train();
    } else {
        layer.eval();
    }
    for (index, round) in case.parts("rounds").into_iter().enumerate() {
        let input = Parameter::new(round.array("input"));
        let output = forward(&input.tensor());
        verdict.arrays(&format!("{name}: output {index}"), &output.to_array(), &round.array("output"));
        (&output * &Tensor::from(round.array("grad"))).sum().backward();
        let ours = input.grad().expect("the input takes part");
        verdict.arrays(&format!("{name}: input gradient {index}"), &ours, &round.array("input_grad"));
    }
    let parameters = layer.named_parameters();
    let theirs = case.named("parameter_grads");
    assert_eq!(parameters.len(), theirs.len(), "{name}: number of parameters");
    for (key, theirs) in theirs {
        let (_, parameter) = parameters.iter().find(|(ours, _)| *ours == key).expect("named as in PyTorch");
        let ours = parameter.grad().expect("every parameter takes part");
        verdict.arrays(&format!("{name}: gradient of {key}"), &ours, &theirs);
    }
    for (key, theirs) in case.named("state_after") {
        verdict.arrays(&format!("{name}: {key} afterwards"), &entry(layer, &key), &theirs);
    }
}

/// Replaces these entries of the module's state.
pub(crate) fn load(module: &dyn Module, entries: Vec<(String, Array)>) {
    let mut state = module.state_dict();
    for (key, value) in entries {
        state.insert(key, value);
    }
    module.load_state_dict(&state).expect("named and shaped as in PyTorch");
}

/// One entry of the module's state.
pub(crate) fn entry(module: &dyn Module, key: &str) -> Array {
    let state = module.state_dict();
    state.get(key).unwrap_or_else(|| panic!("no `{key}` in the state")).clone()
}
