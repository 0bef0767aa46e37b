//! The names that a program with a training loop usually needs: `use training_loop::prelude::*;`.

#[doc(inline)]
pub use crate::data::{Batch, Csv, DataLoader, Dataset, TensorDataset};
#[doc(inline)]
pub use crate::loss::{
    CrossEntropy, Huber, SmoothL1, bce_loss, bce_with_logits_loss, cross_entropy, huber_loss, kl_div,
    l1_loss, mse_loss, nll_loss, smooth_l1_loss,
};
#[doc(inline)]
pub use crate::metric::{
    Average, Metric, accuracy, confusion, f1, mae, mse, precision, r2, recall, rmse, top_k,
};
#[doc(inline)]
pub use crate::nn::{
    Activation, AdaptiveAvgPool2d, AvgPool2d, BatchNorm1d, Buffer, Conv1d, Conv2d, Dropout, Embedding,
    Flatten, Gelu, Layer, LayerNorm, LeakyRelu, Linear, Lstm, MaxPool2d, Module, MultiheadAttention, Relu,
    Sequential, Sigmoid, Silu, Softplus, Tanh,
};
#[doc(inline)]
pub use crate::optim::{
    Adadelta, Adagrad, Adam, AdamW, Adamax, Lbfgs, Lion, Muon, NAdam, Optimizer, ParameterGroup, RAdam,
    RmsProp, Sgd,
};
#[doc(inline)]
pub use crate::run::{History, ProgressStyle, RunOptions, State, StopReason, set_progress};
#[doc(inline)]
pub use crate::schedule::{
    ChainedLr, ConstantLr, CosineLr, CosineRestartsLr, CyclicLr, ExponentialLr, InverseSqrtLr, LambdaLr,
    LinearLr, MultiStepLr, OneCycleLr, PlateauLr, PolynomialLr, Schedule, SequentialLr, StepLr,
    WarmupStableDecayLr,
};
#[doc(inline)]
pub use crate::{
    Attention, Ema, Error, Labels, ModelFile, Parameter, Pool, Result, Scalar, Snapshot, StateDict, Tensor,
    avg_pool2d, cat, evaluation, max_pool2d, no_grad, no_grad_guard, predict, seed, seed_scope, select,
    stack,
};
/// The return type of hooks that can stop the loop.
pub use std::ops::ControlFlow;

/// The crate `ndarray`, so that `ndarray::arr2(..)` works without a dependency on it.
pub use ndarray;
#[cfg(feature = "macros")]
pub use training_loop_macros::{Module, training_loop};
