//! Calls that several libraries share: steps that return the model, and training on several processes.

use super::{CallEffect, CollectiveKind, Vocabulary};
use crate::stage::Effect;

/// Calls with the same effect in every library.
pub(super) const DISTRIBUTED: Vocabulary = Vocabulary {
    name: "shared",
    crates: &[],
    marks: &[],
    optimizer_methods: &[("step", 3, CallEffect::Updates { model: 1, of: 3 })],
    scaler_methods: &[
        ("scale", 1, CallEffect::Scales),
        ("unscale", 1, CallEffect::Gradients(&[Effect::Unscale])),
        ("unscale_", 1, CallEffect::Gradients(&[Effect::Unscale])),
        ("step", 1, CallEffect::Gradients(&[Effect::Take])),
        ("update", 1, CallEffect::Harmless),
        ("get_scale", 0, CallEffect::Detaches),
        ("state_dict", 0, CallEffect::Detaches),
        ("load_state_dict", 1, CallEffect::Harmless),
    ],
    methods: &[
        ("set_epoch", 1, CallEffect::SetsEpoch),
        ("all_reduce", 9, CallEffect::Reduces),
        ("all_reduce_mean", 9, CallEffect::Reduces),
        ("all_reduce_sum", 9, CallEffect::Reduces),
        ("allreduce", 9, CallEffect::Reduces),
        ("rank", 0, CallEffect::Rank),
        ("get_rank", 0, CallEffect::Rank),
        ("barrier", 0, CallEffect::Collective { kind: CollectiveKind::Barrier, least: 0 }),
    ],
    functions: &[
        ("all_reduce", CallEffect::Reduces),
        ("all_reduce_mean", CallEffect::Reduces),
        ("all_reduce_sum", CallEffect::Reduces),
        ("allreduce", CallEffect::Reduces),
        ("get_rank", CallEffect::Rank),
        ("barrier", CallEffect::Collective { kind: CollectiveKind::Barrier, least: 0 }),
    ],
    optimizers: &[],
    accumulators: &[],
    tensors: &[],
    ops: &[],
    cuts: &[],
    losses: &[],
    stops_recording: false,
    keeping: None,
    sums_unreduced: false,
    optimizer_state: None,
    tensor_methods: None,
};

/// Types and functions that build a layer with parameters.
const LAYERS: &[&str] = &[
    "Linear",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose2d",
    "Embedding",
    "LayerNorm",
    "BatchNorm",
    "BatchNorm1d",
    "BatchNorm2d",
    "Bilinear",
    "Lstm",
    "LSTM",
    "Gru",
    "GRU",
    "Rnn",
    "Mlp",
    "Sequential",
    "MultiHeadAttention",
    "MultiheadAttention",
    "linear",
    "conv2d",
    "embedding",
    "layer_norm",
    "batch_norm2d",
];

/// Whether a type or a function with this name builds a layer with parameters.
pub fn is_layer(name: &str) -> bool {
    LAYERS.contains(&name)
}

/// Whether a type with this name distributes the items of a data set over several processes.
pub fn is_distributed_sampler(name: &str) -> bool {
    matches!(name, "DistributedSampler" | "DistributedBatchSampler")
}

/// Whether a name suggests a wrapper that all-reduces gradients, such as `DistributedDataParallel`.
pub fn reduces_by_itself(name: &str) -> bool {
    ["Parallel", "Distributed", "Ddp"].iter().any(|word| name.contains(word))
}

/// Whether a function with this name trains a copy that its caller averages with others: `local_epoch`.
pub fn trains_a_copy(name: &str) -> bool {
    name.split('_').any(|word| {
        matches!(word, "local" | "inner" | "federated" | "fed" | "client" | "worker" | "diloco" | "replica")
    })
}
