//! Operations on several tensors, and windows.

use ndarray::arr2;
use training_loop::prelude::*;
use training_loop::{
    Conv, LstmState, LstmWeights, Pool, adaptive_avg_pool2d, avg_pool2d, cat, conv1d, conv2d, embedding,
    layer_norm, linear, lstm, max_pool2d, scaled_dot_product_attention, select, stack,
};

use super::{HALF, LONG, MOST, VAST, at, check, filled, labels, z};

#[test]
#[rustfmt::skip]
fn operations_of_several() {
    let long = || (z(&[LONG, 0, 1]), z(&[1, 0, LONG]));
    check(&[
        at!(z(&[2, 3]) + z(&[4])),
        at!(z(&[2, 3]) + &z(&[4])),
        at!(&z(&[2, 3]) + z(&[4])),
        at!(&z(&[2, 3]) + &z(&[4])),
        at!(z(&[2, 3]) - z(&[4])),
        at!(z(&[2, 3]) - &z(&[4])),
        at!(&z(&[2, 3]) - z(&[4])),
        at!(&z(&[2, 3]) - &z(&[4])),
        at!(z(&[2, 3]) * z(&[4])),
        at!(z(&[2, 3]) * &z(&[4])),
        at!(&z(&[2, 3]) * z(&[4])),
        at!(&z(&[2, 3]) * &z(&[4])),
        at!(z(&[2, 3]) / z(&[4])),
        at!(z(&[2, 3]) / &z(&[4])),
        at!(&z(&[2, 3]) / z(&[4])),
        at!(&z(&[2, 3]) / &z(&[4])),
        at!({ let mut x = z(&[2, 3]); x += z(&[4]) }),
        at!({ let mut x = z(&[2, 3]); x -= &z(&[4]) }),
        at!({ let mut x = z(&[2, 3]); x *= z(&[4]) }),
        at!({ let mut x = z(&[2, 3]); x /= &z(&[4]) }),
        at!(z(&[2, 3]).maximum(z(&[4]))),
        at!(z(&[2, 3]).minimum(z(&[4]))),
        at!(z(&[2, 3]).eq(z(&[4]))),
        at!(z(&[2, 3]).ne(z(&[4]))),
        at!(z(&[2, 3]).lt(z(&[4]))),
        at!(z(&[2, 3]).le(z(&[4]))),
        at!(z(&[2, 3]).gt(z(&[4]))),
        at!(z(&[2, 3]).ge(z(&[4]))),
        at!(long().0.maximum(long().1)),
        at!(long().0.gt(long().1)),
        at!(long().0 + long().1),
        at!(long().0 - long().1),
        at!(long().0 * long().1),
        at!(long().0 / long().1),
        at!(select(&long().0, &long().1, &z(&[1]))),
        at!(select(&z(&[1]), &long().0, &long().1)),
        at!(select(&z(&[2]), &z(&[3]), &z(&[1]))),
        at!(select(&z(&[2]), &z(&[1]), &z(&[3]))),
        at!(z(&[2, 3]).matmul(&z(&[2, 3]))),
        at!(z(&[3]).matmul(&z(&[3, 2]))),
        at!(z(&[2, 2, 3]).matmul(&z(&[3, 3, 2]))),
        at!(z(&[LONG, 0]).matmul(&z(&[0, LONG]))),
        at!(z(&[LONG >> 17, 0]).matmul(&z(&[0, LONG >> 17]))),
        at!(z(&[LONG, 1, 0, 1]).matmul(&z(&[LONG, 1, 0]))),
        at!(cat(&[], 0)),
        at!(cat(&[&z(&[2, 3]), &z(&[2, 4])], 0)),
        at!(cat(&[&z(&[2, 3]), &z(&[2])], 0)),
        at!(cat(&[&z(&[2, 3])], 2)),
        at!(cat(&[&z(&[HALF - 1, 0]), &z(&[HALF - 1, 0])], 0)),
        at!(cat(&[&z(&[HALF - 1, 0]), &z(&[HALF - 1, 0]), &z(&[2, 0])], 0)),
        at!(cat(&[&z(&[LONG << 22, 0]), &z(&[LONG << 22, 0])], -2)),
        at!(stack(&[], 0)),
        at!(stack(&[&z(&[2]), &z(&[3])], 0)),
        at!(stack(&[&z(&[2]), &z(&[2])], 2)),
        at!(stack(&[&z(&[HALF - 1, 0]), &z(&[HALF - 1, 0])], 0)),
        at!(linear(&z(&[2, 3]), &z(&[4]), None)),
        at!(linear(&z(&[2, 3]), &z(&[4, 2]), None)),
        at!(linear(&z(&[2, 3]), &z(&[4, 3]), Some(&z(&[3])))),
        at!(linear(&z(&[]), &z(&[4, 3]), None)),
        at!(linear(&z(&[LONG, 0]), &z(&[LONG, 0]), None)),
        at!(layer_norm(&z(&[2, 3]), &z(&[2]), &z(&[2]), 1e-5)),
        at!(layer_norm(&z(&[2, 3]), &z(&[3]), &z(&[1]), 1e-5)),
        at!(embedding(&labels(&[0]), &z(&[3]), None)),
        at!(embedding(&labels(&[3]), &z(&[3, 2]), None)),
        at!(embedding(&labels(&[0]), &z(&[3, 2]), Some(3))),
        at!(embedding(&labels(&[]).reshape(&[LONG, 0]), &z(&[0, LONG]), None)),
    ]);
}

#[test]
#[rustfmt::skip]
fn windows() {
    let one = || z(&[1, 1, 4, 4]);
    check(&[
        at!(conv2d(&z(&[4, 4]), &z(&[1, 1, 3, 3]), None, Conv::new())),
        at!(conv2d(&one(), &z(&[3, 3]), None, Conv::new())),
        at!(conv2d(&one(), &z(&[1, 2, 3, 3]), None, Conv::new())),
        at!(conv2d(&one(), &z(&[1, 1, 5, 5]), None, Conv::new())),
        at!(conv2d(&one(), &z(&[1, 1, 3, 3]), Some(&z(&[2])), Conv::new())),
        at!(conv2d(&one(), &z(&[1, 1, 3, 3]), None, Conv::new().groups(2))),
        at!(conv2d(&one(), &z(&[1, 1, 3, 3]), None, Conv::new().groups(0))),
        at!(conv2d(&z(&[1, 0, 4, 4]), &z(&[0, 2, 3, 3]), None, Conv::new().groups(HALF))),
        at!(conv2d(&one(), &z(&[1, 1, 3, 3]), None, Conv::new().stride(0))),
        at!(conv2d(&one(), &z(&[1, 1, 3, 3]), None, Conv::new().padding(HALF))),
        at!(conv2d(&one(), &z(&[1, 1, 3, 3]), None, Conv::new().padding(MOST))),
        at!(conv2d(&one(), &z(&[1, 1, 3, 3]), None, Conv::new().padding(HALF - 1))),
        at!(conv2d(&one(), &z(&[1, 1, 3, 3]), None, Conv::new().padding([0, HALF]))),
        at!(conv2d(&one(), &z(&[1, 1, 3, 3]), None, Conv::new().padding(LONG).stride(LONG))),
        at!(conv2d(&one(), &z(&[1, 1, 3, 3]), None, Conv::new().padding([VAST, 0]))),
        at!(conv2d(&one(), &z(&[1, 1, 3, 3]), None, Conv::new().dilation(HALF))),
        at!(conv2d(&one(), &z(&[1, 1, 3, 3]), None, Conv::new().dilation(MOST))),
        at!(conv2d(&one(), &z(&[1, 1, 3, 3]), None, Conv::new().dilation(0))),
        at!(conv1d(&z(&[4]), &z(&[1, 1, 3]), None, Conv::new())),
        at!(conv1d(&z(&[1, 1, 4]), &z(&[3]), None, Conv::new())),
        at!(conv1d(&z(&[1, 1, 4]), &z(&[1, 2, 3]), None, Conv::new())),
        at!(conv1d(&z(&[1, 1, 4]), &z(&[1, 1, 5]), None, Conv::new())),
        at!(conv1d(&z(&[1, 1, 4]), &z(&[1, 1, 3]), Some(&z(&[2])), Conv::new())),
        at!(conv1d(&z(&[1, 1, 4]), &z(&[1, 1, 3]), None, Conv::new().padding(HALF))),
        at!(conv1d(&z(&[1, 1, 4]), &z(&[1, 1, 3]), None, Conv::new().padding(HALF - 1))),
        at!(conv1d(&z(&[1, 1, 4]), &z(&[1, 1, 3]), None, Conv::new().dilation(HALF))),
        at!(conv1d(&z(&[1, 1, 4]), &z(&[1, 1, 3]), None, Conv::new().padding(VAST))),
        at!(max_pool2d(&z(&[4]), Pool::new(2))),
        at!(max_pool2d(&one(), Pool::new(5))),
        at!(max_pool2d(&one(), Pool::new(0))),
        at!(max_pool2d(&one(), Pool::new(2).stride(0))),
        at!(max_pool2d(&one(), Pool::new(2).padding(2))),
        at!(max_pool2d(&one(), Pool::new(2).padding(HALF))),
        at!(max_pool2d(&one(), Pool::new(2).dilation(HALF))),
        at!(max_pool2d(&one(), Pool::new(3).dilation(HALF))),
        at!(max_pool2d(&one(), Pool::new(HALF + 3).padding(HALF >> 1))),
        at!(max_pool2d(&z(&[1, 0, 4]), Pool::new(1))),
        at!(avg_pool2d(&z(&[4]), Pool::new(2))),
        at!(avg_pool2d(&one(), Pool::new(5))),
        at!(avg_pool2d(&one(), Pool::new(2).dilation(2))),
        at!(avg_pool2d(&one(), Pool::new(HALF + 3).padding(HALF >> 1))),
        at!(avg_pool2d(&one(), Pool::new(MOST).padding(HALF - 1))),
        at!(avg_pool2d(&one(), Pool::new(LONG).padding(LONG >> 1))),
        at!(adaptive_avg_pool2d(&z(&[4]), 1)),
        at!(adaptive_avg_pool2d(&one(), 0)),
        at!(adaptive_avg_pool2d(&one(), MOST)),
        at!(adaptive_avg_pool2d(&one(), [HALF, 1])),
        at!(adaptive_avg_pool2d(&one(), [VAST >> 4, 16])),
        at!(adaptive_avg_pool2d(&z(&[0, 4, 4]), MOST)),
        at!(adaptive_avg_pool2d(&z(&[0, 1]), 1)),
    ]);
}

#[test]
#[rustfmt::skip]
fn sequences() {
    fn cell(shapes: [&[usize]; 2]) -> LstmWeights { LstmWeights { weight_ih: z(shapes[0]), weight_hh: z(shapes[1]), bias: None } }
    fn biased(bias: &[usize]) -> LstmWeights { LstmWeights { bias: Some([z(bias), z(bias)]), ..cell([&[8, 3], &[8, 2]]) } }
    let state = |shape: &[usize]| LstmState { h: z(shape), c: z(shape) };
    let x = || z(&[5, 4, 3]);
    let plain = Attention::new;
    check(&[
        at!(lstm(&z(&[4, 3]), &cell([&[8, 3], &[8, 2]]), None)),
        at!(lstm(&x(), &cell([&[8, 3], &[8]]), None)),
        at!(lstm(&x(), &cell([&[8, 3], &[9, 2]]), None)),
        at!(lstm(&x(), &cell([&[8, 4], &[8, 2]]), None)),
        at!(lstm(&x(), &cell([&[0, 3], &[0, HALF >> 1]]), None)),
        at!(lstm(&x(), &biased(&[7]), None)),
        at!(lstm(&x(), &cell([&[8, 3], &[8, 2]]), Some(&state(&[4, 2])))),
        at!(lstm(&z(&[LONG, LONG >> 18, 0]), &cell([&[4, 0], &[4, 1]]), None)),
        at!(lstm(&z(&[VAST, 0, 3]), &cell([&[8, 3], &[8, 2]]), None)),
        at!(scaled_dot_product_attention(&z(&[3]), &z(&[3]), &z(&[3]), &plain())),
        at!(scaled_dot_product_attention(&z(&[2, 3]), &z(&[2, 4]), &z(&[2, 4]), &plain())),
        at!(scaled_dot_product_attention(&z(&[2, 3]), &z(&[2, 3]), &z(&[3, 3]), &plain())),
        at!(scaled_dot_product_attention(&z(&[2, 3]), &z(&[2, 3]), &z(&[2, 3]), &plain().mask(&z(&[3, 2])))),
        at!(scaled_dot_product_attention(&z(&[LONG, 0]), &z(&[0, 0]), &z(&[0, LONG]), &plain())),
        at!(scaled_dot_product_attention(&z(&[LONG >> 17, 0]), &z(&[0, 0]), &z(&[0, LONG >> 17]), &plain())),
        at!(scaled_dot_product_attention(&z(&[2, 3]), &z(&[2, 3]), &z(&[2, 3]), &plain().mask(&Parameter::new(arr2(&[[0.0]])).tensor()))),
        at!(plain().packed(&z(&[6]), 1)),
        at!(plain().packed(&z(&[2, 7]), 1)),
        at!(plain().packed(&z(&[2, 6]), 0)),
        at!(plain().packed(&z(&[2, 6]), 4)),
        at!(plain().packed(&z(&[2, 6]), HALF)),
        at!(plain().packed(&z(&[2, 0]), HALF)),
        at!(plain().packed(&z(&[LONG, 2, 0]), LONG)),
        at!(plain().packed(&z(&[2, 6]), MOST)),
    ]);
}

/// Extreme sizes that are valid: they remain possible, and nothing overflows.
#[test]
fn large_sizes_that_mean_something() {
    assert_eq!(Tensor::zeros(&[LONG, 0]).to_array().shape(), [LONG, 0]);
    assert_eq!(cat(&[&z(&[LONG, 0]), &z(&[LONG, 0])], 0).shape(), [2 * LONG, 0]);
    assert_eq!(z(&[LONG, 0, 3]).matmul(&z(&[3, 2])).shape(), [LONG, 0, 2]);
    assert_eq!(z(&[LONG, 0, 3]).matmul(&z(&[LONG, 3, 0])).shape(), [LONG, 0, 0]);
    assert_eq!(z(&[LONG, 3, 0]).argmax(1).len(), 0);
    assert_eq!(adaptive_avg_pool2d(&z(&[0, 4, 4]), [LONG, 1]).shape(), [0, LONG, 1]);
    let x = filled(&[1, 1, 4, 4], 1.0);
    let far = conv2d(&x, &filled(&[1, 1, 1, 1], 2.0), None, Conv::new().padding([LONG, 0]).stride([LONG, 1]));
    assert_eq!(far.shape(), [1, 1, 3, 4]);
    assert_eq!(far.as_slice(), [0.0, 0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 2.0, 0.0, 0.0, 0.0, 0.0]);
    let pooled = avg_pool2d(&x, Pool::new([LONG, 4]).padding([LONG / 2, 0]));
    assert_eq!((pooled.shape(), pooled.as_slice().len()), (&[1, 1, 1, 1][..], 1));
    let set = TensorDataset::new(z(&[3, 2]), labels(&[0, 1, 0])).expect("a data set");
    assert_eq!(DataLoader::new(set.clone(), MOST).epoch(0).map(|batch| batch.len()).collect::<Vec<_>>(), [3]);
    assert_eq!(DataLoader::new(set, 2).windows(0, MOST).map(|window| window.samples()).sum::<usize>(), 3);
}
