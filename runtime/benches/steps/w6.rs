//! W6: an LSTM that predicts the next token of a text.

use training_loop::Scalar;
use training_loop::prelude::*;

use crate::data::{Text, VOCABULARY};
use crate::training::training;

const BATCH: usize = 32;
const TIME: usize = 64;

#[derive(Module)]
struct NextToken {
    embedding: Embedding,
    lstm: Lstm,
    head: Linear,
}

impl NextToken {
    fn forward(&self, tokens: &Labels) -> Tensor {
        let (states, _) = self.lstm.forward(&self.embedding.forward(tokens), None);
        self.head.forward(&states).reshape(&[BATCH * TIME, VOCABULARY])
    }
}

pub(crate) fn workload() -> impl FnMut(usize) -> Scalar {
    let text = Text::new();
    let model = NextToken {
        embedding: Embedding::new(VOCABULARY, 64),
        lstm: Lstm::new(64, 128),
        head: Linear::new(128, VOCABULARY),
    };
    let optimizer = Adam::new(model.parameters(), 2e-3);
    let batch = move |step| {
        let (tokens, next) = text.batch(step, BATCH, TIME);
        (Labels::from(&tokens[..]).reshape(&[BATCH, TIME]), Labels::from(&next[..]))
    };
    training(optimizer, batch, move |x| model.forward(x), cross_entropy)
}
