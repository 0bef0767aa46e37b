//! A character-level GPT that learns to write like a licence, and a text that it writes, token by token, with a cache of
//! keys and values.
//!
//! `cargo run --release --example gpt`

#[path = "../common.rs"]
mod common;

use common::is_quick;
use training_loop::prelude::*;

const TEXT: &str = include_str!("../../LICENSE-APACHE");
/// The number of characters that the model sees at once in training.
const TIME: usize = 64;
const WIDTH: usize = 64;
const HEADS: usize = 4;

#[derive(Module)]
struct Gpt {
    tokens: Embedding,
    blocks: TransformerEncoder,
    head: Linear,
}

impl Gpt {
    fn new(vocabulary: usize) -> Self {
        let block = |_| {
            let block = TransformerEncoderLayer::new(WIDTH, HEADS).feedforward(4 * WIDTH).norm_first();
            block.activation(Activation::Gelu).dropout(0.1).rotary(Rotary::new(WIDTH / HEADS))
        };
        Self {
            tokens: Embedding::new(vocabulary, WIDTH),
            blocks: TransformerEncoder::new((0..2).map(block).collect()).norm(LayerNorm::new(WIDTH)),
            head: Linear::new(WIDTH, vocabulary),
        }
    }

    /// The logits of the next character at each place.
    fn forward(&self, tokens: &Labels) -> Tensor {
        self.head.forward(&self.blocks.forward(&self.tokens.forward(tokens), &Attention::new().causal()))
    }

    /// Continues a text by `count` tokens.
    fn write(&self, start: &[usize], count: usize, temperature: Scalar) -> Vec<usize> {
        let _evaluation = evaluation(self);
        let mut caches = vec![KeyValueCache::new(); self.blocks.layers.len()];
        let mut text = start.to_vec();
        // The number of tokens at the start of the text that were read.
        let mut seen = 0;
        for _ in 0..count {
            // The model has seen no longer texts: forget the first half.
            if caches[0].len() == TIME {
                caches.iter_mut().for_each(KeyValueCache::clear);
                seen = text.len() - TIME / 2;
            }
            let new = &text[seen..];
            seen = text.len();
            let tokens = Labels::from(new).reshape(&[1, new.len()]);
            let hidden = self.blocks.forward_cached(&self.tokens.forward(&tokens), &mut caches);
            let last = hidden.slice(1, new.len() - 1..new.len()).reshape(&[1, WIDTH]);
            let chances = (self.head.forward(&last) / temperature).softmax(-1);
            text.push(Tensor::multinomial(&chances, 1, true).item() as usize);
        }
        text
    }
}

#[training_loop(
    loss = cross_entropy,
    optimizer = AdamW::new(model.parameters(), 3e-3).no_decay_for_vectors(),
    scheduler = CosineLr::new(steps),
    warmup = 20 steps,
    clip_grad_norm = 1.0,
    max_steps = steps,
    seed = 0,
)]
fn fit(model: &mut Gpt, train: &DataLoader<Labels, Labels>, steps: usize) -> Result<History>;

fn main() -> Result<()> {
    let mut characters: Vec<char> = TEXT.chars().collect();
    characters.sort_unstable();
    characters.dedup();
    let token = |character| characters.binary_search(&character).unwrap_or(0);
    let text: Vec<usize> = TEXT.chars().map(token).collect();

    // Windows of the text, and the same windows one character later.
    let starts: Vec<usize> = (0..text.len() - TIME).step_by(4).collect();
    let windows = |shift: usize| {
        let tokens: Labels =
            starts.iter().flat_map(|start| &text[start + shift..][..TIME]).copied().collect();
        tokens.reshape(&[starts.len(), TIME])
    };
    let train = DataLoader::new(TensorDataset::new(windows(0), windows(1))?, 16).shuffle(0);

    seed(0);
    let mut model = Gpt::new(characters.len());
    let history = fit(&mut model, &train, if is_quick() { 150 } else { 800 })?;

    let start: Vec<usize> = "The License ".chars().map(token).collect();
    let written: String = model.write(&start, 300, 0.7).iter().map(|token| characters[*token]).collect();
    println!("\n{written}\n");
    let loss = history.last("loss").unwrap_or(f64::INFINITY);
    println!("Perplexity {:.1} of {} characters.", loss.exp(), characters.len());
    assert!(loss < if is_quick() { 2.6 } else { 1.2 });
    Ok(())
}
