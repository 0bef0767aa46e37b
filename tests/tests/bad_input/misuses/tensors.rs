//! Methods of tensors, parameters and buffers.

use std::ops::Bound;

use ndarray::{arr0, arr1};
use training_loop::nn::Buffer;
use training_loop::prelude::*;
use training_loop::set_num_threads;

use super::{HALF, LONG, MOST, VAST, at, check, labels, z};

/// A broadcast array with more elements than fit in memory.
fn vast(one: &ndarray::Array0<Scalar>) -> ndarray::ArrayView2<'_, Scalar> {
    one.broadcast((1 << 31, 1 << 30)).expect("a view")
}

#[test]
#[rustfmt::skip]
fn tensors() {
    check(&[
        at!(Tensor::zeros(&[MOST])),
        at!(Tensor::zeros(&[MOST, 0])),
        at!(Tensor::zeros(&[0, LONG, LONG])),
        at!(Tensor::zeros(&[1, 2, 3, 4, HALF, 2])),
        at!(Tensor::zeros(&[VAST])),
        at!(Tensor::ones(&[HALF, 2])),
        at!(Tensor::ones(&[VAST])),
        at!(Tensor::full(&[VAST], 2.0)),
        at!(Tensor::arange(0.0, 1.0, 0.0)),
        at!(Tensor::arange(0.0, 1.0, Scalar::NAN)),
        at!(Tensor::arange(Scalar::NEG_INFINITY, 1.0, 1.0)),
        at!(Tensor::arange(0.0, 1e30, 1e-30)),
        at!(Tensor::linspace(0.0, Scalar::NAN, 3)),
        at!(Tensor::linspace(0.0, 1.0, VAST)),
        at!(Tensor::eye(HALF)),
        at!(Tensor::eye(LONG)),
        at!(Tensor::one_hot(&labels(&[0, 3]), 3)),
        at!(Tensor::one_hot(&labels(&[0, 3]), MOST)),
        at!(Tensor::rand(&[VAST])),
        at!(Tensor::randn(&[HALF, 2])),
        at!(Tensor::uniform(&[1], 1.0, 0.0)),
        at!(Tensor::normal(&[1], 0.0, -1.0)),
        at!(Tensor::bernoulli(&[1], 1.5)),
        at!(Tensor::permutation(MOST)),
        at!(Tensor::multinomial(&z(&[3]), 1, true)),
        at!(Tensor::multinomial(&Tensor::ones(&[3]), 4, false)),
        at!(Tensor::multinomial(&Tensor::ones(&[3]), MOST, true)),
        at!(Tensor::multinomial(&z(&[]), 1, true)),
        at!(Tensor::multinomial(&z(&[1, 1, 1]), 1, true)),
        at!(Tensor::from(vast(&arr0(1.0)))),
        at!(Parameter::new(vast(&arr0(1.0)))),
        at!(Parameter::new(arr1(&[1.0])).set(arr1(&[1.0, 2.0]))),
        at!(Parameter::new(arr1(&[1.0])).set(vast(&arr0(1.0)))),
        at!(z(&[2, 3]).item()),
        at!(z(&[0]).item()),
        at!(z(&[2, 3]).reshape(&[7])),
        at!(z(&[2, 3]).reshape(&[HALF, 2])),
        at!(z(&[0]).reshape(&[0, LONG, LONG])),
        at!(z(&[2, 3]).flatten(2)),
        at!(z(&[]).flatten(0)),
        at!(z(&[2, 3]).permute(&[0, 0])),
        at!(z(&[2, 3]).permute(&[MOST, 0])),
        at!(z(&[2, 3]).transpose(0, 2)),
        at!(z(&[2, 3]).transpose(isize::MIN, 0)),
        at!(z(&[2, 3]).slice(2, 0..1)),
        at!(z(&[2, 3]).slice(1, 1..4)),
        at!(z(&[2, 3]).slice(1, 1..=MOST)),
        at!(z(&[2, 3]).slice(1, (Bound::Excluded(MOST), Bound::Unbounded))),
        at!(z(&[2, 3]).sum_axis(2)),
        at!(z(&[2, 3]).sum_axis(isize::MAX)),
        at!(z(&[VAST, 0]).sum_axis(1)),
        at!(z(&[HALF >> 1, 0]).sum_axis(1)),
        at!(z(&[2, 3]).sum_axis_keepdim(-3)),
        at!(z(&[VAST, 0]).sum_axis_keepdim(1)),
        at!(z(&[2, 3]).mean_axis(2)),
        at!(z(&[2, 3]).mean_axis_keepdim(2)),
        at!(z(&[VAST, 0]).mean_axis(1)),
        at!(z(&[2, 3]).var_axis(2)),
        at!(z(&[2, 3]).var_axis_keepdim(2)),
        at!(z(&[VAST, 0]).var_axis(1)),
        at!(z(&[0]).max()),
        at!(z(&[0]).min()),
        at!(z(&[2, 3]).max_axis(2)),
        at!(z(&[2, 0]).max_axis(1)),
        at!(z(&[2, 3]).min_axis(2)),
        at!(z(&[2, 0]).min_axis(1)),
        at!(z(&[2, 3]).argmax(-3)),
        at!(z(&[2, 0]).argmax(1)),
        at!(z(&[2, 3]).argmin(2)),
        at!(z(&[2, 0]).argmin(1)),
        at!(z(&[2, 3]).softmax(2)),
        at!(z(&[2, 3]).log_softmax(2)),
        at!(z(&[2, 3]).index_select(2, &[0])),
        at!(z(&[2, 3]).index_select(0, &[2])),
        at!(z(&[1, LONG, 0, LONG >> 18]).index_select(0, &[0, 0])),
        at!(z(&[2, 3]).gather(&labels(&[0]))),
        at!(z(&[2, 3]).gather(&labels(&[0, 3]))),
        at!(z(&[2]).gather(&labels(&[0, 0]))),
        at!(z(&[2]).clamp(1.0, 0.0)),
        at!(z(&[2]).clamp(Scalar::NAN, 0.0)),
        at!(z(&[2]).dropout(1.5)),
        at!(z(&[2]).dropout(Scalar::NAN)),
        at!(z(&[2]).backward()),
        at!(z(&[]).backward()),
        at!(z(&[]).backward_retain_graph()),
        at!(Parameter::new(arr1(&[1.0, 2.0])).tensor().backward()),
        at!(Buffer::new(arr1(&[1.0]).into_dyn()).set(arr0(1.0).into_dyn())),
        at!(Buffer::new(arr1(&[1.0]).into_dyn()).update(|value| *value = arr0(1.0).into_dyn())),
        at!(set_num_threads(0)),
    ]);
}
