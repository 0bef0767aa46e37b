//! Operations and layers that change the resolution: transposed and 3-D convolution, padding,
//! upsampling and pooling.
//!
//! A convolution's sums cancel, so that errors are relative to the largest element of an array.

use training_loop::prelude::*;
use training_loop::{
    Conv3, ConvTranspose, Pair, Resize, adaptive_avg_pool1d, adaptive_max_pool1d, adaptive_max_pool2d,
    avg_pool1d, conv_transpose1d, conv_transpose2d, conv3d, interpolate, max_pool1d, pad,
};

use crate::cases::{Case, Verdict, cases, differentiate, differentiate_by_largest};
use crate::layers::run;

#[test]
pub(crate) fn resolutions() {
    let mut verdict = Verdict::default();
    for case in cases("resolution") {
        let given = case.part("options");
        match case.kind() {
            "conv_transpose2d" => differentiate_by_largest(&mut verdict, &case, |x| {
                conv_transpose2d(&x[0], &x[1], x.get(2), transposed(&given, pair))
            }),
            "conv_transpose1d" => differentiate_by_largest(&mut verdict, &case, |x| {
                conv_transpose1d(
                    &x[0],
                    &x[1],
                    x.get(2),
                    transposed(&given, |given, key| given.count(key).into()),
                )
            }),
            "conv3d" => differentiate_by_largest(&mut verdict, &case, |x| {
                conv3d(&x[0], &x[1], x.get(2), volume(&given))
            }),
            "pad" => differentiate(&mut verdict, &case, |x| {
                pad(&x[0], &case.counts("widths"), padding(case.text("mode")))
            }),
            "interpolate" => differentiate(&mut verdict, &case, |x| interpolate(&x[0], &resize(&given))),
            "pool1d" => differentiate(&mut verdict, &case, |x| pooled(&case, &given, &x[0])),
            "adaptive_max_pool2d" => {
                differentiate(&mut verdict, &case, |x| adaptive_max_pool2d(&x[0], pair(&given, "output")));
            }
            _ => layer(&mut verdict, &case),
        }
    }
    verdict.demand("resolution");
}

fn pair(given: &Case, key: &str) -> Pair {
    let numbers: [usize; 2] = given.counts(key).try_into().expect("two numbers");
    numbers.into()
}

fn transposed(given: &Case, number: fn(&Case, &str) -> Pair) -> ConvTranspose {
    let or = |key, default: usize| if given.has(key) { number(given, key) } else { default.into() };
    let options = ConvTranspose::new().stride(or("stride", 1)).padding(or("padding", 0));
    let options = options.output_padding(or("output_padding", 0)).dilation(or("dilation", 1));
    options.groups(if given.has("groups") { given.count("groups") } else { 1 })
}

fn volume(given: &Case) -> Conv3 {
    let or = |key, default: usize| -> [usize; 3] {
        if given.has(key) { given.counts(key).try_into().expect("three numbers") } else { [default; 3] }
    };
    let options = Conv3::new().stride(or("stride", 1)).padding(or("padding", 0)).dilation(or("dilation", 1));
    options.groups(if given.has("groups") { given.count("groups") } else { 1 })
}

fn padding(mode: &str) -> Padding {
    match mode {
        "constant" => Padding::Constant(0.75),
        "reflect" => Padding::Reflect,
        "replicate" => Padding::Replicate,
        "circular" => Padding::Circular,
        other => panic!("the recorded mode `{other}` is not tested: add it here"),
    }
}

fn resize(given: &Case) -> Resize {
    let resize = if given.has("size") {
        Resize::to(&given.counts("size"))
    } else {
        Resize::by_each(&given.numbers("factor"))
    };
    let resize = match given.text("mode") {
        "nearest" => resize.mode(Interpolation::Nearest),
        "linear" | "bilinear" | "trilinear" => resize.mode(Interpolation::Linear),
        "bicubic" => resize.mode(Interpolation::Cubic),
        other => panic!("the recorded mode `{other}` is not tested: add it here"),
    };
    if given.flag("corners") { resize.align_corners() } else { resize }
}

fn pooled(case: &Case, given: &Case, x: &Tensor) -> Tensor {
    let windows = || {
        let pool = Pool::new(given.count("kernel"));
        let pool = if given.has("stride") { pool.stride(given.count("stride")) } else { pool };
        if given.has("padding") { pool.padding(given.count("padding")) } else { pool }
    };
    match case.name().split('/').nth(1).expect("two parts") {
        "max" => max_pool1d(x, windows()),
        "avg" => avg_pool1d(x, windows()),
        "adaptive_avg" => adaptive_avg_pool1d(x, given.count("output")),
        "adaptive_max" => adaptive_max_pool1d(x, given.count("output")),
        other => panic!("the recorded pooling `{other}` is not tested: add it here"),
    }
}

fn layer(verdict: &mut Verdict, case: &Case) {
    macro_rules! check {
        ($layer:expr) => {{
            let layer = $layer;
            run(verdict, case, &layer, |x| layer.forward(x));
        }};
    }
    match case.kind() {
        "conv_transpose2d_layer" => check!(
            ConvTranspose2d::new(4, 6, [3, 2])
                .stride([2, 1])
                .padding([1, 0])
                .output_padding([1, 0])
                .groups(2)
        ),
        "conv_transpose1d_layer" => check!(ConvTranspose1d::new(4, 6, 3).stride(2).dilation(2).no_bias()),
        "conv3d_layer" => {
            check!(Conv3d::new(4, 2, [2, 3, 2]).stride([1, 2, 1]).padding([1, 0, 1]).groups(2));
        }
        "upsample_layer" => check!(Upsample::by(2.0).mode(Interpolation::Linear).align_corners()),
        "pad_layer" => check!(Pad::new(&[1, 2, 0, 1], Padding::Reflect)),
        "pixel_shuffle" => check!(PixelShuffle::new(2)),
        "pixel_unshuffle" => check!(PixelUnshuffle::new(2)),
        "max_pool1d_layer" => check!(MaxPool1d::new(3).stride(2).padding(1).dilation(2)),
        "adaptive_max_pool2d_layer" => check!(AdaptiveMaxPool2d::new([2, 1])),
        other => panic!("the recorded case `{other}` is not tested: add it here"),
    }
}
