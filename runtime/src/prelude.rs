//! The names that a program with a training loop usually needs: `use training_loop::prelude::*;`.

#[doc(inline)]
pub use crate::data::{Batch, Csv, DataLoader, Dataset, TensorDataset};
#[doc(inline)]
pub use crate::loss::{
    BceWithLogits, CosineEmbedding, CrossEntropy, Focal, GaussianNll, HingeEmbedding, Huber, MarginRanking,
    MultiMargin, PoissonNll, SmoothL1, TripletMargin, bce_loss, bce_with_logits_loss, cosine_embedding_loss,
    cross_entropy, gaussian_nll_loss, hinge_embedding_loss, huber_loss, kl_div, l1_loss, margin_ranking_loss,
    mse_loss, multi_margin_loss, nll_loss, poisson_nll_loss, sigmoid_focal_loss, smooth_l1_loss,
    triplet_margin_loss,
};
#[doc(inline)]
pub use crate::metric::{
    Average, Metric, accuracy, average_precision, cohen_kappa, confusion, dice, f1, iou, mae,
    matthews_corrcoef, mse, multilabel_accuracy, multilabel_f1, multilabel_precision, multilabel_recall,
    perplexity, precision, r2, recall, rmse, roc_auc, top_k,
};
#[doc(inline)]
pub use crate::nn::{
    Activation, AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveMaxPool1d, AdaptiveMaxPool2d, AvgPool1d,
    AvgPool2d, BatchNorm1d, BatchNorm2d, BatchNorm3d, Buffer, Conv1d, Conv2d, Conv3d, ConvTranspose1d,
    ConvTranspose2d, Dropout, Dropout2d, Elu, Embedding, Flatten, Gelu, GroupNorm, Gru, Hardswish, Identity,
    InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, KeyValueCache, Layer, LayerNorm, LeakyRelu, Linear, Lstm,
    MaxPool1d, MaxPool2d, Mish, Module, MultiheadAttention, Pad, PixelShuffle, PixelUnshuffle, Prelu, Relu,
    RmsNorm, Rnn, Scaler, Sequential, Sigmoid, Silu, Softplus, Tanh, TransformerEncoder,
    TransformerEncoderLayer, Upsample,
};
#[doc(inline)]
pub use crate::optim::{
    Adadelta, Adagrad, Adam, AdamW, Adamax, Lbfgs, Lion, Muon, NAdam, Optimizer, ParameterGroup, RAdam,
    RmsProp, Sgd,
};
#[doc(inline)]
pub use crate::run::{History, ProgressStyle, Row, RunOptions, State, StopReason, set_progress};
#[doc(inline)]
pub use crate::schedule::{
    ChainedLr, ConstantLr, CosineLr, CosineRestartsLr, CyclicLr, ExponentialLr, InverseSqrtLr, LambdaLr,
    LinearLr, MultiStepLr, OneCycleLr, PlateauLr, PolynomialLr, Schedule, SequentialLr, StepLr,
    WarmupStableDecayLr,
};
#[doc(inline)]
pub use crate::{
    Attention, Ema, Error, Interpolation, Labels, ModelFile, Padding, Parameter, Pool, Result, Rotary,
    Scalar, Snapshot, StateDict, Tensor, avg_pool2d, cat, custom_op, evaluation, lr_find, max_pool2d,
    no_grad, no_grad_guard, predict, seed, seed_scope, select, stack, summary,
};
/// The return type of hooks that can stop the loop.
pub use std::ops::ControlFlow;

/// The crate `ndarray`, so that `ndarray::arr2(..)` works without a dependency on it.
pub use ndarray;
#[cfg(feature = "macros")]
pub use training_loop_macros::{Module, training_loop};
