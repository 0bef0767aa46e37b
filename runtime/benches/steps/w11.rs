//! W11: a GRU of two layers in both directions that says for each token of a text which one came two places before.

use training_loop::Scalar;
use training_loop::prelude::*;

use crate::data::{Text, VOCABULARY};
use crate::training::training;

const BATCH: usize = 32;
const TIME: usize = 64;
const HIDDEN: usize = 128;

#[derive(Module)]
struct Tagger {
    embedding: Embedding,
    gru: Gru,
    head: Linear,
}

impl Tagger {
    fn forward(&self, tokens: &Labels) -> Tensor {
        let (states, _) = self.gru.forward(&self.embedding.forward(tokens), None);
        self.head.forward(&states).reshape(&[BATCH * TIME, VOCABULARY])
    }
}

pub(crate) fn workload() -> impl FnMut(usize) -> Scalar {
    let text = Text::new();
    let model = Tagger {
        embedding: Embedding::new(VOCABULARY, 64),
        gru: Gru::new(64, HIDDEN).layers(2).bidirectional(),
        head: Linear::new(2 * HIDDEN, VOCABULARY),
    };
    let optimizer = Adam::new(model.parameters(), 2e-3);
    let batch = move |step| {
        let (tokens, _) = text.batch(step, BATCH, TIME);
        let before: Vec<u32> =
            tokens.chunks(TIME).flat_map(|row| [&row[..2], &row[..TIME - 2]].concat()).collect();
        (Labels::from(&tokens[..]).reshape(&[BATCH, TIME]), Labels::from(&before[..]))
    };
    training(optimizer, batch, move |x| model.forward(x), cross_entropy)
}
