//! Operations: values, and gradients for a non-uniform output gradient.

use training_loop::{Labels, Tensor, cat, layer_norm, linear, select, stack};

use crate::cases::{Case, Verdict, cases, differentiate};

#[test]
pub(crate) fn operations() {
    let mut verdict = Verdict::default();
    for case in cases("ops") {
        differentiate(&mut verdict, &case, |x| run(&case, x));
    }
    verdict.demand("ops");
}

fn run(case: &Case, x: &[Tensor]) -> Tensor {
    let a = &x[0];
    // A case with a single input uses it for both operands.
    let itself = [a.clone(), a.clone()];
    let x = if case.name().ends_with("/itself") { &itself } else { x };
    match (case.kind(), x) {
        ("add", [a, b]) => a + b,
        ("sub", [a, b]) => a - b,
        ("mul", [a, b]) => a * b,
        ("div", [a, b]) => a / b,
        ("maximum", [a, b]) => a.maximum(b),
        ("minimum", [a, b]) => a.minimum(b),
        ("add_scalar", _) => a + 1.5,
        ("sub_scalar", _) => a - 1.5,
        ("scalar_sub", _) => 1.5 - a,
        ("mul_scalar", _) => a * -2.5,
        ("div_scalar", _) => a / 0.3,
        ("scalar_div", _) => 2.0 / a,
        ("neg", _) => -a,
        ("relu", _) => a.relu(),
        ("leaky_relu", _) => a.leaky_relu(0.1),
        ("linear" | "linear_no_bias", _) => linear(a, &x[1], x.get(2)),
        ("matmul", [a, b]) => a.matmul(b),
        ("layer_norm", [x, w, b]) => layer_norm(x, w, b, 1e-5),
        ("select", [a, b]) => {
            let condition = ndarray::arr2(&[[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]);
            select(&Tensor::from(condition), a, b)
        }
        _ => smooth(case, a).or_else(|| shaped(case, x)).or_else(|| reduced(case, a)).unwrap_or_else(|| {
            panic!("the recorded case `{}` is not tested: add its operation here", case.name())
        }),
    }
}

fn smooth(case: &Case, x: &Tensor) -> Option<Tensor> {
    Some(match case.kind() {
        "exp" => x.exp(),
        "ln" => x.ln(),
        "sqrt" => x.sqrt(),
        "elu" => x.elu(0.7),
        "abs" => x.abs(),
        "clamp" => x.clamp(-0.5, 1.0),
        "gelu" => x.gelu(),
        "gelu_tanh" => x.gelu_tanh(),
        "erf" => x.erf(),
        "silu" => x.silu(),
        "sigmoid" => x.sigmoid(),
        "tanh" => x.tanh(),
        "softplus" => x.softplus(),
        "pow_half" => x.pow(0.5),
        "pow_minus" => x.pow(-1.5),
        "pow_zero" => x.pow(0.0),
        "pow_two" => x.pow(2.0),
        "pow_three" => x.pow(3.0),
        _ => return None,
    })
}

fn shaped(case: &Case, x: &[Tensor]) -> Option<Tensor> {
    let a = &x[0];
    Some(match case.name() {
        "matmul/gram" => a.transpose(0, 1).matmul(a),
        "reshape/plain" => a.reshape(&[4, 6]),
        "transpose/plain" => a.transpose(0, 1),
        "transpose/last" => a.transpose(1, 2),
        "permute/plain" => a.permute(&[2, 0, 1]),
        "slice/rows" => a.slice(0, 1..3),
        "slice/columns" => a.slice(1, 1..2),
        "cat/rows" => cat(&[a, &x[1]], 0),
        "cat/columns" => cat(&[a, &x[1]], 1),
        "stack/first" => stack(&[a, &x[1]], 0),
        "stack/last" => stack(&[a, &x[1]], 2),
        "gather/rows" => a.gather(&Labels::from(vec![2_u32, 0, 0, 1])),
        "index_select/0" => a.index_select(0, &[2, 0, 2, 1]),
        "index_select/1" => a.index_select(1, &[2, 0, 2, 1]),
        _ => return None,
    })
}

fn reduced(case: &Case, x: &Tensor) -> Option<Tensor> {
    let axis = if case.has("axis") { case.count("axis").cast_signed() } else { 0 };
    Some(match case.kind() {
        "sum" => x.sum(),
        "mean" => x.mean(),
        "max" => x.max(),
        "min" => x.min(),
        "var" => x.var(),
        "sum_axis" => x.sum_axis(axis),
        "mean_axis" => x.mean_axis(axis),
        "max_axis" => x.max_axis(axis),
        "min_axis" => x.min_axis(axis),
        "sum_axis_keepdim" => x.sum_axis_keepdim(axis),
        "mean_axis_keepdim" => x.mean_axis_keepdim(axis),
        "var_axis_keepdim" => x.var_axis_keepdim(axis),
        "var_axis" => x.var_axis(axis),
        "softmax" => x.softmax(axis),
        "log_softmax" => x.log_softmax(axis),
        _ => return None,
    })
}
