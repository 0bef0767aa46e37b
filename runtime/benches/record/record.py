#!/usr/bin/env python3
"""Records what `docs/performance.md` tells: record.py WHAT..., each of

    steps      the comparison of training steps with other libraries, as PEERS/run.py left it
    machine    processor, versions, and what the machine gives at most
    losses     losses of our workloads and of PyTorch's, with eight seeds each
    stages     the time of each stage of a training step
    kernels    the share of each kind of kernel in a training step (needs `perf`)
    growth     time and memory as batch, width, depth and steps grow
    inference  samples a second that W2 and W4 answer
    builds     what a user pays: cold build, crates, size of the binary (takes half an hour)

Each rewrites `docs/performance/WHAT.jsonl`, one line for each measurement, and then a test writes the page anew.
Nothing else should run on the machine meanwhile.

    PEERS       folder of the comparison with other libraries; without it none of them is measured
    PEERS_VENV  its Python environment, PEERS/.venv unless given
    STEPS       what its run.py has written, PEERS/out/steps.json unless given
"""

import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import builds
import kernels

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
OUT = ROOT / "docs" / "performance"
PEERS = pathlib.Path(os.environ.get("PEERS", "/nonexistent"))
PYTHON = pathlib.Path(os.environ.get("PEERS_VENV", PEERS / ".venv")) / "bin" / "python"
STEPS = pathlib.Path(os.environ.get("STEPS", PEERS / "out" / "steps.json"))
WORKLOADS = ["w1", "w2", "w3", "w4", "w5", "w6"]
THREADS = [1, 2]


def bench(name):
    """The program of a bench target, built."""
    command = ["cargo", "bench", "-q", "--locked", "-p", "training-loop", "--bench", name, "--no-run"]
    said = subprocess.run([*command, "--message-format=json"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    messages = [json.loads(line) for line in said.stdout.splitlines() if line.startswith(b"{")]
    programs = [m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == name]
    return programs[-1]


def run(command, threads, **more):
    """The last line of JSON that a program prints; with one thread it stays on one core."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        environment[variable] = str(threads)
    pinned = ["taskset", "-c", "1"] if threads == 1 else []
    command = [*pinned, *map(str, command)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={**environment, **more})
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def versions():
    """The machine and what runs on it."""
    said = subprocess.run(["lscpu", "--json"], check=True, stdout=subprocess.PIPE).stdout
    facts = {entry["field"].rstrip(":"): entry["data"] for entry in json.loads(said)["lscpu"]}
    flags = facts["Flags"].split()
    memory = next(line for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    found = {
        "what": "machine",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "processor": facts["Model name"],
        "family": facts["CPU family"],
        "cores": int(facts["CPU(s)"]),
        "l2": facts.get("L2 cache", ""),
        "l3": facts.get("L3 cache", ""),
        "memory_gb": round(int(memory.split()[1]) / 1e6),
        "vectors": "AVX-512" if "avx512f" in flags else "AVX2 and FMA" if "avx2" in flags else "plain",
        "virtual": "hypervisor" in flags,
        "rustc": subprocess.run(["rustc", "--version"], stdout=subprocess.PIPE, text=True).stdout.split()[1],
    }
    if PYTHON.exists():
        names = ["torch", "jax", "numpy"]
        code = f"from importlib.metadata import version as v; print(*map(v, {names}))"
        said = subprocess.run([PYTHON, "-c", code], stdout=subprocess.PIPE, text=True).stdout.split()
        found.update(zip(names, (version.split("+")[0] for version in said)))
        packages = (PEERS / "Cargo.lock").read_text().split("[[package]]")
        for name in ["candle-core", "burn", "dfdx"]:
            package = next(p for p in packages if f'name = "{name}"\n' in p)
            found[name] = package.split('version = "')[1].split('"')[0]
    return found


def steps():
    for line in map(json.loads, STEPS.read_text().splitlines()):
        # Why a library failed is told in its own words, with paths of this machine.
        yield {**line, "error": "failed"} if "error" in line else line


def machine():
    yield versions()
    with tempfile.TemporaryDirectory() as scratch:
        program = f"{scratch}/peak"
        native = ["-C", "target-cpu=native", "-C", "target-feature=-prefer-256-bit"]
        command = ["rustc", "-O", "--edition=2024", *native, "-o", program, HERE / "peak.rs"]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        for threads in THREADS:
            yield from run([program, threads], threads)


def losses():
    program = bench("steps")
    for seed, workload in itertools.product(range(8), WORKLOADS):
        yield {"seed": seed, **run([program, workload, "--secs", 0, "--seed", seed], 1)[0]}
        if PYTHON.exists():
            # The comparison's own program, with another seed.
            code = (PEERS / "py" / "torch_peer.py").read_text()
            code = code.replace("torch.manual_seed(0)", f"torch.manual_seed({seed})")
            with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
                script.write(code)
                script.flush()
                command = [PYTHON, script.name, workload, 0, 1, "eager"]
                yield {"seed": seed, **run(command, 1, PYTHONPATH=str(PEERS / "py"))[0]}


def stages():
    program = bench("steps")
    for workload, threads in itertools.product(WORKLOADS, THREADS):
        yield run([program, workload, "--threads", threads, "--stages"], threads)[0]


def growth():
    program = bench("growth")
    points = list(itertools.product(["batch", "width", "depth", "steps"], [1, 2, 4, 8, 16], THREADS))
    lines = {}
    # The least of three rounds, each of which meets all points: a busy minute of the host hurts none for good.
    for _ in range(3):
        for point in points:
            axis, factor, threads = point
            line = run([program, axis, factor, "--threads", threads], threads)[0]
            kept = lines.setdefault(point, line)
            for field in ("ms", "total_ms"):
                kept[field] = min(kept[field], line[field])
    yield from lines.values()


def inference():
    program = bench("steps")
    for workload, threads, batch in itertools.product(["w2", "w4"], THREADS, [1, 64, 256]):
        yield run([program, workload, "--threads", threads, "--infer", batch], threads)[0]
        if PYTHON.exists():
            yield run([PYTHON, HERE / "inference.py", workload, threads, batch, 2], threads)[0]


RECORDS = {
    "steps": steps,
    "machine": machine,
    "losses": losses,
    "stages": stages,
    "kernels": lambda: kernels.record(bench("steps"), WORKLOADS, THREADS),
    "growth": growth,
    "inference": inference,
    "builds": lambda: builds.record(ROOT, PEERS),
}


def main():
    unknown = set(sys.argv[1:]) - set(RECORDS)
    if unknown or len(sys.argv) < 2:
        sys.exit(__doc__)
    OUT.mkdir(exist_ok=True)
    for what in sys.argv[1:]:
        lines = []
        for line in RECORDS[what]():
            lines.append(json.dumps(line) + "\n")
            print(lines[-1], end="", flush=True)
        (OUT / f"{what}.jsonl").write_text("".join(lines))
    page = ["cargo", "test", "-q", "--locked", "-p", "training-loop-tests", "--test", "performance"]
    subprocess.run(page, cwd=ROOT, check=True, env={**os.environ, "UPDATE": "1"})


if __name__ == "__main__":
    main()
