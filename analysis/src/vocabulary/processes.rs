//! Heuristics on names in distributed training: ranks, communicators, gradients, and calls that may fail on
//! one process alone.

use super::words::names_gradients;

/// Whether a variable or a field with this name holds the rank (the number) of this process.
///
/// A `rank` may also be the rank of a matrix. Therefore such a name only counts where it is tested for equality.
pub fn names_rank(name: &str) -> bool {
    matches!(
        name,
        "rank"
            | "world_rank"
            | "global_rank"
            | "local_rank"
            | "process_rank"
            | "proc_rank"
            | "mpi_rank"
            | "node_rank"
            | "my_rank"
            | "myrank"
    )
}

/// Whether a call or a flag with this name asks whether this process is the one that prints and saves.
///
/// A test for the root of a tree may also match. A condition with such a name matters only if it
/// guards a collective operation.
pub fn asks_for_main(name: &str) -> bool {
    matches!(
        name,
        "is_main"
            | "is_main_process"
            | "is_master"
            | "is_master_process"
            | "is_root"
            | "is_root_process"
            | "is_leader"
            | "is_rank_zero"
            | "is_rank0"
            | "is_first_rank"
            | "is_coordinator"
            | "main_process"
            | "master_process"
    )
}

/// Whether a name suggests a communicator, through which opaque code may run collective operations.
///
/// The `world` of a game also matches. After a match, less is reported.
pub fn names_communicator(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.split('_').any(|word| {
        matches!(
            word,
            "world"
                | "comm"
                | "comms"
                | "communicator"
                | "group"
                | "pg"
                | "nccl"
                | "mpi"
                | "ddp"
                | "dist"
                | "distributed"
                | "universe"
                | "cluster"
                | "reducer"
        )
    })
}

/// Whether a value with this name, or the result of a call with this name, is a gradient or several gradients.
///
/// Numbers about gradients, such as a norm or a count, are not gradients.
pub fn is_gradient(name: &str) -> bool {
    let about = [
        "norm", "no_grad", "zero", "clip", "scale", "enabled", "steps", "count", "accum", "requires", "none",
    ];
    names_gradients(name) && !about.iter().any(|word| name.contains(word))
}

/// Whether a function with this name reduces gradients over all processes: `average_gradients`, `sync_grads`.
///
/// The function may reduce other values. Therefore findings that depend on the name are warnings.
pub fn reduces_gradients(name: &str) -> bool {
    is_gradient(name) && ["reduce", "average", "avg", "sync"].iter().any(|word| name.contains(word))
}

/// Whether a call with this name ends all processes, or handles a failure of one process.
pub fn ends_all_processes(name: &str) -> bool {
    matches!(name, "abort" | "exit" | "set_hook")
}

/// Whether a fallible call with this name rejects some data: `decode(&batch)?`, `check_finite(&loss)?`.
///
/// Other fallible calls, such as the ops of a tensor library, fail on all processes or on none.
pub fn rejects_data(name: &str) -> bool {
    let first = name.split('_').next().unwrap_or(name);
    matches!(
        first,
        "check"
            | "ensure"
            | "validate"
            | "verify"
            | "decode"
            | "parse"
            | "load"
            | "read"
            | "fetch"
            | "require"
    )
}

/// Whether a method with this name borrows its receiver mutably: `as_mut_slice`.
pub fn borrows_mutably(method: &str) -> bool {
    method.split('_').any(|word| word == "mut")
}

/// Whether a method with this name returns a copy with memory of its own.
pub fn copies_deeply(method: &str) -> bool {
    matches!(method, "clone" | "to_vec" | "to_owned" | "copy" | "deep_clone" | "into_vec" | "clone_dtod")
}
