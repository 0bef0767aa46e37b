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
            (&Dropout::new(0.5), "Dropout(0.5)"),
            (&LeakyRelu(0.25), "LeakyRelu(0.25)"),
            (&MaxPool2d::new(2), "MaxPool2d(2)"),
            (&MaxPool2d::new([2, 3]).stride(1).padding(1), "MaxPool2d([2, 3], stride 1, padding 1)"),
            (&AvgPool2d::new(3), "AvgPool2d(3)"),
            (&AdaptiveAvgPool2d::new([1, 2]), "AdaptiveAvgPool2d([1, 2])"),
            (&Lstm::new(4, 8), "Lstm(4 -> 8)"),
            (
                &Lstm::new(4, 8).layers(2).bidirectional().no_bias().dropout(0.5),
                "Lstm(4 -> 8, 2 layers, bidirectional, no bias, dropout 0.5)",
            ),
            (&MultiheadAttention::new(8, 2), "MultiheadAttention(8, 2 heads)"),
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
