//! Layers that cannot be constructed, and layers with unsuitable input.

use training_loop::LstmState;
use training_loop::prelude::*;

use super::{HALF, LONG, MOST, VAST, at, check, labels, z};
use crate::common::place_of_panic;

#[test]
#[rustfmt::skip]
fn layers_that_cannot_be_made() {
    check(&[
        at!(Linear::new(MOST, 1)),
        at!(Linear::new(HALF, 2)),
        at!(Linear::new(MOST, 0)),
        at!(Linear::new(0, VAST)),
        at!(Linear::new(VAST, 1)),
        at!(Embedding::new(HALF, 2)),
        at!(Embedding::new(VAST, 1)),
        at!(Embedding::new(3, 2).padding(3)),
        at!(LayerNorm::new(MOST)),
        at!(LayerNorm::new(VAST)),
        at!(LayerNorm::new(3).eps(-1.0)),
        at!(BatchNorm1d::new(MOST)),
        at!(BatchNorm1d::new(VAST)),
        at!(BatchNorm1d::new(3).momentum(2.0)),
        at!(BatchNorm1d::new(3).eps(f64::NAN)),
        at!(BatchNorm2d::new(VAST)),
        at!(BatchNorm3d::new(3).eps(0.0)),
        at!(LayerNorm::over(&[])),
        at!(LayerNorm::over(&[HALF, 2])),
        at!(RmsNorm::new(VAST)),
        at!(RmsNorm::over(&[])),
        at!(RmsNorm::new(3).eps(0.0)),
        at!(GroupNorm::new(4, 6)),
        at!(GroupNorm::new(0, 6)),
        at!(GroupNorm::new(1, VAST)),
        at!(GroupNorm::new(1, 3).eps(f64::NAN)),
        at!(InstanceNorm1d::new(VAST).affine()),
        at!(InstanceNorm2d::new(VAST).running_stats()),
        at!(InstanceNorm2d::new(3).eps(-1.0)),
        at!(InstanceNorm3d::new(3).momentum(1.5)),
        at!(Prelu::new(VAST)),
        at!(Dropout2d::new(1.5)),
        at!(PixelShuffle::new(0)),
        at!(PixelUnshuffle::new(0)),
        at!(Upsample::by(0.0)),
        at!(Upsample::by(f64::INFINITY)),
        at!(Rotary::new(3)),
        at!(Rotary::new(4).base(0.0)),
        at!(Conv3d::new(HALF, 2, 1)),
        at!(Conv3d::new(4, 4, 3).groups(3)),
        at!(ConvTranspose1d::new(HALF, 2, 1)),
        at!(ConvTranspose1d::new(4, 4, 3).groups(0)),
        at!(ConvTranspose2d::new(1, VAST, 1)),
        at!(ConvTranspose2d::new(4, 4, 3).groups(3)),
        at!(Gru::new(HALF, 2)),
        at!(Gru::new(2, HALF)),
        at!(Gru::new(VAST, 1)),
        at!(Gru::new(2, 2).layers(0)),
        at!(Rnn::new(2, VAST)),
        at!(Rnn::new(2, 2).dropout(2.0)),
        at!(TransformerEncoderLayer::new(8, 3)),
        at!(TransformerEncoderLayer::new(8, 2).feedforward(VAST)),
        at!(TransformerEncoderLayer::new(8, 2).dropout(-1.0)),
        at!(TransformerEncoderLayer::new(8, 2).eps(0.0)),
        at!(MultiheadAttention::new(8, 2).rotary(Rotary::new(8))),
        at!(MultiheadAttention::new(8, 2).dropout(2.0)),
        at!(Conv1d::new(HALF, 2, 1)),
        at!(Conv1d::new(2, 2, HALF)),
        at!(Conv1d::new(0, VAST, 1)),
        at!(Conv1d::new(4, 4, 3).groups(3)),
        at!(Conv2d::new(HALF, 2, 1)),
        at!(Conv2d::new(1, 1, LONG)),
        at!(Conv2d::new(1, VAST, 1)),
        at!(Conv2d::new(0, HALF, [2, 1])),
        at!(Conv2d::new(4, 4, 3).groups(3)),
        at!(Conv2d::new(4, 4, 3).groups(0)),
        at!(Lstm::new(HALF, 2)),
        at!(Lstm::new(2, HALF)),
        at!(Lstm::new(2, HALF >> 1)),
        at!(Lstm::new(VAST, 1)),
        at!(Lstm::new(2, 2).layers(0)),
        at!(Lstm::new(2, 2).dropout(2.0)),
        at!(MultiheadAttention::new(8, 3)),
        at!(MultiheadAttention::new(8, 0)),
        at!(MultiheadAttention::new(MOST, 1)),
        at!(MultiheadAttention::new(HALF, 1)),
        at!(MultiheadAttention::new(LONG, 1)),
        at!(Dropout::new(-0.1)),
        at!(Dropout::new(Scalar::NAN)),
    ]);
}

#[test]
#[rustfmt::skip]
fn layers_that_do_not_fit() {
    let state = |shape: &[usize]| LstmState { h: z(shape), c: z(shape) };
    let mha = || MultiheadAttention::new(4, 2);
    let plain = Attention::new;
    let linear_of = |activation| Linear::new(3, 2).activation(activation);
    check(&[
        at!(Linear::new(3, 2).forward(&z(&[2, 4]))),
        at!(linear_of(Activation::Relu).forward(&z(&[2, 4]))),
        at!(linear_of(Activation::Gelu).forward(&z(&[2, 4]))),
        at!(Linear::new(3, 2).no_bias().forward(&z(&[]))),
        at!(Linear::new(0, 2).forward(&z(&[VAST, 0]))),
        at!(Embedding::new(3, 2).forward(&labels(&[0, 3]))),
        at!(LayerNorm::new(3).forward(&z(&[2, 4]))),
        at!(LayerNorm::new(3).forward(&z(&[]))),
        at!(BatchNorm1d::new(3).forward(&z(&[2, 4]))),
        at!(BatchNorm1d::new(3).forward(&z(&[2, 3, 4, 5]))),
        at!(BatchNorm1d::new(3).forward(&z(&[3]))),
        at!(BatchNorm1d::new(3).forward(&z(&[1, 3]))),
        at!(BatchNorm1d::new(3).forward(&z(&[0, 3]))),
        at!(Conv1d::new(1, 1, 3).forward(&z(&[1, 4]))),
        at!(Conv1d::new(1, 1, 3).forward(&z(&[1, 2, 4]))),
        at!(Conv1d::new(1, 1, 3).forward(&z(&[1, 1, 2]))),
        at!(Conv1d::new(1, 1, 3).padding(HALF).forward(&z(&[1, 1, 4]))),
        at!(Conv1d::new(1, 1, 3).dilation(HALF).forward(&z(&[1, 1, 4]))),
        at!(Conv1d::new(1, 1, 3).stride(0).forward(&z(&[1, 1, 4]))),
        at!(Conv1d::new(1, 1, 3).activation(Activation::Tanh).forward(&z(&[1, 1, 2]))),
        at!(Conv2d::new(1, 1, 3).forward(&z(&[1, 4]))),
        at!(Conv2d::new(1, 1, 3).forward(&z(&[1, 2, 4, 4]))),
        at!(Conv2d::new(1, 1, 3).forward(&z(&[1, 1, 2, 2]))),
        at!(Conv2d::new(1, 1, 3).padding(HALF).forward(&z(&[1, 1, 4, 4]))),
        at!(Conv2d::new(1, 1, 3).padding(MOST).forward(&z(&[1, 1, 4, 4]))),
        at!(Conv2d::new(1, 1, 3).dilation(HALF).forward(&z(&[1, 1, 4, 4]))),
        at!(Conv2d::new(1, 1, 3).stride(0).forward(&z(&[1, 1, 4, 4]))),
        at!(Conv2d::new(1, 1, 3).activation(Activation::Relu).forward(&z(&[1, 1, 2, 2]))),
        at!(MaxPool2d::new(5).forward(&z(&[1, 4, 4]))),
        at!(MaxPool2d::new(2).padding(HALF).forward(&z(&[1, 4, 4]))),
        at!(MaxPool2d::new(2).dilation(HALF).forward(&z(&[1, 4, 4]))),
        at!(MaxPool2d::new(2).stride(0).forward(&z(&[1, 4, 4]))),
        at!(AvgPool2d::new(5).forward(&z(&[1, 4, 4]))),
        at!(AvgPool2d::new(HALF + 3).padding(HALF >> 1).forward(&z(&[1, 4, 4]))),
        at!(AvgPool2d::new(2).stride(0).forward(&z(&[1, 4, 4]))),
        at!(AdaptiveAvgPool2d::new(0).forward(&z(&[1, 4, 4]))),
        at!(AdaptiveAvgPool2d::new(MOST).forward(&z(&[1, 4, 4]))),
        at!(Flatten.forward(&z(&[3]))),
        at!(Lstm::new(3, 2).forward(&z(&[4, 3]), None)),
        at!(Lstm::new(3, 2).forward(&z(&[5, 4, 2]), None)),
        at!(Lstm::new(3, 2).forward(&z(&[5, 4, 3]), Some(&state(&[1, 4, 2])))),
        at!(Lstm::new(3, 2).layers(2).forward(&z(&[5, 4, 3]), Some(&state(&[1, 5, 2])))),
        at!(Lstm::new(3, 2).bidirectional().forward(&z(&[5, 4, 4]), None)),
        at!(Lstm::new(3, 2).forward(&z(&[VAST, 0, 3]), None)),
        at!(mha().forward(&z(&[2, 3]), &z(&[2, 4]), &z(&[2, 4]), &plain())),
        at!(mha().forward(&z(&[4]), &z(&[2, 4]), &z(&[2, 4]), &plain())),
        at!(mha().forward(&z(&[2, 4]), &z(&[3, 4]), &z(&[2, 4]), &plain())),
        at!(mha().forward(&z(&[2, 4]), &z(&[3, 4]), &z(&[3, 4]), &plain().mask(&z(&[5, 5])))),
        at!(mha().no_bias().forward(&z(&[2, 5, 4]), &z(&[3, 5, 4]), &z(&[3, 5, 4]), &plain())),
    ]);
}

#[test]
#[rustfmt::skip]
fn newer_layers_that_do_not_fit() {
    let mha = || MultiheadAttention::new(4, 2).rotary(Rotary::new(2));
    let transformer = || TransformerEncoderLayer::new(4, 2).feedforward(8);
    let cubic = |x: Upsample| x.mode(Interpolation::Cubic);
    check(&[
        at!(BatchNorm2d::new(3).forward(&z(&[2, 3, 4]))),
        at!(BatchNorm2d::new(3).forward(&z(&[1, 3, 1, 1]))),
        at!(BatchNorm3d::new(3).forward(&z(&[2, 4, 1, 1, 2]))),
        at!(RmsNorm::new(3).forward(&z(&[2, 4]))),
        at!(GroupNorm::new(2, 4).forward(&z(&[2, 6]))),
        at!(GroupNorm::new(2, 4).forward(&z(&[4]))),
        at!(InstanceNorm1d::new(3).forward(&z(&[2, 4, 5]))),
        at!(InstanceNorm2d::new(3).forward(&z(&[2, 3, 1, 1]))),
        at!(InstanceNorm3d::new(3).forward(&z(&[]))),
        at!(Prelu::new(3).forward(&z(&[2, 4]))),
        at!(Dropout2d::new(0.5).forward(&z(&[2, 4]))),
        at!(Upsample::by(2.0).forward(&z(&[2, 4]))),
        at!(Upsample::to(&[MOST]).forward(&z(&[1, 1, 1]))),
        at!(Upsample::to(&[VAST]).forward(&z(&[1, 1, 1]))),
        at!(cubic(Upsample::by(2.0)).forward(&z(&[2, 3, 4]))),
        at!(Pad::new(&[1], Padding::Reflect).forward(&z(&[2, 4]))),
        at!(Pad::new(&[4, 0], Padding::Reflect).forward(&z(&[2, 4]))),
        at!(Pad::new(&[HALF, HALF], Padding::Replicate).forward(&z(&[2, 4]))),
        at!(PixelShuffle::new(2).forward(&z(&[2, 3, 3]))),
        at!(PixelShuffle::new(HALF).forward(&z(&[4, 3, 3]))),
        at!(PixelUnshuffle::new(2).forward(&z(&[2, 3, 3]))),
        at!(MaxPool1d::new(5).forward(&z(&[1, 4]))),
        at!(AvgPool1d::new(2).stride(0).forward(&z(&[1, 4]))),
        at!(AdaptiveAvgPool1d::new(0).forward(&z(&[1, 4]))),
        at!(AdaptiveMaxPool1d::new(MOST).forward(&z(&[1, 4]))),
        at!(AdaptiveMaxPool2d::new(VAST).forward(&z(&[1, 4, 4]))),
        at!(Conv3d::new(1, 1, 3).forward(&z(&[1, 1, 4, 4]))),
        at!(Conv3d::new(1, 1, 3).forward(&z(&[1, 2, 4, 4, 4]))),
        at!(Conv3d::new(1, 1, 3).forward(&z(&[1, 1, 2, 4, 4]))),
        at!(Conv3d::new(1, 1, 3).forward(&z(&[1, 1, 4, 4, 2]))),
        at!(Conv3d::new(1, 1, 3).padding(HALF).forward(&z(&[1, 1, 4, 4, 4]))),
        at!(Conv3d::new(1, 1, 3).stride(0).forward(&z(&[1, 1, 4, 4, 4]))),
        at!(ConvTranspose1d::new(1, 1, 3).forward(&z(&[1, 4]))),
        at!(ConvTranspose1d::new(1, 1, 3).output_padding(1).forward(&z(&[1, 1, 4]))),
        at!(ConvTranspose2d::new(1, 1, 3).forward(&z(&[1, 2, 4, 4]))),
        at!(ConvTranspose2d::new(1, 1, 3).padding(3).forward(&z(&[1, 1, 4, 4]))),
        at!(ConvTranspose2d::new(1, 1, 3).stride(HALF).forward(&z(&[1, 1, 4, 4]))),
        at!(ConvTranspose2d::new(1, 1, 3).padding(MOST).forward(&z(&[1, 1, 4, 4]))),
        at!(Gru::new(3, 2).forward(&z(&[4, 3]), None)),
        at!(Gru::new(3, 2).forward(&z(&[5, 4, 2]), None)),
        at!(Gru::new(3, 2).forward(&z(&[5, 4, 3]), Some(&z(&[1, 4, 2])))),
        at!(Gru::new(3, 2).forward(&z(&[VAST, 0, 3]), None)),
        at!(Rnn::new(3, 2).relu().forward(&z(&[5, 4, 2]), None)),
        at!(Rnn::new(3, 2).layers(2).forward(&z(&[5, 4, 3]), Some(&z(&[1, 5, 2])))),
        at!(mha().forward_with_weights(&z(&[2, 3]), &z(&[2, 4]), &z(&[2, 4]), &Attention::new())),
        at!(mha().forward_cached(&z(&[2, 3]), &mut KeyValueCache::new())),
        at!(transformer().forward(&z(&[2, 3]), &Attention::new())),
        at!(TransformerEncoder::new(vec![transformer()]).forward(&z(&[2, 3]), &Attention::new())),
        at!(TransformerEncoder::new(vec![transformer()]).forward_cached(&z(&[1, 4]), &mut [])),
    ]);
}

/// A user-defined layer, which is also called through a trait object.
#[derive(Module)]
struct Own {
    inner: Linear,
}

impl Layer for Own {
    #[rustfmt::skip]
    fn forward(&self, x: &Tensor) -> Tensor { self.inner.forward(x) }
}

#[test]
#[rustfmt::skip]
fn layers_in_a_sequence() {
    let of = |layer: Sequential| Sequential::new().then(Relu).then(layer);
    check(&[
        at!(Sequential::new().then(Linear::new(3, 2)).forward(&z(&[2, 4]))),
        at!(Sequential::new().then(Linear::new(3, 2)).then(Relu).then(Linear::new(3, 2)).forward(&z(&[2, 3]))),
        at!(of(Sequential::new().then(Linear::new(3, 2))).forward(&z(&[2, 4]))),
        at!(of(of(Sequential::new().then(LayerNorm::new(3)))).forward(&z(&[2, 4]))),
        at!(Sequential::new().then(BatchNorm1d::new(3)).forward(&z(&[2, 4]))),
        at!(Sequential::new().then(Conv1d::new(1, 1, 3)).forward(&z(&[2, 4]))),
        at!(Sequential::new().then(Conv2d::new(1, 1, 3)).forward(&z(&[2, 4]))),
        at!(Sequential::new().then(Conv2d::new(1, 1, 3).padding(HALF)).forward(&z(&[1, 1, 4, 4]))),
        at!(Sequential::new().then(MaxPool2d::new(3)).forward(&z(&[2]))),
        at!(Sequential::new().then(AvgPool2d::new(3)).forward(&z(&[2]))),
        at!(Sequential::new().then(AdaptiveAvgPool2d::new(3)).forward(&z(&[2]))),
        at!(Sequential::new().then(Flatten).forward(&z(&[2]))),
    ]);
    // The mistake is inside the user's layer here. A call through the trait object preserves that location.
    let (file, _, _) = place_of_panic(|| drop(of(Sequential::new().then(Own { inner: Linear::new(3, 2) })).forward(&z(&[2, 4])))).expect("a panic");
    assert!(file == file!(), "{file}");
}
