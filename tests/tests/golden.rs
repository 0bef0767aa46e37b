//! Our results against the results of PyTorch 2, recorded by `tests/golden/record.py`.
//!
//! A value agrees if it differs by at most 1e-5 of its size, or by 1e-6 if it is below 0.1: f32 has 24 bits,
//! and both sides round in different orders. Infinities and NaN must be at the same indices. Every recorded
//! case is read by the test of its group, which fails on an unknown case.

#[path = "golden/activations.rs"]
mod activations;
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
#[path = "golden/margins.rs"]
mod margins;
#[path = "golden/metrics.rs"]
mod metrics;
#[path = "golden/normalisation.rs"]
mod normalisation;
#[path = "golden/ops.rs"]
mod ops;
#[path = "golden/optimizers.rs"]
mod optimizers;
#[path = "golden/padded.rs"]
mod padded;
#[path = "golden/parity.rs"]
mod parity;
#[path = "golden/rearranging.rs"]
mod rearranging;
#[path = "golden/recurrent.rs"]
mod recurrent;
#[path = "golden/resolution.rs"]
mod resolution;
#[path = "golden/schedules.rs"]
mod schedules;
#[path = "golden/scores.rs"]
mod scores;
#[path = "golden/training.rs"]
mod training;
#[path = "golden/transformer.rs"]
mod transformer;
