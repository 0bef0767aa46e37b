"""Where the time of a training step goes, by kind of kernel: samples of `perf`, by the names of functions."""

import re
import subprocess
import tempfile

# What a function belongs to, by the first pattern that its name fits.
KINDS = [
    ("products", r"gemm|matrixmultiply|product"),
    ("convolution and pooling", r"kernel::(conv|winograd|max_pool|avg_pool)|conv2d|pool2d|winograd|im2col"),
    ("attention", r"attention"),
    ("LSTM gates", r"lstm|gates"),
    ("layer norm", r"layer_norm"),
    ("softmax and loss", r"softmax|cross_entropy"),
    ("optimizer", r"kernel::optimizer|optim"),
    ("elementwise", r"elementwise|kernel::math|gelu|bias|relu|activation|dropout"),
    ("embedding", r"embedding"),
    ("copies", r"memcpy|memmove|memset|copy"),
    ("waiting for the other thread", r"kernel::pool|spin_loop|futex|park|condvar|sched_yield"),
    ("graph and memory", r"autograd|storage|parameter|malloc|free|drop|alloc|training_loop"),
]


def record(program, workloads, threads):
    for workload in workloads:
        for count in threads:
            yield {"workload": workload, "threads": count, "kernels": shares(program, workload, count)}


def shares(program, workload, threads):
    """The share of each kind in all samples of a run, in percent; the run's start is a part of it."""
    pinned = ["taskset", "-c", "1"] if threads == 1 else []
    with tempfile.NamedTemporaryFile(suffix=".data") as samples:
        command = [*pinned, "perf", "record", "-q", "-e", "cpu-clock", "-F", "1999", "-o", samples.name]
        arguments = [workload, "--threads", str(threads), "--secs", "4"]
        subprocess.run([*command, program, *arguments], check=True, stdout=subprocess.DEVNULL)
        report = ["perf", "report", "-q", "--stdio", "--no-children", "-F", "overhead,dso,symbol", "-i", samples.name]
        said = subprocess.run(report, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = {}
    for line in said.splitlines():
        match = re.match(r"\s*([\d.]+)%\s+(\S+)\s+\[(.)\]\s+(.*)", line)
        if not match:
            continue
        share, _, side, name = match.groups()
        kind = "kernel of the system" if side == "k" else next((k for k, p in KINDS if re.search(p, name)), "other")
        found[kind] = found.get(kind, 0.0) + float(share)
    return {kind: round(share, 1) for kind, share in sorted(found.items(), key=lambda item: -item[1])}
