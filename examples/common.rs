//! What the examples share: the handwritten digits, and the drawing of images as text.
#![allow(dead_code, reason = "each example uses a part of it")]

use training_loop::prelude::*;

/// The height and the width of an image.
pub(crate) const SIDE: usize = 8;
/// The number of pixels of an image.
pub(crate) const PIXELS: usize = SIDE * SIDE;
/// Two characters per pixel, because a character is about twice as high as it is wide.
const SHADES: [&str; 5] = ["  ", "░░", "▒▒", "▓▓", "██"];

/// 1,797 handwritten digits: grey values from 0 to 1, `[n, 64]`, and their labels.
pub(crate) fn digits() -> Result<TensorDataset> {
    let table = Csv::from_bytes("digits.csv.gz", include_bytes!("data/digits.csv.gz"));
    Ok(table.header(false).target_column(PIXELS).classification()?.map_inputs(|grey| grey / 16.0))
}

/// Draws images, `[n, 64]` with grey values from 0 to 1, next to each other.
pub(crate) fn draw(images: &Tensor) {
    let images = images.view();
    for y in 0..SIDE {
        for image in images.outer_iter() {
            for x in 0..SIDE {
                let grey = image[y * SIDE + x].clamp(0.0, 1.0);
                print!("{}", SHADES[(grey * (SHADES.len() - 1) as Scalar).round() as usize]);
            }
            print!("  ");
        }
        println!();
    }
}

/// Whether the program was called with `--quick`, for a short run.
pub(crate) fn is_quick() -> bool {
    std::env::args().any(|argument| argument == "--quick")
}
