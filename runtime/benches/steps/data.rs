//! The data of every workload: the same values as in the comparison with other libraries.

use training_loop::Scalar;
use training_loop::ndarray::{Array2, s};
use training_loop::prelude::*;

/// W1: 40 points of y = 2x + 1 with noise, as two columns.
pub(crate) fn line() -> (Tensor, Tensor) {
    let x: Vec<Scalar> = (0..40).map(|i| 2.0 * uniform(1, i)).collect();
    let y = x.iter().zip(0..).map(|(x, i)| 2.0 * x + 1.0 + 0.1 * uniform(2, i)).collect();
    let column = |values| Tensor::from(Array2::from_shape_vec((40, 1), values).expect("40 rows"));
    (column(x), column(y))
}

/// W2 to W4 and W9: images of 784 pixels in ten classes, each the prototype of its class with noise.
pub(crate) struct Pictures {
    pixels: Array2<Scalar>,
    labels: Vec<u32>,
}

impl Pictures {
    pub(crate) fn new(count: usize) -> Self {
        let labels: Vec<u32> = (0..count as u64).map(|i| (bits(4, i) % 10) as u32).collect();
        let pixels = Array2::from_shape_fn((count, 784), |(i, pixel)| {
            let prototype = uniform(3, u64::from(labels[i]) * 784 + pixel as u64);
            0.5 * prototype + 2.0 * uniform(5, (i * 784 + pixel) as u64)
        });
        Self { pixels, labels }
    }

    /// Batch `step` of `size` images: `[size, 784]`, and their classes.
    pub(crate) fn batch(&self, step: usize, size: usize) -> (Tensor, Labels) {
        let start = step % (self.labels.len() / size) * size;
        let x = Tensor::from(self.pixels.slice(s![start..start + size, ..]));
        (x, Labels::from(&self.labels[start..start + size]))
    }
}

const COLOURS: usize = 512;
const COLOUR_VALUES: usize = 3 * 32 * 32;

/// W8: images of 32 by 32 pixels with three colours in ten classes, each the prototype of its class with noise.
pub(crate) struct Colours {
    values: Array2<Scalar>,
    labels: Vec<u32>,
}

impl Colours {
    pub(crate) fn new() -> Self {
        let labels: Vec<u32> = (0..COLOURS as u64).map(|i| (bits(8, i) % 10) as u32).collect();
        let values = Array2::from_shape_fn((COLOURS, COLOUR_VALUES), |(i, value)| {
            let prototype = uniform(9, u64::from(labels[i]) * COLOUR_VALUES as u64 + value as u64);
            0.5 * prototype + 2.0 * uniform(10, (i * COLOUR_VALUES + value) as u64)
        });
        Self { values, labels }
    }

    /// Batch `step` of `size` images: `[size, 3, 32, 32]`, and their classes.
    pub(crate) fn batch(&self, step: usize, size: usize) -> (Tensor, Labels) {
        let start = step % (COLOURS / size) * size;
        let x = Tensor::from(self.values.slice(s![start..start + size, ..]));
        (x.reshape(&[size, 3, 32, 32]), Labels::from(&self.labels[start..start + size]))
    }
}

/// The vocabulary size of W5 and W6.
pub(crate) const VOCABULARY: usize = 65;

const TOKENS: u64 = 100_000;

/// W5 and W6: a Markov text with an entropy of about ln 4 nats per token.
pub(crate) struct Text(Vec<u32>);

impl Text {
    pub(crate) fn new() -> Self {
        let mut token = 0;
        let next = |i| {
            token = (token * 5 + 7 + (bits(6, i) % 4) * 11) % VOCABULARY as u64;
            token as u32
        };
        Self((0..TOKENS).map(next).collect())
    }

    /// Batch `step`: `size` sequences of `time` tokens, one after another, and the token that follows each token.
    pub(crate) fn batch(&self, step: usize, size: usize, time: usize) -> (Vec<u32>, Vec<u32>) {
        let (mut tokens, mut next) = (Vec::with_capacity(size * time), Vec::with_capacity(size * time));
        for row in 0..size {
            let start = bits(7, (step * size + row) as u64) % (TOKENS - time as u64 - 1);
            let piece = &self.0[start as usize..=start as usize + time];
            tokens.extend_from_slice(&piece[..time]);
            next.extend_from_slice(&piece[1..]);
        }
        (tokens, next)
    }
}

/// The `i`-th number of a stream, in [-0.5, 0.5).
pub(crate) fn uniform(stream: u64, i: u64) -> Scalar {
    (bits(stream, i) >> 40) as Scalar / (1 << 24) as Scalar - 0.5
}

/// The `i`-th word of a stream, by the splitmix64 generator.
pub(crate) fn bits(stream: u64, i: u64) -> u64 {
    let mut z = (stream << 40).wrapping_add(i).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
