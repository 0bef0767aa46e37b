//! Calls of NCCL bindings, such as `cudarc::nccl`, which connect the graphics cards of a distributed run.

use super::{CallEffect, CollectiveKind, Vocabulary};

const fn collective(kind: CollectiveKind, least: usize) -> CallEffect {
    CallEffect::Collective { kind, least }
}

/// The calls of a `Comm` and of a `Group`. Iterators and channels have methods named `reduce` and
/// `broadcast`, which take fewer arguments.
pub(super) const NCCL: Vocabulary = Vocabulary {
    name: "nccl",
    crates: &["cudarc", "nccl"],
    marks: &[],
    optimizer_methods: &[],
    scaler_methods: &[],
    methods: &[
        ("rank", 0, CallEffect::Rank),
        ("all_reduce", 9, CallEffect::Reduces),
        ("all_reduce_in_place", 2, CallEffect::Reduces),
        ("broadcast", 3, collective(CollectiveKind::Broadcast, 3)),
        ("broadcast_in_place", 2, collective(CollectiveKind::Broadcast, 2)),
        ("reduce", 4, collective(CollectiveKind::Reduce, 4)),
        ("reduce_in_place", 3, collective(CollectiveKind::Reduce, 3)),
        ("all_gather", 2, collective(CollectiveKind::AllGather, 1)),
        ("reduce_scatter", 3, collective(CollectiveKind::ReduceScatter, 3)),
        ("world_size", 0, CallEffect::Harmless),
    ],
    tensor_methods: None,
    functions: &[("group_start", CallEffect::Harmless), ("group_end", CallEffect::Harmless)],
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
};
