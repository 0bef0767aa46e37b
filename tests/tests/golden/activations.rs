//! Activations as operations and as layers.

use training_loop::prelude::*;

use crate::cases::{Verdict, cases, differentiate};
use crate::layers::run;

#[test]
pub(crate) fn activations() {
    let mut verdict = Verdict::default();
    for case in cases("activations") {
        match case.kind() {
            "mish" => differentiate(&mut verdict, &case, |x| x[0].mish()),
            "hardswish" => differentiate(&mut verdict, &case, |x| x[0].hardswish()),
            "prelu" => differentiate(&mut verdict, &case, |x| x[0].prelu(&x[1])),
            "mish_layer" => run(&mut verdict, &case, &Mish, |x| Mish.forward(x)),
            "hardswish_layer" => run(&mut verdict, &case, &Hardswish, |x| Hardswish.forward(x)),
            "elu_layer" => run(&mut verdict, &case, &Elu(0.7), |x| Elu(0.7).forward(x)),
            "identity_layer" => run(&mut verdict, &case, &Identity, |x| Identity.forward(x)),
            "prelu_layer" => {
                let layer = Prelu::new(5);
                run(&mut verdict, &case, &layer, |x| layer.forward(x));
            }
            other => panic!("the recorded activation `{other}` is not tested: add it here"),
        }
    }
    verdict.demand("activations");
}
