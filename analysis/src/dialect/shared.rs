//! What libraries have in common beyond one vocabulary: steps that give the model back, loops on several
//! processes.

use super::{Dialect, Does};

/// Calls that mean the same wherever they are met.
pub const SHARED: Dialect = Dialect {
    name: "shared",
    optimizer_methods: &[("step", 3, Does::Updates { model: 1, of: 3 })],
    methods: &[
        ("all_reduce", 9, Does::Reduces),
        ("all_reduce_mean", 9, Does::Reduces),
        ("all_reduce_sum", 9, Does::Reduces),
        ("allreduce", 9, Does::Reduces),
    ],
    functions: &[
        ("all_reduce", Does::Reduces),
        ("all_reduce_mean", Does::Reduces),
        ("all_reduce_sum", Does::Reduces),
        ("allreduce", Does::Reduces),
    ],
    optimizers: &[],
    tensors: &[],
    also: &[],
    ops: &[],
    cuts: &[],
    losses: &[],
    sums_unreduced: false,
};
