//! `Debug` output of layers. The sizes and the non-default options of a layer are on one line, so
//! that the output of a model looks like a table.

use std::fmt;

/// Writes a line such as `Linear(4 -> 8, no bias)`: the name, and the parts that are not `None`.
pub(super) fn line<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    parts: [Option<String>; N],
) -> fmt::Result {
    let parts = parts.into_iter().flatten().collect::<Vec<_>>();
    write!(f, "{name}({})", parts.join(", "))
}

/// Describes sizes: `stride 2` if the sizes are equal, or `stride [1, 2]` if they differ. Returns
/// `None` if the sizes are the default `usual`.
pub(super) fn sizes(name: &str, sizes: &[usize], usual: &[usize]) -> Option<String> {
    let is_even = sizes.windows(2).all(|pair| pair[0] == pair[1]);
    let text = if is_even { sizes.first()?.to_string() } else { format!("{sizes:?}") };
    (sizes != usual).then(|| format!("{name}{text}"))
}

/// Describes the lengths of the normalised axes: `8`, or `[3, 4]` if there are several.
pub(super) fn features(lengths: &[usize]) -> String {
    match lengths {
        [length] => length.to_string(),
        _ => format!("{lengths:?}"),
    }
}

/// Returns `words` if `holds` is true, else `None`.
pub(super) fn when(holds: bool, words: &str) -> Option<String> {
    holds.then(|| words.to_owned())
}

#[cfg(test)]
mod tests {
    use training_loop::Visitor;
    use training_loop::nn::Field;
    use training_loop::prelude::*;

    /// A model with the code that `#[derive(Debug, Module)]` would generate. The derive is not
    /// available in double precision.
    #[derive(Debug)]
    #[allow(dead_code)] // Only printed.
    struct Net {
        body: Sequential,
        heads: Vec<Linear>,
        scale: Parameter,
    }

    /// A user-defined layer that does not implement `Debug`.
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

    #[test]
    fn every_layer_is_a_line() {
        let said: &[(&dyn std::fmt::Debug, &str)] = &[
            (&Linear::new(4, 8), "Linear(4 -> 8)"),
            (&Linear::new(4, 8).no_bias().activation(Activation::Relu), "Linear(4 -> 8, no bias, Relu)"),
            (&Conv1d::new(2, 4, 3).stride(2), "Conv1d(2 -> 4, kernel 3, stride 2)"),
            (&Conv2d::new(2, 4, 3).padding(1).groups(2), "Conv2d(2 -> 4, kernel 3, padding 1, 2 groups)"),
            (
                &Conv2d::new(2, 4, [3, 5]).stride([1, 2]).dilation(2).no_bias(),
                "Conv2d(2 -> 4, kernel [3, 5], stride [1, 2], dilation 2, no bias)",
            ),
            (&Embedding::new(65, 8).padding(0), "Embedding(65 -> 8, padding 0)"),
            (&LayerNorm::new(8).eps(0.5), "LayerNorm(8, eps 0.5)"),
            (&BatchNorm1d::new(8), "BatchNorm1d(8)"),
            (&BatchNorm2d::new(8).momentum(0.5).eps(0.25), "BatchNorm2d(8, eps 0.25, momentum 0.5)"),
            (&BatchNorm3d::new(8).cumulative_average(), "BatchNorm3d(8, cumulative average)"),
            (&LayerNorm::over(&[3, 4]), "LayerNorm([3, 4])"),
            (&RmsNorm::new(8), "RmsNorm(8)"),
            (&RmsNorm::over(&[3, 4]).eps(0.5), "RmsNorm([3, 4], eps 0.5)"),
            (&GroupNorm::new(2, 8).no_affine(), "GroupNorm(8, 2 groups, no affine)"),
            (&InstanceNorm2d::new(8), "InstanceNorm2d(8)"),
            (
                &InstanceNorm1d::new(8).affine().running_stats().eps(0.5),
                "InstanceNorm1d(8, affine, running stats, eps 0.5)",
            ),
            (&LayerNorm::new(8).no_bias(), "LayerNorm(8, no bias)"),
            (&LayerNorm::new(8).no_affine(), "LayerNorm(8, no affine)"),
            (&Dropout::new(0.5), "Dropout(0.5)"),
            (&Dropout2d::new(0.5), "Dropout2d(0.5)"),
            (&Elu(0.5), "Elu(0.5)"),
            (&Prelu::new(3), "Prelu(3)"),
            (&Identity, "Identity"),
            (&Conv3d::new(2, 4, 3).padding(1).groups(2), "Conv3d(2 -> 4, kernel 3, padding 1, 2 groups)"),
            (
                &ConvTranspose2d::new(2, 4, 3).stride(2).output_padding([1, 0]).no_bias(),
                "ConvTranspose2d(2 -> 4, kernel 3, stride 2, output padding [1, 0], no bias)",
            ),
            (&ConvTranspose1d::new(2, 4, 3).groups(2), "ConvTranspose1d(2 -> 4, kernel 3, 2 groups)"),
            (&Upsample::by(2.0), "Upsample(by 2)"),
            (
                &Upsample::to(&[4, 5]).mode(Interpolation::Linear).align_corners(),
                "Upsample(to [4, 5], Linear, align corners)",
            ),
            (&Pad::new(&[1, 2], Padding::Reflect), "Pad([1, 2], Reflect)"),
            (&PixelShuffle::new(2), "PixelShuffle(2)"),
            (&PixelUnshuffle::new(2), "PixelUnshuffle(2)"),
            (&LeakyRelu(0.25), "LeakyRelu(0.25)"),
            (&MaxPool2d::new(2), "MaxPool2d(2)"),
            (&MaxPool2d::new([2, 3]).stride(1).padding(1), "MaxPool2d([2, 3], stride 1, padding 1)"),
            (&AvgPool2d::new(3), "AvgPool2d(3)"),
            (&AdaptiveAvgPool2d::new([1, 2]), "AdaptiveAvgPool2d([1, 2])"),
            (&AdaptiveMaxPool2d::new(1), "AdaptiveMaxPool2d(1)"),
            (&MaxPool1d::new(3).stride(2).dilation(2), "MaxPool1d(3, stride 2, dilation 2)"),
            (&AvgPool1d::new(3).padding(1), "AvgPool1d(3, padding 1)"),
            (&AdaptiveAvgPool1d::new(4), "AdaptiveAvgPool1d(4)"),
            (&AdaptiveMaxPool1d::new(4), "AdaptiveMaxPool1d(4)"),
            (&Gru::new(4, 8).bidirectional(), "Gru(4 -> 8, bidirectional)"),
            (&Rnn::new(4, 8), "Rnn(4 -> 8)"),
            (&Lstm::new(4, 8), "Lstm(4 -> 8)"),
            (
                &Lstm::new(4, 8).layers(2).bidirectional().no_bias().dropout(0.5),
                "Lstm(4 -> 8, 2 layers, bidirectional, no bias, dropout 0.5)",
            ),
            (&MultiheadAttention::new(8, 2), "MultiheadAttention(8, 2 heads)"),
            (
                &MultiheadAttention::new(8, 2).rotary(Rotary::new(4)).dropout(0.5),
                "MultiheadAttention(8, 2 heads, rotary, dropout 0.5)",
            ),
            (
                &TransformerEncoderLayer::new(8, 2).feedforward(16).norm_first().dropout(0.0),
                "TransformerEncoderLayer(8, 2 heads, feedforward 16, Relu, norm first)",
            ),
            (&Flatten, "Flatten"),
        ];
        for (layer, text) in said {
            assert_eq!(format!("{layer:?}"), *text);
            assert_eq!(format!("{layer:#?}"), *text);
        }
    }

    #[test]
    fn a_model_is_its_layers() {
        let body =
            Sequential::new().then(Linear::new(4, 4)).then(Relu).then(Residual { inner: Linear::new(4, 4) });
        let heads = vec![Linear::new(4, 1), Linear::new(4, 2)];
        let net = Net { body, heads, scale: Parameter::new(ndarray::arr2(&[[1.0, 2.0]])) };
        net.scale.set_requires_grad(false);
        assert_eq!(
            format!("{net:?}"),
            "Net { body: Sequential {0: Linear(4 -> 4), 1: Relu, 2: Residual { inner.weight: Parameter([4, 4]), \
             inner.bias: Parameter([4]) }}, heads: [Linear(4 -> 1), Linear(4 -> 2)], scale: Parameter([1, 2], frozen) }"
        );
        let expected = "\
Net {
    body: Sequential {
        0: Linear(4 -> 4),
        1: Relu,
        2: Residual {
            inner.weight: Parameter([4, 4]),
            inner.bias: Parameter([4]),
        },
    },
    heads: [
        Linear(4 -> 1),
        Linear(4 -> 2),
    ],
    scale: Parameter([1, 2], frozen),
}";
        assert_eq!(format!("{net:#?}"), expected);
        assert_eq!(net.scale.to_string(), "[[1, 2]]");
    }

    #[test]
    fn an_optimizer_is_its_settings() {
        let layer = Linear::new(4, 2);
        assert_eq!(
            format!("{:?}", Sgd::new(layer.parameters(), 0.5).momentum(0.25)),
            "Sgd { learning_rate: 0.5, momentum: 0.25, dampening: 0.0, nesterov: false, weight_decay: 0.0, \
             parameters: 2 (10 numbers) }"
        );
        assert_eq!(
            format!("{:?}", AdamW::new(layer.parameters(), 0.5).eps(0.25).weight_decay(0.5)),
            "AdamW { learning_rate: 0.5, beta1: 0.9, beta2: 0.999, eps: 0.25, amsgrad: false, weight_decay: 0.5, parameters: 2 (10 numbers) }"
        );
        assert!(
            format!("{:#?}", Adam::new(layer.parameters(), 0.5))
                .starts_with("Adam {\n    learning_rate: 0.5,")
        );
    }
}
