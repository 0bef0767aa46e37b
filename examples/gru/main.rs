//! A recurrent network that learns to count: it reads numbers in words, character by character, and writes on.
//!
//! The loop is written by hand, because the state of the network is carried from one part of the text to the next:
//! truncated backpropagation through time. `detach` cuts the graph between the parts; without it, the compiler reports
//! `backward_repeated`.
//!
//! `cargo run --release --example gru`

#[path = "../common.rs"]
mod common;

use common::is_quick;
use training_loop::prelude::*;

const WORDS: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
/// The characters of the text.
const CHARACTERS: &str = " efghinorstuvwxz";
/// The number of characters between two updates.
const PART: usize = 32;

#[derive(Module)]
struct Counter {
    characters: Embedding,
    memory: Gru,
    next: Linear,
}

impl Counter {
    fn new() -> Self {
        let count = CHARACTERS.len();
        Self { characters: Embedding::new(count, 16), memory: Gru::new(16, 64), next: Linear::new(64, count) }
    }

    /// The logits of the next characters, and the state after the text.
    fn forward(&self, text: &Labels, state: Option<&Tensor>) -> (Tensor, Tensor) {
        let (hidden, state) = self.memory.forward(&self.characters.forward(text), state);
        (self.next.forward(&hidden), state)
    }

    /// The most probable continuation of a text.
    fn continued(&self, start: &str, count: usize) -> String {
        let _evaluation = evaluation(self);
        let (mut text, mut state, mut new) = (start.to_owned(), None, tokens(start));
        for _ in 0..count {
            let (logits, after) = self.forward(&new, state.as_ref());
            let next = logits.slice(1, new.len() - 1..new.len()).argmax(-1).item();
            text.extend(CHARACTERS.chars().nth(next as usize));
            (state, new) = (Some(after), Labels::from([next]).reshape(&[1, 1]));
        }
        text
    }
}

/// A text as one row of tokens.
fn tokens(text: &str) -> Labels {
    let tokens: Labels = text.chars().filter_map(|character| CHARACTERS.find(character)).collect();
    let count = tokens.len();
    tokens.reshape(&[1, count])
}

#[training_loop]
fn fit(model: &Counter, text: &str, passes: usize) -> Scalar {
    let mut optimizer = Adam::new(model.parameters(), 0.01);
    let tokens: Vec<u32> = tokens(text).iter().collect();
    let part = |start: usize| Labels::from(tokens[start..start + PART].to_vec()).reshape(&[1, PART]);
    let mut last = 0.0;
    for _ in 0..passes {
        let mut state: Option<Tensor> = None;
        for start in (0..tokens.len() - PART).step_by(PART) {
            let (logits, after) = model.forward(&part(start), state.as_ref());
            let loss = cross_entropy(&logits, &part(start + 1));
            optimizer.zero_grad();
            loss.backward();
            optimizer.clip_grad_norm(1.0);
            optimizer.step();
            state = Some(after.detach());
            last = loss.item();
        }
    }
    last
}

fn main() {
    seed(0);
    let text = format!("{} ", WORDS.join(" ")).repeat(8);
    let model = Counter::new();
    let loss = fit(&model, &text, if is_quick() { 20 } else { 60 });
    println!("loss {loss:.4}");
    let written = model.continued("three four", 22);
    println!("{written}");
    assert_eq!(written, "three four five six seven eight ");
}
