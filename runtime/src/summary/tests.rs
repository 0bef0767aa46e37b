//! Each module has a row with its own output.

use std::sync::Arc;

use super::*;
use crate::nn::{
    Activation, AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveMaxPool1d, AdaptiveMaxPool2d, AvgPool1d,
    AvgPool2d, BatchNorm1d, BatchNorm2d, BatchNorm3d, Conv1d, Conv2d, Conv3d, ConvTranspose1d,
    ConvTranspose2d, Dropout, Dropout2d, Elu, Embedding, Field as _, Flatten, Gelu, GroupNorm, Gru,
    Hardswish, Identity, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, KeyValueCache, Layer, LayerNorm,
    LeakyRelu, Linear, Lstm, MaxPool1d, MaxPool2d, Mish, MultiheadAttention, Pad, PixelShuffle,
    PixelUnshuffle, Prelu, Relu, RmsNorm, Rnn, Sequential, Sigmoid, Silu, Softplus, Tanh, TransformerEncoder,
    TransformerEncoderLayer, Upsample,
};
use crate::{Attention, Labels, Padding};

/// A layer of the user.
struct Residual {
    inner: Linear,
}

impl Module for Residual {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.inner.visit_field("inner", visitor);
    }
}

impl Layer for Residual {
    fn forward(&self, x: &Tensor) -> Tensor {
        x + self.inner.forward(x)
    }
}

/// A model with difficult cases for names and outputs: collections, pointers, shared parameters, zero-sized
/// layers, and layers that are called twice or never.
struct Net {
    body: Sequential,
    heads: Vec<Linear>,
    boxed: Box<Linear>,
    shared: Arc<Linear>,
    again: Arc<Linear>,
    relu: Relu,
    unused: Dropout,
    scale: Parameter,
}

impl Net {
    fn new() -> Self {
        let inner = Sequential::new().then(Relu).then(Residual { inner: Linear::new(4, 4) });
        let shared = Arc::new(Linear::new(2, 2).no_bias());
        Self {
            body: Sequential::new().then(Linear::new(3, 4)).then(Relu).then(inner).then(Relu),
            heads: vec![Linear::new(4, 1), Linear::new(4, 2)],
            boxed: Box::new(Linear::new(2, 5).no_bias()),
            again: Arc::clone(&shared),
            shared,
            relu: Relu,
            unused: Dropout::new(0.1),
            scale: Parameter::new([1.0, 2.0]),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        let x = self.relu.forward(&self.body.forward(x));
        let x = self.shared.forward(&self.heads[1].forward(&x));
        self.boxed.forward(&(self.shared.forward(&x) * self.scale.tensor()))
    }
}

impl Module for Net {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.body.visit_field("body", visitor);
        self.heads.visit_field("heads", visitor);
        self.boxed.visit_field("boxed", visitor);
        self.shared.visit_field("shared", visitor);
        self.again.visit_field("again", visitor);
        self.relu.visit_field("relu", visitor);
        self.unused.visit_field("unused", visitor);
        self.scale.visit_field("scale", visitor);
    }
}

#[test]
fn every_module_is_a_row() {
    let net = Net::new();
    net.heads[1].freeze();
    let text = summary(&net, |net| net.forward(&Tensor::ones(&[6, 3]))).to_string();
    let expected = "\
layer               type        output     trainable  frozen  bytes
Net                             [6, 5]             2       0      8
body                Sequential  [6, 4]             0       0      0
body.0              Linear      [6, 4]            16       0     64
body.1              Relu        [6, 4]             0       0      0
body.2              Sequential  [6, 4]             0       0      0
body.2.0            Relu        [6, 4]             0       0      0
body.2.1            Residual    [6, 4]             0       0      0
body.2.1.inner      Linear      [6, 4]            20       0     80
body.3              Relu        [6, 4]             0       0      0
heads.0             Linear      -                  5       0     20
heads.1             Linear      [6, 2]             0      10     40
boxed               Linear      [6, 5]            10       0     40
shared              Linear      [6, 2] x2          4       0     16
again               Linear      [6, 2] x2          0       0      0
relu                Relu        [6, 4]             0       0      0
unused              Dropout     -                  0       0      0
total                                             57      10    268";
    if cfg!(not(feature = "f64")) {
        // The first column is as wide as the longest name.
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeezed(&text), squeezed(expected));
    }
    let lines = text.lines().map(|line| line.chars().count()).collect::<Vec<_>>();
    assert!(lines.windows(2).all(|pair| pair[0] == pair[1]), "a table is aligned:\n{text}");
}

#[test]
fn layers_with_other_inputs_and_outputs_have_shapes() {
    /// A model over token ids.
    struct Text(Embedding, Lstm, MultiheadAttention);
    impl Module for Text {
        fn visit(&self, visitor: &mut dyn Visitor) {
            self.0.visit_field("embedding", visitor);
            self.1.visit_field("lstm", visitor);
            self.2.visit_field("attention", visitor);
        }
    }
    let text = Text(Embedding::new(9, 4), Lstm::new(4, 6), MultiheadAttention::new(6, 2));
    let ids = Labels::from(vec![0_u32, 1, 2, 3, 4, 5]).reshape(&[2, 3]);
    let forward = |text: &Text| {
        let x = text.1.forward(&text.0.forward(&ids), None).0;
        text.2.forward(&x, &x, &x, &Attention::new())
    };
    let summary = summary(&text, forward);
    let outputs = summary.rows().iter().filter_map(|row| row.output.clone()).collect::<Vec<_>>();
    assert_eq!(outputs, [vec![2, 3, 6], vec![2, 3, 4], vec![2, 3, 6], vec![2, 3, 6], vec![2, 3, 6]]);
    let all: usize = text.parameters().iter().map(Parameter::len).sum();
    assert_eq!((summary.trainable(), summary.frozen()), (all, 0));
    assert_eq!(summary.bytes(), all * size_of::<Scalar>());
}

/// Checks that a layer records its output once per call, in training and in evaluation.
fn assert_recorded<M: Module>(layer: &M, forward: impl Fn(&M) -> Tensor) {
    for is_training in [true, false] {
        if is_training {
            layer.train();
        } else {
            layer.eval();
        }
        let (layers, trace) = (Layers::of(layer), Trace::start());
        let output = forward(layer).shape().to_vec();
        let row = layers.with_calls(&trace.finish()).rows.swap_remove(0);
        assert_eq!((row.output, row.calls), (Some(output), 1), "{}, training: {is_training}", row.kind);
    }
}

#[test]
fn every_layer_records_its_output() {
    macro_rules! recorded {
        ($($shape:expr => $($layer:expr),+;)*) => {$($(
            assert_recorded(&$layer, |layer| layer.forward(&Tensor::ones(&$shape)));
        )+)*};
    }
    recorded! {
        [2, 4] => Linear::new(4, 3), BatchNorm1d::new(4), LayerNorm::new(4), LayerNorm::new(4).no_affine(),
            RmsNorm::new(4), Dropout::new(0.5), Flatten, Relu, Tanh, Sigmoid, Gelu, Silu, Softplus, Mish,
            Hardswish, Identity, LeakyRelu(0.1), Elu(1.0), Prelu::new(4), Sequential::new();
        [2, 4, 6] => BatchNorm1d::new(4), InstanceNorm1d::new(4), GroupNorm::new(2, 4), Conv1d::new(4, 2, 3),
            ConvTranspose1d::new(4, 2, 3), MaxPool1d::new(2), AvgPool1d::new(2), AdaptiveAvgPool1d::new(3),
            AdaptiveMaxPool1d::new(3), Dropout2d::new(0.5), Dropout2d::new(0.0);
        [2, 4, 6, 8] => BatchNorm2d::new(4), InstanceNorm2d::new(4).running_stats(), Conv2d::new(4, 2, 3),
            ConvTranspose2d::new(4, 2, 3), MaxPool2d::new(2), AvgPool2d::new(2), AdaptiveAvgPool2d::new(3),
            AdaptiveMaxPool2d::new(3), Upsample::by(2.0), Pad::new(&[1, 2], Padding::Reflect),
            PixelShuffle::new(2), PixelUnshuffle::new(2);
        [2, 4, 3, 3, 3] => BatchNorm3d::new(4), InstanceNorm3d::new(4), Conv3d::new(4, 2, 3);
    }
    // A sample without a batch axis.
    assert_recorded(&InstanceNorm2d::new(4), |layer| layer.forward(&Tensor::ones(&[4, 6, 8])));
    let x = Tensor::ones(&[2, 3, 4]);
    assert_recorded(&Embedding::new(9, 4), |layer| layer.forward(&Labels::from(vec![0_u32, 1])));
    assert_recorded(&Lstm::new(4, 2).layers(2), |layer| layer.forward(&x, None).0);
    assert_recorded(&Gru::new(4, 2).layers(2), |layer| layer.forward(&x, None).0);
    assert_recorded(&Rnn::new(4, 2).bidirectional(), |layer| layer.forward(&x, None).0);
    let attention = MultiheadAttention::new(4, 2);
    let options = Attention::new();
    assert_recorded(&attention, |layer| layer.forward(&x, &x, &x, &options));
    assert_recorded(&attention, |layer| layer.forward_with_weights(&x, &x, &x, &options).0);
    assert_recorded(&attention, |layer| layer.forward_cached(&x, &mut KeyValueCache::new()));
}

/// A ReLU is fused into the first linear layer, and this layer still records its output.
#[test]
fn every_part_of_a_transformer_records_its_output() {
    let x = Tensor::ones(&[2, 3, 4]);
    let layer = |activation| TransformerEncoderLayer::new(4, 2).feedforward(8).activation(activation);
    let layers = vec![layer(Activation::Relu), layer(Activation::Gelu).norm_first()];
    let model = TransformerEncoder::new(layers).norm(LayerNorm::new(4));
    let forward = |model: &TransformerEncoder| model.forward(&x, &Attention::new());
    let cached = |model: &TransformerEncoder| model.forward_cached(&x, &mut vec![KeyValueCache::new(); 2]);
    for summary in [summary(&model, forward), summary(&model, cached)] {
        assert_eq!(summary.rows().len(), 16);
        for row in summary.rows() {
            let width = if row.name.ends_with("linear1") { 8 } else { 4 };
            assert_eq!((&row.output, row.calls), (&Some(vec![2, 3, width]), 1), "{}", row.name);
        }
    }
}

/// A panic in the forward pass leaves no recording active.
#[test]
fn a_panic_in_the_forward_pass_ends_the_trace() {
    let layer = Linear::new(3, 2);
    let panics = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        summary(&layer, |_| std::panic::resume_unwind(Box::new("on purpose")))
    }));
    assert!(panics.is_err() && layer.is_training());
    let summary = summary(&layer, |layer| layer.forward(&Tensor::ones(&[1, 3])));
    assert_eq!(summary.rows()[0].calls, 1);
}

#[test]
fn numbers_are_grouped() {
    let said = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")];
    for (number, text) in said {
        assert_eq!(grouped(number), text);
    }
}
