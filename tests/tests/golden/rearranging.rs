//! Operations that move, select, sort and accumulate, and elementwise functions of the second kind.

use training_loop::{Array, Labels, Scalar, Tensor, cat};

use crate::cases::{Case, Verdict, cases, differentiate};

#[test]
pub(crate) fn rearranging() {
    let mut verdict = Verdict::default();
    for case in cases("rearranging") {
        differentiate(&mut verdict, &case, |x| run(&case, x));
        if case.has("indices") {
            let indices = sorted(&case, &Tensor::from(case.arrays("inputs").remove(0))).1;
            verdict.arrays(&format!("{}: indices", case.name()), &numbers(&indices), &case.array("indices"));
        }
    }
    verdict.demand("rearranging");
}

fn run(case: &Case, x: &[Tensor]) -> Tensor {
    let a = &x[0];
    let found = elementwise(case, a)
        .or_else(|| along(case, a))
        .or_else(|| placed(case, x))
        .or_else(|| moved(case, a));
    found.unwrap_or_else(|| {
        panic!("the recorded case `{}` is not tested: add its operation here", case.name())
    })
}

fn elementwise(case: &Case, x: &Tensor) -> Option<Tensor> {
    // The elements of a transposed tensor, and of a view of the transposed array.
    let turned = case.name().ends_with("/transposed").then(|| x.transpose(0, 1));
    let x = turned.as_ref().unwrap_or(x);
    Some(match case.kind() {
        "sin" => x.sin(),
        "cos" => x.cos(),
        "sign" => x.sign(),
        "round" => x.round(),
        "floor" => x.floor(),
        "ceil" => x.ceil(),
        "ln_1p" => x.ln_1p(),
        "exp_m1" => x.exp_m1(),
        _ => return None,
    })
}

fn axis(case: &Case) -> isize {
    case.number("axis") as isize
}

fn along(case: &Case, x: &Tensor) -> Option<Tensor> {
    let axis = if case.has("axis") { axis(case) } else { 0 };
    let turned = case.kind().ends_with("_transposed").then(|| x.transpose(0, 2));
    let x = turned.as_ref().unwrap_or(x);
    Some(match case.kind().trim_end_matches("_transposed") {
        "norm_1" => x.norm_axis(1.0, axis),
        "norm_2" => x.norm_axis(2.0, axis),
        "norm_3" => x.norm_axis(3.0, axis),
        "norm_inf" => x.norm_axis(Scalar::INFINITY, axis),
        "std" => x.std_axis(axis),
        "logsumexp" => x.logsumexp(axis),
        "prod" => x.prod_axis(axis),
        "norm_1_keepdim" => x.norm_axis_keepdim(1.0, axis),
        "norm_2_keepdim" => x.norm_axis_keepdim(2.0, axis),
        "norm_3_keepdim" => x.norm_axis_keepdim(3.0, axis),
        "norm_inf_keepdim" => x.norm_axis_keepdim(Scalar::INFINITY, axis),
        "std_keepdim" => x.std_axis_keepdim(axis),
        "logsumexp_keepdim" => x.logsumexp_keepdim(axis),
        "prod_keepdim" => x.prod_axis_keepdim(axis),
        "norm_1_all" => x.norm(1.0),
        "norm_2_all" => x.norm(2.0),
        "norm_3_all" => x.norm(3.0),
        "norm_inf_all" => x.norm(Scalar::INFINITY),
        "std_all" => x.std(),
        "prod_all" => x.prod(),
        "cumsum" => x.cumsum(axis),
        "sort" | "sort_descending" | "topk" => sorted(case, x).0,
        _ => return None,
    })
}

fn sorted(case: &Case, x: &Tensor) -> (Tensor, Labels) {
    let axis = axis(case);
    let (values, indices) = match case.kind() {
        "sort" => x.sort(axis),
        "sort_descending" => x.sort_descending(axis),
        _ => x.topk(case.count("k"), axis),
    };
    match case.kind() {
        "sort" => assert_eq!(x.argsort(axis), indices),
        "sort_descending" => assert_eq!(x.argsort_descending(axis), indices),
        _ => {}
    }
    (values, indices)
}

fn numbers(labels: &Labels) -> Array {
    let numbers = labels.iter().map(|label| label as Scalar).collect::<Vec<_>>();
    Tensor::from(numbers).reshape(labels.shape()).to_array()
}

fn placed(case: &Case, x: &[Tensor]) -> Option<Tensor> {
    let a = &x[0];
    if case.kind() == "masked_fill" {
        return Some(a.masked_fill(&Tensor::from(case.array("mask")), -7.5));
    }
    if !case.has("index") {
        return None;
    }
    let index = case.array("index");
    let labels = Labels::from(index.mapv(|i| i as u32));
    let axis = axis(case);
    Some(match case.kind() {
        "gather_axis" => a.gather_axis(axis, &labels),
        "scatter" => a.scatter(axis, &labels, &x[1]),
        "scatter_number" => a.scatter(axis, &labels, -2.5),
        "scatter_add" => a.scatter_add(axis, &labels, &x[1]),
        _ => return None,
    })
}

fn moved(case: &Case, x: &Tensor) -> Option<Tensor> {
    let reversed = |parts: Vec<Tensor>, axis: isize| cat(&parts.iter().rev().collect::<Vec<_>>(), axis);
    Some(match case.kind() {
        "tril" => x.tril(case.number("diagonal") as isize),
        "triu" => x.triu(case.number("diagonal") as isize),
        "flip" => x.flip(axis(case)),
        "roll" => x.roll(case.number("shift") as isize, axis(case)),
        "repeat" => x.repeat(&case.counts("counts")),
        "expand" => x.expand(&case.counts("counts")),
        "unsqueeze" => x.unsqueeze(axis(case)),
        "squeeze" => x.squeeze(axis(case)),
        "split" => reversed(x.split(case.count("size"), axis(case)), axis(case)),
        "chunk" => reversed(x.chunk(case.count("size"), axis(case)), axis(case)),
        "split_with_sizes" => reversed(x.split_with_sizes(&[1, 0, 4], 1), 1),
        "unfold" => x.unfold(axis(case), case.count("size"), case.count("step")),
        _ => return None,
    })
}
