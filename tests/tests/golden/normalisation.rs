//! Normalisation: operations, and layers with their running statistics.

use training_loop::prelude::*;
use training_loop::{Scalar, group_norm, rms_norm};

use crate::cases::{Case, Verdict, cases, differentiate};
use crate::layers::run;

#[test]
pub(crate) fn normalisation() {
    let mut verdict = Verdict::default();
    for case in cases("normalisation") {
        let options = case.part("options");
        match case.kind() {
            "group_norm" => {
                let groups = case.count("groups");
                differentiate(&mut verdict, &case, |x| group_norm(&x[0], groups, &x[1], &x[2], 1e-5));
            }
            "rms_norm" => {
                let eps = Some(case.number("eps")).filter(|eps| *eps > 0.0);
                differentiate(&mut verdict, &case, |x| rms_norm(&x[0], &x[1], eps));
            }
            "batch_norm2d" => batch_norm2d(&mut verdict, &case, &options),
            "batch_norm3d" => {
                let layer = BatchNorm3d::new(options.count("features"));
                run(&mut verdict, &case, &layer, |x| layer.forward(x));
            }
            kind if kind.starts_with("instance_norm") => instance_norm(&mut verdict, &case, &options),
            _ => others(&mut verdict, &case, &options),
        }
    }
    verdict.demand("normalisation");
}

fn batch_norm2d(verdict: &mut Verdict, case: &Case, options: &Case) {
    let layer = BatchNorm2d::new(options.count("features")).eps(options.number("eps"));
    let momentum = options.number("momentum");
    let layer = if momentum < 0.0 { layer.cumulative_average() } else { layer.momentum(momentum as Scalar) };
    run(verdict, case, &layer, |x| layer.forward(x));
}

fn instance_norm(verdict: &mut Verdict, case: &Case, options: &Case) {
    macro_rules! check {
        ($layer:ident) => {{
            let layer = $layer::new(options.count("features"))
                .eps(options.number("eps"))
                .momentum(options.number("momentum") as Scalar);
            let layer = if options.flag("affine") { layer.affine() } else { layer };
            let layer = if options.flag("stats") { layer.running_stats() } else { layer };
            run(verdict, case, &layer, |x| layer.forward(x));
        }};
    }
    match case.kind() {
        "instance_norm1d" => check!(InstanceNorm1d),
        "instance_norm2d" => check!(InstanceNorm2d),
        "instance_norm3d" => check!(InstanceNorm3d),
        other => panic!("the recorded layer `{other}` is not tested: add it here"),
    }
}

fn others(verdict: &mut Verdict, case: &Case, options: &Case) {
    match case.kind() {
        "group_norm_layer" => {
            let layer =
                GroupNorm::new(options.count("groups"), options.count("channels")).eps(options.number("eps"));
            let layer = if options.flag("affine") { layer } else { layer.no_affine() };
            run(verdict, case, &layer, |x| layer.forward(x));
        }
        "rms_norm_layer" => {
            let layer = RmsNorm::over(&options.counts("features"));
            let eps = options.number("eps");
            let layer = if eps > 0.0 { layer.eps(eps) } else { layer };
            let layer = if options.flag("affine") { layer } else { layer.no_affine() };
            run(verdict, case, &layer, |x| layer.forward(x));
        }
        "layer_norm_layer" => {
            let layer = LayerNorm::over(&options.counts("features"));
            let layer = if options.flag("affine") { layer } else { layer.no_affine() };
            let layer = if options.flag("bias") { layer } else { layer.no_bias() };
            run(verdict, case, &layer, |x| layer.forward(x));
        }
        other => panic!("the recorded layer `{other}` is not tested: add it here"),
    }
}
