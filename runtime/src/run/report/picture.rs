//! The picture of the loop: its stages in boxes.

use std::fmt::Write as _;

use crate::chart::escaped;
use crate::run::outline::Outline;

/// The width of the picture in user units.
const WIDTH: f64 = 340.0;
/// The height of a box, and the distance between two rows.
const BOX: f64 = 24.0;
const GAP: f64 = 14.0;
/// The width of a character in a box.
const CHARACTER: f64 = 6.7;

/// The section with the picture, if the stages are known.
pub(super) fn section(outline: &Outline) -> String {
    if outline.batch.is_empty() {
        return String::new();
    }
    let mut picture = Picture { svg: String::new(), y: 4.0, inset: 2.0 };
    picture.frame("every epoch", |picture| {
        let batch = |picture: &mut Picture| picture.stages(&outline.batch);
        match &outline.window {
            None => picture.frame("every batch", batch),
            Some([before, after]) => picture.frame("every accumulation window", |picture| {
                picture.stages(before);
                picture.frame("every batch", batch);
                picture.stages(after);
            }),
        }
        if let Some(validation) = &outline.validation {
            picture.frame("validation, when it is due: every batch", |picture| picture.stages(validation));
        }
    });
    let (svg, height) = (picture.svg, picture.y);
    format!(
        "<h2>The loop</h2>\n<figure class=\"small\">\n<svg viewBox=\"0 0 {WIDTH} {height:.1}\" role=\"img\">\
         <title>The stages of the loop</title>\n{svg}</svg>\n</figure>\n"
    )
}

/// A picture, drawn from top to bottom.
struct Picture {
    svg: String,
    /// The lower end of the drawing so far.
    y: f64,
    /// The distance between the next frame and the left and right edges.
    inset: f64,
}

impl Picture {
    /// Draws a frame with a title around the drawing of `draw`.
    fn frame(&mut self, title: &str, draw: impl FnOnce(&mut Self)) {
        let (top, x) = (self.y, self.inset);
        let _ = writeln!(
            self.svg,
            "<text class=\"quiet\" x=\"{}\" y=\"{}\">{}</text>",
            x + 9.0,
            top + 15.0,
            escaped(title)
        );
        self.y += 24.0;
        self.inset += 9.0;
        draw(self);
        self.inset -= 9.0;
        let (width, height) = (WIDTH - 2.0 * x, self.y - top);
        let _ = writeln!(
            self.svg,
            "<rect class=\"frame\" x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>"
        );
        self.y += 9.0;
    }

    /// Draws boxes with the names of stages, in rows, with arrows between them.
    fn stages(&mut self, stages: &[&str]) {
        let left = self.inset;
        let mut x = left;
        for (index, stage) in stages.iter().enumerate() {
            let width = CHARACTER * stage.chars().count() as f64 + 14.0;
            let is_row_full = index > 0 && x + width > WIDTH - self.inset;
            if is_row_full {
                // The arrow at the end of a row points to the first box of the next row.
                (x, self.y) = (left, self.y + BOX + 8.0);
            }
            let (y, middle) = (self.y, self.y + BOX / 2.0);
            let _ = writeln!(
                self.svg,
                "<rect class=\"box\" x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BOX}\" rx=\"4\"/>\
                 <text class=\"code\" x=\"{:.1}\" y=\"{}\">{}</text>",
                x + 7.0,
                middle + 4.0,
                escaped(stage)
            );
            x += width;
            if index + 1 < stages.len() {
                let tip = x + GAP - 2.0;
                let _ = writeln!(
                    self.svg,
                    "<path class=\"arrow\" d=\"M{:.1} {middle}H{tip:.1}m-3 -3l3 3l-3 3\"/>",
                    x + 2.0
                );
            }
            x += GAP;
        }
        if !stages.is_empty() {
            self.y += BOX + 9.0;
        }
    }
}
