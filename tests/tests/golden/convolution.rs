//! Convolution and pooling: operations and layers.
//!
//! A convolution's sums cancel, so that errors are relative to the largest element of an array.

use training_loop::prelude::*;
use training_loop::{Conv, Pool, adaptive_avg_pool2d, avg_pool2d, conv1d, conv2d, max_pool2d};

use crate::cases::{Case, Verdict, cases, differentiate, differentiate_by_largest};
use crate::layers::run;

#[test]
pub(crate) fn convolutions_and_pooling() {
    let mut verdict = Verdict::default();
    for case in cases("convolution") {
        let given = case.part("options");
        match case.kind() {
            "conv2d" => differentiate_by_largest(&mut verdict, &case, |x| {
                conv2d(&x[0], &x[1], x.get(2), conv(&given))
            }),
            "conv1d" => differentiate_by_largest(&mut verdict, &case, |x| {
                let number = |key, default| if given.has(key) { given.count(key) } else { default };
                let options = Conv::new().stride(number("stride", 1)).padding(number("padding", 0));
                let options = options.dilation(number("dilation", 1)).groups(number("groups", 1));
                conv1d(&x[0], &x[1], x.get(2), options)
            }),
            "max_pool2d" => differentiate(&mut verdict, &case, |x| max_pool2d(&x[0], pool(&given))),
            "avg_pool2d" => differentiate(&mut verdict, &case, |x| avg_pool2d(&x[0], pool(&given))),
            "adaptive_avg_pool2d" => differentiate(&mut verdict, &case, |x| {
                adaptive_avg_pool2d(&x[0], pair(&given, "output").expect("an output"))
            }),
            "conv2d_layer" => {
                let layer = Conv2d::new(4, 6, [3, 2]).stride([2, 1]).padding([1, 0]).groups(2);
                run(&mut verdict, &case, &layer, |x| layer.forward(x));
            }
            "conv1d_layer" => {
                let layer = Conv1d::new(4, 6, 3).stride(2).dilation(2).no_bias();
                run(&mut verdict, &case, &layer, |x| layer.forward(x));
            }
            other => panic!("the recorded case `{other}` is not tested: add it here"),
        }
    }
    verdict.demand("convolution");
}

fn pair(given: &Case, key: &str) -> Option<[usize; 2]> {
    given.has(key).then(|| given.counts(key).try_into().expect("two numbers"))
}

fn conv(given: &Case) -> Conv {
    let options = Conv::new().stride(pair(given, "stride").unwrap_or([1, 1]));
    let options = options.padding(pair(given, "padding").unwrap_or([0, 0]));
    let options = options.dilation(pair(given, "dilation").unwrap_or([1, 1]));
    options.groups(if given.has("groups") { given.count("groups") } else { 1 })
}

fn pool(given: &Case) -> Pool {
    let pool = Pool::new(pair(given, "kernel").expect("a kernel"));
    let pool = pair(given, "stride").map_or(pool, |stride| pool.stride(stride));
    let pool = pair(given, "padding").map_or(pool, |padding| pool.padding(padding));
    pair(given, "dilation").map_or(pool, |dilation| pool.dilation(dilation))
}
