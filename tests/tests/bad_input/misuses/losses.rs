//! Losses, metrics and labels.

use ndarray::Array1;
use training_loop::data::Rows;
use training_loop::prelude::*;

use super::{HALF, LONG, MOST, VAST, at, check, filled, labels, z};

#[test]
#[rustfmt::skip]
fn losses() {
    let two = || z(&[2, 3]);
    let smooth = || CrossEntropy::new().label_smoothing(0.1);
    check(&[
        at!(mse_loss(&z(&[4, 1]), &z(&[4]))),
        at!(l1_loss(&z(&[4, 1]), &z(&[4]))),
        at!(huber_loss(&z(&[4, 1]), &z(&[4]))),
        at!(Huber::new(0.5).loss(&z(&[4, 1]), &z(&[4]))),
        at!(Huber::new(0.0)),
        at!(Huber::new(Scalar::NAN)),
        at!(Huber::new(Scalar::INFINITY)),
        at!(smooth_l1_loss(&z(&[4, 1]), &z(&[4]))),
        at!(SmoothL1::new(0.5).loss(&z(&[4, 1]), &z(&[4]))),
        at!(SmoothL1::new(-1.0)),
        at!(SmoothL1::new(Scalar::INFINITY)),
        at!(bce_loss(&z(&[4, 1]), &z(&[4]))),
        at!(bce_loss(&filled(&[2], 1.5), &z(&[2]))),
        at!(bce_loss(&z(&[2]), &filled(&[2], 3.0))),
        at!(bce_loss(&z(&[2]), &filled(&[2], -0.01))),
        at!(bce_loss(&z(&[2]), &filled(&[2], Scalar::NAN))),
        at!(bce_with_logits_loss(&z(&[4, 1]), &z(&[4]))),
        at!(bce_with_logits_loss(&z(&[2]), &filled(&[2], 3.0))),
        at!(bce_with_logits_loss(&z(&[2]), &filled(&[2], -1.0))),
        at!(bce_with_logits_loss(&z(&[2]), &filled(&[2], Scalar::INFINITY))),
        at!(kl_div(&two(), &z(&[2, 4]))),
        at!(kl_div(&z(&[]), &z(&[]))),
        at!(kl_div(&two(), &filled(&[2, 3], -0.5))),
        at!(kl_div(&two(), &filled(&[2, 3], 2.0))),
        at!(kl_div(&two(), &filled(&[2, 3], Scalar::NAN))),
        at!(nll_loss(&z(&[3]), &labels(&[0]))),
        at!(nll_loss(&two(), &labels(&[0]))),
        at!(nll_loss(&two(), &labels(&[0, 3]))),
        at!(nll_loss(&filled(&[2, 3], 0.5), &labels(&[0, 1]))),
        at!(kl_div(&filled(&[2, 3], 0.5), &filled(&[2, 3], 0.5))),
        at!(nll_loss(&z(&[2, 3, 4]), &labels(&[0, 1]))),
        at!(cross_entropy(&z(&[]), &labels(&[0]))),
        at!(cross_entropy(&z(&[2, 3, 4]), &labels(&[0, 1, 2, 3, 0, 1]))),
        at!(cross_entropy(&z(&[2, 3, 4]), &labels(&[0, 1, 2, 3, 0, 4]).reshape(&[2, 3]))),
        at!(cross_entropy(&z(&[3]), &labels(&[0]))),
        at!(cross_entropy(&two(), &labels(&[0]))),
        at!(cross_entropy(&two(), &labels(&[0, 3]))),
        at!(cross_entropy(&two(), &labels(&[0, u32::MAX]))),
        at!(cross_entropy(&two(), &z(&[2]))),
        at!(cross_entropy(&two(), &filled(&[2, 3], -0.5))),
        at!(cross_entropy(&two(), &filled(&[2, 3], 1.5))),
        at!(cross_entropy(&two(), &filled(&[2, 3], Scalar::INFINITY))),
        at!(smooth().loss(&two(), &labels(&[0, 3]))),
        at!(smooth().loss(&two(), &filled(&[2, 3], Scalar::NAN))),
        at!(smooth().ignore(9).loss(&two(), &labels(&[9, 8]))),
        at!(CrossEntropy::new().label_smoothing(1.1)),
        at!(CrossEntropy::new().label_smoothing(-0.1)),
        at!(CrossEntropy::new().label_smoothing(Scalar::NAN)),
        at!(CrossEntropy::new().class_weights([1.0, -1.0])),
        at!(CrossEntropy::new().class_weights([Scalar::NAN])),
        at!(CrossEntropy::new().class_weights([Scalar::INFINITY])),
        at!(CrossEntropy::new().class_weights([1.0]).loss(&two(), &labels(&[0, 1]))),
    ]);
}

#[test]
#[rustfmt::skip]
fn metrics_and_labels() {
    let two = || z(&[2, 3]);
    check(&[
        at!(accuracy().update(&two(), &labels(&[0]))),
        at!(accuracy().update(&two(), &labels(&[0, 3]))),
        at!(accuracy().update(&z(&[2, 1]), &labels(&[0, 2]))),
        at!(accuracy().update(&z(&[2, 3, 4]), &labels(&[0, 2]))),
        at!(accuracy().ignore(9).update(&two(), &labels(&[9, 8]))),
        at!(top_k(0)),
        at!(top_k(2).update(&two(), &labels(&[0]))),
        at!(top_k(2).update(&two(), &labels(&[100_000, 0]))),
        at!(top_k(2).update(&z(&[]), &labels(&[0]))),
        at!(f1().update(&z(&[1, 3]), &labels(&[100_000]))),
        at!(f1().update(&z(&[1, 3]), &labels(&[u32::MAX]))),
        at!(f1().update(&two(), &labels(&[0]))),
        at!(f1().micro().update(&z(&[2]), &labels(&[0, 2]))),
        at!(precision().update(&z(&[1, 3]), &labels(&[100_000]))),
        at!(precision().update(&two(), &labels(&[0]))),
        at!(recall().update(&z(&[1, 3]), &labels(&[100_000]))),
        at!(recall().weighted().update(&two(), &labels(&[0]))),
        at!(recall().class(1).update(&z(&[2, 3, 4]), &labels(&[0, 2]))),
        at!(confusion().update(&z(&[1, 3]), &labels(&[100_000]))),
        at!(confusion().update(&z(&[1, 3]), &labels(&[u32::MAX]))),
        at!(confusion().update(&two(), &labels(&[0]))),
        at!(confusion().update(&z(&[0, LONG]), &labels(&[]))),
        at!(confusion().update(&z(&[0, LONG >> 17]), &labels(&[]))),
        at!(f1().update(&z(&[0, VAST]), &labels(&[]))),
        at!(mae().update(&z(&[4, 1]), &z(&[4]))),
        at!(mse().update(&z(&[4, 1]), &z(&[4]))),
        at!(rmse().update(&z(&[4, 1]), &z(&[4]))),
        at!(r2().update(&z(&[4, 1]), &z(&[4]))),
        at!(Labels::from(vec![1_usize << 40])),
        at!(Labels::from(vec![0, MOST])),
        at!(Labels::from([0, -1])),
        at!(Labels::from([[0, -1_i64]])),
        at!(Labels::from(-1)),
        at!(Labels::from(Array1::from_elem(2, MOST))),
        at!(labels(&[1, 2]).reshape(&[3])),
        at!(labels(&[1, 2]).reshape(&[HALF, 2])),
        at!(labels(&[]).reshape(&[LONG, LONG, 0])),
        at!(labels(&[1, 2]).pick(&[2])),
        at!(labels(&[1]).reshape(&[]).pick(&[0])),
    ]);
}
