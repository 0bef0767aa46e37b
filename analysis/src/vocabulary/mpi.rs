//! Calls of the MPI bindings `mpi`, which connect the processes of a distributed run.

use super::{CallEffect, CollectiveKind, Vocabulary};

const fn collective(kind: CollectiveKind) -> CallEffect {
    CallEffect::Collective { kind, least: 0 }
}

const BROADCAST: CallEffect = collective(CollectiveKind::Broadcast);
const REDUCE: CallEffect = collective(CollectiveKind::Reduce);
const REDUCE_SCATTER: CallEffect = collective(CollectiveKind::ReduceScatter);
const ALL_GATHER: CallEffect = collective(CollectiveKind::AllGather);
const GATHER: CallEffect = collective(CollectiveKind::Gather);
const SCATTER: CallEffect = collective(CollectiveKind::Scatter);
const ALL_TO_ALL: CallEffect = collective(CollectiveKind::AllToAll);
const SCAN: CallEffect = collective(CollectiveKind::Scan);
const BARRIER: CallEffect = collective(CollectiveKind::Barrier);

/// The calls of `mpi`. Messages from one process to another are opaque calls. A collective
/// operation has the same kind on the root as on the other processes.
pub(super) const MPI: Vocabulary = Vocabulary {
    name: "mpi",
    crates: &["mpi"],
    marks: &[],
    optimizer_methods: &[],
    scaler_methods: &[],
    methods: &[
        ("rank", 0, CallEffect::Rank),
        ("all_reduce_into", 3, CallEffect::Reduces),
        ("immediate_all_reduce_into", 4, CallEffect::Reduces),
        ("all_gather_into", 2, ALL_GATHER),
        ("all_gather_varcount_into", 2, ALL_GATHER),
        ("immediate_all_gather_into", 3, ALL_GATHER),
        ("immediate_all_gather_varcount_into", 3, ALL_GATHER),
        ("all_to_all_into", 2, ALL_TO_ALL),
        ("all_to_all_varcount_into", 2, ALL_TO_ALL),
        ("immediate_all_to_all_into", 3, ALL_TO_ALL),
        ("immediate_all_to_all_varcount_into", 3, ALL_TO_ALL),
        ("reduce_scatter_block_into", 3, REDUCE_SCATTER),
        ("immediate_reduce_scatter_block_into", 4, REDUCE_SCATTER),
        ("scan_into", 3, SCAN),
        ("exclusive_scan_into", 3, SCAN),
        ("immediate_scan_into", 4, SCAN),
        ("immediate_exclusive_scan_into", 4, SCAN),
        ("barrier", 0, BARRIER),
        ("immediate_barrier", 0, BARRIER),
        ("broadcast_into", 1, BROADCAST),
        ("immediate_broadcast_into", 2, BROADCAST),
        ("gather_into", 1, GATHER),
        ("gather_into_root", 2, GATHER),
        ("gather_varcount_into", 1, GATHER),
        ("gather_varcount_into_root", 2, GATHER),
        ("immediate_gather_into", 2, GATHER),
        ("immediate_gather_into_root", 3, GATHER),
        ("immediate_gather_varcount_into", 2, GATHER),
        ("immediate_gather_varcount_into_root", 3, GATHER),
        ("scatter_into", 1, SCATTER),
        ("scatter_into_root", 2, SCATTER),
        ("scatter_varcount_into", 1, SCATTER),
        ("scatter_varcount_into_root", 2, SCATTER),
        ("immediate_scatter_into", 2, SCATTER),
        ("immediate_scatter_into_root", 3, SCATTER),
        ("immediate_scatter_varcount_into", 2, SCATTER),
        ("immediate_scatter_varcount_into_root", 3, SCATTER),
        ("reduce_into", 2, REDUCE),
        ("reduce_into_root", 3, REDUCE),
        ("immediate_reduce_into", 3, REDUCE),
        ("immediate_reduce_into_root", 4, REDUCE),
        ("split_by_color", 1, CallEffect::Splits),
        ("split_by_color_with_key", 2, CallEffect::Splits),
        ("split_by_subgroup", 1, CallEffect::Splits),
        ("split_by_subgroup_collective", 1, CallEffect::Splits),
        ("split_shared", 1, CallEffect::Splits),
        ("process_at_rank", 1, CallEffect::Passes),
        ("any_process", 0, CallEffect::Passes),
        ("this_process", 0, CallEffect::Passes),
        ("size", 0, CallEffect::Detaches),
    ],
    tensor_methods: None,
    functions: &[],
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
