//! Our numbers against those that PyTorch 2 gave, recorded by `tests/golden/record.py`.
//!
//! A number agrees if it differs by at most 1e-5 of its size, or by 1e-6 where it is below 0.1: f32 has 24 bits, and
//! both sides round in their own order. Infinities and NaN must stand at the same places.
//! Every recorded case is read by the one test of its group, which fails on a case that it does not know.

#[path = "golden/attention.rs"]
mod attention;
#[path = "golden/cases.rs"]
mod cases;
#[path = "golden/clipping.rs"]
mod clipping;
#[path = "golden/constructors.rs"]
mod constructors;
#[path = "golden/convolution.rs"]
mod convolution;
#[path = "golden/layers.rs"]
mod layers;
#[path = "golden/losses.rs"]
mod losses;
#[path = "golden/metrics.rs"]
mod metrics;
#[path = "golden/ops.rs"]
mod ops;
#[path = "golden/optimizers.rs"]
mod optimizers;
#[path = "golden/recurrent.rs"]
mod recurrent;
#[path = "golden/schedules.rs"]
mod schedules;
#[path = "golden/training.rs"]
mod training;
