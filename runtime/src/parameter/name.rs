//! The name of a parameter in its model, for messages about its layer.

use std::fmt;

use super::Parameter;
use crate::Tensor;
use crate::autograd::Graph;

/// What is known of the name of a parameter.
#[derive(Default)]
pub(crate) enum Name {
    /// No visitor has passed.
    #[default]
    Unknown,
    /// The longest name so far, such as `encoder.linear.weight`.
    One(Box<str>),
    /// Layers with different names share the parameter, so that its name does not tell the layer.
    Several,
}

impl Name {
    fn add(&mut self, name: &str) {
        match self {
            Self::Unknown => *self = Self::One(name.into()),
            // A part of the model was visited before or after the whole.
            Self::One(known) if is_tail(known, name) => {}
            Self::One(known) if is_tail(name, known) => *known = name.into(),
            Self::One(_) => *self = Self::Several,
            Self::Several => {}
        }
    }
}

/// Whether the name `tail` is the end of `name`, from a field on.
fn is_tail(name: &str, tail: &str) -> bool {
    name.strip_suffix(tail).is_some_and(|head| head.is_empty() || head.ends_with('.'))
}

impl Parameter {
    /// Keeps the name that a visitor of a model found.
    pub(crate) fn keep_name(&self, name: &str) {
        self.lock().name.add(name);
    }

    /// The name of the layer whose field the parameter is, such as `encoder.linear`, if it is known.
    fn layer(&self) -> Option<String> {
        match &self.lock().name {
            Name::One(name) => name.rsplit_once('.').map(|(layer, _)| layer.to_owned()),
            Name::Unknown | Name::Several => None,
        }
    }
}

/// The name of an operation in messages, with the name of the layer whose weight the operation uses: `linear` or
/// ``linear in `encoder.linear` ``. The name is only searched for when it is written.
#[derive(Clone, Copy)]
pub(crate) struct InLayer<'a> {
    op: &'a str,
    weight: Option<&'a Parameter>,
}

impl<'a> InLayer<'a> {
    /// An operation with this weight, which is the value of a parameter or not.
    pub(crate) fn of(op: &'a str, weight: &'a Tensor) -> Self {
        let weight = match weight.graph() {
            Graph::Leaf(parameter) | Graph::Unrecorded(parameter) => Some(parameter),
            Graph::Constant | Graph::Operation(_) => None,
        };
        Self { op, weight }
    }

    /// The name of the operation alone.
    pub(crate) fn name(self) -> &'a str {
        self.op
    }

    /// A layer with this weight.
    pub(crate) fn with(op: &'a str, weight: &'a Parameter) -> Self {
        Self { op, weight: Some(weight) }
    }
}

impl fmt::Display for InLayer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.op)?;
        match self.weight.and_then(Parameter::layer) {
            Some(layer) => write!(f, " in `{layer}`"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use crate::nn::state::Parameters;
    use crate::nn::{
        BatchNorm2d, Conv2d, Embedding, Field, GroupNorm, Gru, LayerNorm, Linear, Lstm, RmsNorm, Visitor,
    };
    use crate::{Labels, Module, Tensor, no_grad};

    /// Layers with the code that `#[derive(Module)]` would generate.
    struct Block {
        linear: Linear,
        conv: Conv2d,
        embedding: Embedding,
        norms: (LayerNorm, RmsNorm, GroupNorm, BatchNorm2d),
        recurrent: (Lstm, Gru),
    }

    impl Module for Block {
        fn visit(&self, visitor: &mut dyn Visitor) {
            self.linear.visit_field("linear", visitor);
            self.conv.visit_field("conv", visitor);
            self.embedding.visit_field("embedding", visitor);
            self.norms.visit_field("norms", visitor);
            self.recurrent.visit_field("recurrent", visitor);
        }
    }

    struct Net {
        blocks: Vec<Block>,
    }

    impl Module for Net {
        fn visit(&self, visitor: &mut dyn Visitor) {
            self.blocks.visit_field("blocks", visitor);
        }
    }

    fn block() -> Block {
        Block {
            linear: Linear::new(4, 2),
            conv: Conv2d::new(3, 2, 3),
            embedding: Embedding::new(5, 2),
            norms: (LayerNorm::new(4), RmsNorm::new(4), GroupNorm::new(2, 4), BatchNorm2d::new(4)),
            recurrent: (Lstm::new(4, 2), Gru::new(4, 2)),
        }
    }

    fn message(work: impl FnOnce() -> Tensor) -> String {
        let payload = catch_unwind(AssertUnwindSafe(work)).unwrap_err();
        *payload.downcast::<String>().unwrap()
    }

    #[test]
    fn a_shape_error_names_the_layer() {
        let net = Net { blocks: vec![block(), block()] };
        let wrong = Tensor::zeros(&[2, 3]);
        let unnamed = message(|| net.blocks[1].linear.forward(&wrong));
        assert!(unnamed.starts_with("linear: the last axis"), "{unnamed}");
        // A part alone, and then the whole, whose name is longer.
        let _ = (net.blocks[1].parameters(), net.parameters(), net.blocks[0].named_parameters());
        let (block, image) = (&net.blocks[1], Tensor::zeros(&[1, 7, 5, 5]));
        let said = [
            (message(|| block.linear.forward(&wrong)), "linear in `blocks.1.linear`: the last axis"),
            (message(|| block.conv.forward(&image)), "conv2d in `blocks.1.conv`: the input"),
            (
                message(|| block.embedding.forward(&Labels::from([5]))),
                "embedding in `blocks.1.embedding`: the id 5",
            ),
            (message(|| block.norms.0.forward(&wrong)), "layer_norm in `blocks.1.norms.0`: the last axes"),
            (message(|| block.norms.1.forward(&wrong)), "rms_norm in `blocks.1.norms.1`: the last axes"),
            (message(|| block.norms.2.forward(&image)), " in `blocks.1.norms.2`: "),
            (message(|| block.norms.3.forward(&image)), "BatchNorm2d in `blocks.1.norms.3`: the input"),
            (
                message(|| block.recurrent.0.forward(&image, None).0),
                "lstm in `blocks.1.recurrent.0`: the input",
            ),
            (
                message(|| block.recurrent.1.forward(&image, None).0),
                "gru in `blocks.1.recurrent.1`: the input",
            ),
        ];
        for (message, expected) in said {
            assert!(message.contains(expected), "{message}");
        }
        let predicted = message(|| no_grad(|| net.blocks[0].linear.forward(&wrong)));
        assert!(predicted.starts_with("linear in `blocks.0.linear`: "), "{predicted}");
    }

    #[test]
    fn a_weight_of_two_layers_names_none() {
        let (mut first, second) = (Linear::new(4, 2), Linear::new(4, 2));
        first.weight = second.weight.clone();
        let pair = (first, second);
        pair.visit_field("layers", &mut Parameters::default());
        let said = message(|| pair.0.forward(&Tensor::zeros(&[2, 3])));
        assert!(said.starts_with("linear: "), "{said}");
    }
}
