//! Constructors of tensors, and indices of extremes.

use training_loop::{Array, Labels, Scalar, Tensor};

use crate::cases::{Case, Verdict, cases};

#[test]
pub(crate) fn constructors() {
    let mut verdict = Verdict::default();
    for case in cases("constructors") {
        verdict.case();
        verdict.arrays(case.name(), &run(&case), &case.array("output"));
    }
    verdict.demand("constructors");
}

fn run(case: &Case) -> Array {
    let arguments = case.numbers("arguments");
    let at = |index: usize| arguments[index] as Scalar;
    let axis = arguments[0] as isize;
    let input = || Tensor::from(case.array("input"));
    match case.kind() {
        "arange" => Tensor::arange(at(0), at(1), at(2)).to_array(),
        "linspace" => Tensor::linspace(at(0), at(1), arguments[2] as usize).to_array(),
        "eye" => Tensor::eye(arguments[0] as usize).to_array(),
        "one_hot" => Tensor::one_hot(&Labels::from(case.counts("labels")), arguments[0] as usize).to_array(),
        "argmax" => numbers(&input().argmax(axis)),
        "argmin" => numbers(&input().argmin(axis)),
        other => panic!("the recorded `{other}` is not tested: add it here"),
    }
}

fn numbers(labels: &Labels) -> Array {
    let numbers = labels.iter().map(|label| label as Scalar).collect::<Vec<_>>();
    Tensor::from(numbers).reshape(labels.shape()).to_array()
}
