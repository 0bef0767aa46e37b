//! W5: a small GPT that predicts the next token of a text.

use training_loop::prelude::*;
use training_loop::{Scalar, nn::init};

use crate::data::{Text, VOCABULARY};
use crate::training::training;

const BATCH: usize = 12;
const TIME: usize = 64;
const WIDTH: usize = 128;
const HEADS: usize = 4;
const LAYERS: usize = 4;

#[derive(Module)]
struct Block {
    ln1: LayerNorm,
    qkv: Linear,
    proj: Linear,
    ln2: LayerNorm,
    up: Linear,
    down: Linear,
}

impl Block {
    fn new() -> Self {
        Self {
            ln1: LayerNorm::new(WIDTH),
            qkv: Linear::new(WIDTH, 3 * WIDTH),
            proj: Linear::new(WIDTH, WIDTH),
            ln2: LayerNorm::new(WIDTH),
            up: Linear::new(WIDTH, 4 * WIDTH),
            down: Linear::new(4 * WIDTH, WIDTH),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        let qkv = self.qkv.forward(&self.ln1.forward(x));
        let x = x + self.proj.forward(&Attention::new().causal().packed(&qkv, HEADS));
        let hidden = self.up.forward(&self.ln2.forward(&x)).gelu();
        x + self.down.forward(&hidden)
    }
}

#[derive(Module)]
struct Gpt {
    tokens: Embedding,
    places: Embedding,
    blocks: Vec<Block>,
    ln: LayerNorm,
    head: Linear,
}

impl Gpt {
    fn new() -> Self {
        let model = Self {
            tokens: Embedding::new(VOCABULARY, WIDTH),
            places: Embedding::new(TIME, WIDTH),
            blocks: (0..LAYERS).map(|_| Block::new()).collect(),
            ln: LayerNorm::new(WIDTH),
            head: Linear::new(WIDTH, VOCABULARY).no_bias(),
        };
        init::normal(&model.tokens.weight, 0.0, 0.02);
        init::normal(&model.places.weight, 0.0, 0.02);
        model
    }

    fn forward(&self, tokens: &Labels) -> Tensor {
        let x = self.tokens.forward(tokens) + self.places.weight.tensor();
        let x = self.blocks.iter().fold(x, |x, block| block.forward(&x));
        self.head.forward(&self.ln.forward(&x)).reshape(&[BATCH * TIME, VOCABULARY])
    }
}

pub(crate) fn workload() -> impl FnMut(usize) -> Scalar {
    let text = Text::new();
    let model = Gpt::new();
    let optimizer = AdamW::new(model.parameters(), 1e-3);
    let batch = move |step| {
        let (tokens, next) = text.batch(step, BATCH, TIME);
        (Labels::from(&tokens[..]).reshape(&[BATCH, TIME]), Labels::from(&next[..]))
    };
    training(optimizer, batch, move |x| model.forward(x), cross_entropy)
}
