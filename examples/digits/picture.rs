//! Images of digits as text.

use std::fmt::Write;

use training_loop::ndarray::ArrayViewD;
use training_loop::prelude::*;

const SIDE: usize = 8;
/// Two characters per pixel, because a character is about twice as high as it is wide.
const SHADES: [&str; 5] = ["  ", "░░", "▒▒", "▓▓", "██"];

/// Draws images next to each other, with the prediction and, if it is wrong, the label.
///
/// # Shapes
/// `images: [n, 64]`, grey values from 0 to 1; `read` (predictions) and `truth`: n labels.
pub(crate) fn row(images: &ArrayViewD<Scalar>, read: &Labels, truth: &Labels) -> String {
    let mut text = String::new();
    for y in 0..SIDE {
        for image in images.outer_iter() {
            for x in 0..SIDE {
                let grey = image[y * SIDE + x].clamp(0.0, 1.0);
                text.push_str(SHADES[(grey * (SHADES.len() - 1) as Scalar).round() as usize]);
            }
            text.push_str("  ");
        }
        text.push('\n');
    }
    for (read, truth) in read.iter().zip(truth.iter()) {
        let caption = if read == truth { format!("read {read}") } else { format!("read {read}, is {truth}") };
        let _ = write!(text, "{caption:^16}  ");
    }
    text.push('\n');
    text
}
