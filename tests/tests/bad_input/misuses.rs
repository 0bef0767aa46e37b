//! Every panic about a shape, a size or a range is at the faulty line of the program.
//!
//! The tables cover the public operations, layers, losses, metrics and loaders. Each entry is on one line,
//! and its panic must name that line.

#[path = "misuses/data.rs"]
mod data;
#[path = "misuses/layers.rs"]
mod layers;
#[path = "misuses/losses.rs"]
mod losses;
#[path = "misuses/operations.rs"]
mod operations;
#[path = "misuses/tensors.rs"]
mod tensors;

use training_loop::prelude::*;

use crate::common::place_of_panic;

/// Twice this overflows to 0.
const HALF: usize = 1 << (usize::BITS - 1);
const MOST: usize = usize::MAX;
/// A length of an axis of an empty tensor; its square overflows.
const LONG: usize = 1 << 40;
/// A number of elements that does not overflow, but exceeds all memory.
const VAST: usize = 1 << 46;

/// A misuse: its file, line and text, and the code.
type Misuse = (&'static str, u32, &'static str, Box<dyn Fn()>);

/// A misuse on this line.
macro_rules! at {
    ($work:expr) => {
        (file!(), line!(), stringify!($work), Box::new(move || _ = $work) as Box<dyn Fn()>)
    };
}
use at;

/// Runs all, and lists those that do not panic or panic at another line.
#[track_caller]
fn check(misuses: &[Misuse]) {
    let mut wrong = Vec::new();
    for (file, line, text, misuse) in misuses {
        match place_of_panic(misuse) {
            Some((at_file, at, _)) if at_file == *file && at == *line => {}
            Some((file, at, words)) => {
                wrong.push(format!("line {line}: {text}\n    panics at {file}:{at}: {words}"));
            }
            None => wrong.push(format!("line {line}: {text}\n    does not panic")),
        }
    }
    println!("{} misuses", misuses.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), misuses.len(), wrong.join("\n"));
}

fn z(shape: &[usize]) -> Tensor {
    Tensor::zeros(shape)
}

fn filled(shape: &[usize], value: Scalar) -> Tensor {
    Tensor::from(ndarray::ArrayD::from_elem(shape, value))
}

fn labels(values: &[u32]) -> Labels {
    Labels::from(values)
}
