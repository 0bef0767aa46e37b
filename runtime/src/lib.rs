//! Training loops whose order of steps is checked at compile time, and a small, fast CPU runtime.
//!
//! On a function without a body, the attribute `training_loop` generates a complete training loop from a
//! spec, as plain code in the right order. On a function with a body, the same attribute checks the order of
//! a hand-written loop and changes nothing.
//!
//! ```
//! use training_loop::prelude::*;
//!
//! #[derive(Module)]
//! struct Mlp {
//!     hidden: Linear,
//!     output: Linear,
//! }
//!
//! impl Mlp {
//!     fn forward(&self, x: &Tensor) -> Tensor {
//!         self.output.forward(&self.hidden.forward(x).relu())
//!     }
//! }
//!
//! #[training_loop(
//!     loss = cross_entropy,
//!     optimizer = AdamW::new(model.parameters(), 1e-2),
//!     epochs = 40,
//!     metrics = [accuracy],
//! )]
//! fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;
//!
//! # fn main() -> Result<()> {
//! // Points, classified by the sum of their coordinates.
//! let points = ndarray::Array2::from_shape_fn((80, 2), |(i, j)| ((i * (3 + j)) % 17) as Scalar / 17.0 - 0.5);
//! let labels = points.rows().into_iter().map(|point| u32::from(point.sum() > 0.0)).collect::<Labels>();
//! let (train, valid) = TensorDataset::new(Tensor::from(points), labels)?.split(0.8, 0)?;
//! let (train, valid) = (DataLoader::new(train, 16).shuffle(0), DataLoader::new(valid, 16));
//!
//! seed(0);
//! let mut model = Mlp { hidden: Linear::new(2, 16), output: Linear::new(16, 2) };
//! let history = fit(&mut model, &train, &valid)?;
//! assert!(history.last("valid_accuracy").unwrap() > 0.9);
//! # Ok(())
//! # }
//! ```
//!
//! A debug build trains fifteen to eighty times slower than necessary, unless `Cargo.toml` contains
//!
//! ```toml
//! [profile.dev.package.training-loop]
//! opt-level = 3
//! ```
//!
//! Features: `macros` (on by default: the attribute and the derive), `gzip` (reading `.csv.gz` and compressed
//! arrays), `npz` and `images` (`data::Npz`, `data::ImageFolder`),
//! `signals` (`RunOptions::handle_signals`), `terminal` (a progress bar as wide as the terminal), `f64` ([`Scalar`] in double precision).

// Conversions to and from `Scalar` are written for `f32`, the usual type.
#![cfg_attr(feature = "f64", allow(clippy::useless_conversion, clippy::cast_lossless))]

mod autograd;
mod broadcast;
mod chart;
mod checkpoint;
pub mod data;
mod ema;
pub mod environment;
mod error;
mod evaluation;
mod file;
mod gradcheck;
mod gradient_stage;
mod kernel;
mod labels;
mod loss;
mod lr_find;
mod memory;
pub mod metric;
mod model_file;
pub mod nn;
mod ops;
mod optim;
mod parameter;
mod predict;
pub mod prelude;
#[doc(hidden)]
pub mod private;
mod profile;
mod random;
mod reduction;
pub mod run;
mod safetensors;
mod scalar;
pub mod schedule;
mod shape;
mod state_dict;
mod stderr;
mod storage;
mod summary;
mod tensor;
mod threads;
#[cfg(unoptimized)]
mod unoptimized;
mod value;
mod watch;

/// An alias for this crate, so that unit tests use the same paths as a user of the crate.
#[cfg(test)]
extern crate self as training_loop;

pub use autograd::{DetectAnomaly, HookHandle, NoGradGuard, detect_anomaly, no_grad, no_grad_guard};
pub use ema::{Averaged, Ema};
pub use error::{
    CheckpointProblem, CsvProblem, DataFileProblem, Difference, Error, Misshapen, ModelFileProblem, Result,
    TableProblem,
};
pub use evaluation::{Evaluation, evaluation};
pub use labels::{Label, Labels};
pub use loss::{
    BceWithLogits, ClassTarget, CosineEmbedding, CrossEntropy, Focal, GaussianNll, HingeEmbedding, Huber,
    MarginRanking, MultiMargin, NumberTarget, PoissonNll, SmoothL1, TripletMargin, bce_loss,
    bce_with_logits_loss, cosine_embedding_loss, cross_entropy, gaussian_nll_loss, hinge_embedding_loss,
    huber_loss, kl_div, l1_loss, margin_ranking_loss, mse_loss, multi_margin_loss, nll_loss,
    poisson_nll_loss, sigmoid_focal_loss, smooth_l1_loss, triplet_margin_loss, unreduced,
};
pub use lr_find::{LrCurve, LrFind, lr_find};
pub use model_file::{LoadReport, ModelFile};
/// The crate `ndarray`, in the version that this crate uses.
pub use ndarray;
pub use nn::{Module, Snapshot, Visitor};
pub use ops::{
    Attention, Conv, Conv3, ConvTranspose, Interpolation, LstmState, LstmWeights, Padding, Pair, Pool,
    RecurrentWeights, Resize, Rotary, Triple, adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_max_pool1d,
    adaptive_max_pool2d, avg_pool1d, avg_pool2d, cat, conv_transpose1d, conv_transpose2d, conv1d, conv2d,
    conv3d, custom_op, embedding, group_norm, gru, interpolate, layer_norm, linear, lstm, max_pool1d,
    max_pool2d, pad, rms_norm, rnn, scaled_dot_product_attention, select, stack,
};
pub use optim::{
    Adadelta, Adagrad, Adam, AdamW, Adamax, IntoParameters, Lbfgs, Lion, Muon, MuonAdjust, NAdam, Optimizer,
    OptimizerState, ParameterGroup, RAdam, RmsProp, Sgd,
};
pub use parameter::Parameter;
pub use predict::predict;
pub use random::{RandomState, SeedScope, random_state, seed, seed_scope, set_random_state};
pub use run::RunOptions;
pub use scalar::{Array, Scalar};
pub use state_dict::StateDict;
pub use summary::{Summary, SummaryRow, summary};
pub use tensor::{Number, Tensor};
pub use threads::{num_threads, set_num_threads};
#[cfg(feature = "macros")]
pub use training_loop_macros::{Module, training_loop};
