//! Convolution layers with padding modes.

use training_loop::prelude::*;

use crate::cases::{Verdict, cases};
use crate::layers::run;

#[test]
pub(crate) fn padded_convolutions() {
    let mut verdict = Verdict::default();
    for case in cases("padded") {
        let mode = match case.part("options").text("mode") {
            "reflect" => Padding::Reflect,
            "replicate" => Padding::Replicate,
            "circular" => Padding::Circular,
            _ => Padding::Constant(0.0),
        };
        if case.kind() == "conv2d_layer" {
            let layer = Conv2d::new(2, 3, [3, 2]).stride([1, 2]).padding([2, 1]).padding_mode(mode);
            run(&mut verdict, &case, &layer, |x| layer.forward(x));
        } else {
            let layer = Conv1d::new(2, 2, 3).padding(2).dilation(2).padding_mode(mode);
            run(&mut verdict, &case, &layer, |x| layer.forward(x));
        }
    }
    verdict.demand("padded");
}
