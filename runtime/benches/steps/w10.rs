//! W10: a transformer of width 512 with dropout that predicts the next token of a text.

use training_loop::prelude::*;
use training_loop::{Scalar, nn::init};

use crate::data::{Text, VOCABULARY};
use crate::training::training;

const BATCH: usize = 8;
const TIME: usize = 128;
const WIDTH: usize = 512;
const HEADS: usize = 8;
const LAYERS: usize = 2;

#[derive(Module)]
struct Transformer {
    tokens: Embedding,
    places: Embedding,
    layers: Vec<TransformerEncoderLayer>,
    norm: LayerNorm,
    head: Linear,
}

impl Transformer {
    fn new() -> Self {
        let layer = |_| {
            TransformerEncoderLayer::new(WIDTH, HEADS)
                .feedforward(4 * WIDTH)
                .dropout(0.1)
                .activation(Activation::Gelu)
                .norm_first()
        };
        let model = Self {
            tokens: Embedding::new(VOCABULARY, WIDTH),
            places: Embedding::new(TIME, WIDTH),
            layers: (0..LAYERS).map(layer).collect(),
            norm: LayerNorm::new(WIDTH),
            head: Linear::new(WIDTH, VOCABULARY),
        };
        init::normal(&model.tokens.weight, 0.0, 0.02);
        init::normal(&model.places.weight, 0.0, 0.02);
        model
    }

    fn forward(&self, tokens: &Labels) -> Tensor {
        let causal = Attention::new().causal();
        let x = self.tokens.forward(tokens) + self.places.weight.tensor();
        let x = self.layers.iter().fold(x, |x, layer| layer.forward(&x, &causal));
        self.head.forward(&self.norm.forward(&x)).reshape(&[BATCH * TIME, VOCABULARY])
    }
}

pub(crate) fn workload() -> impl FnMut(usize) -> Scalar {
    let text = Text::new();
    let model = Transformer::new();
    let optimizer = AdamW::new(model.parameters(), 3e-4);
    let batch = move |step| {
        let (tokens, next) = text.batch(step, BATCH, TIME);
        (Labels::from(&tokens[..]).reshape(&[BATCH, TIME]), Labels::from(&next[..]))
    };
    training(optimizer, batch, move |x| model.forward(x), cross_entropy)
}
