"""What a user of a library pays beside the training: builds from nothing, crates, the size of a program."""

import os
import pathlib
import resource
import shutil
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent

MANIFEST = """[package]
name = "min-mlp-ours"
version = "0.1.0"
edition = "2024"
publish = false

[dependencies]
training-loop = { path = "%s"%s }

[workspace]
"""


def record(root, peers):
    """Ours with its features and without, then the least programs of burn and candle."""
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        for name, more in [("training-loop", ""), ("training-loop, no features", ", default-features = false")]:
            folder = scratch / name.replace(", ", "-").replace(" ", "-")
            (folder / "src").mkdir(parents=True)
            (folder / "Cargo.toml").write_text(MANIFEST % (root / "runtime", more))
            shutil.copy(root / "Cargo.lock", folder / "Cargo.lock")
            text = (HERE / "minimal.rs").read_text()
            if more:
                text = without_derive(text)
            (folder / "src" / "main.rs").write_text(text)
            yield {"peer": name, **measure(folder)}
        for name in ["candle", "burn"]:
            source = peers / "min-mlp" / name
            if source.exists():
                folder = shutil.copytree(source, scratch / name)
                yield {"peer": name, **measure(folder)}


def without_derive(text):
    """The same program without macros: two layers, and their parameters one after the other."""
    head, rest = text.split("#[derive(Module)]\n")
    rest = rest.replace("model.parameters()", "[model.l1.parameters(), model.l2.parameters()].concat()")
    return head + rest


def cargo(folder, target, *arguments):
    """Wall and processor time of a cargo command, in seconds."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("CARGO_", "RUSTFLAGS"))}
    environment.update(CARGO_TARGET_DIR=str(target))
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    subprocess.run(["cargo", *arguments, "-q"], cwd=folder, env=environment, check=True)
    wall, after = time.time() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(folder):
    target = folder / "target"
    subprocess.run(["cargo", "fetch", "-q"], cwd=folder, check=True)
    tree = ["cargo", "tree", "--prefix=none", "--no-dedupe", "-e", "normal,build"]
    crates = subprocess.run(tree, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout
    wall, processor = cargo(folder, target, "build", "--release")
    program = next(p for p in (target / "release").glob("min-mlp-*") if p.suffix == "")
    stripped = folder / "stripped"
    subprocess.run(["strip", "-o", stripped, program], check=True)
    cargo(folder, target, "check")
    return {
        # A package of a path stands with its path behind it, and counts like the others.
        "crates": len({tuple(line.split()[:2]) for line in crates.splitlines() if line}),
        "build_s": round(wall, 1),
        "build_cpu_s": round(processor, 1),
        "binary_mb": round(program.stat().st_size / 1e6, 2),
        "stripped_mb": round(stripped.stat().st_size / 1e6, 2),
        "check_s": round(min(touched(folder, target, "check") for _ in range(5)), 2),
        "rebuild_s": round(min(touched(folder, target, "build", "--release") for _ in range(3)), 2),
    }


def touched(folder, target, *arguments):
    os.utime(folder / "src" / "main.rs")
    return cargo(folder, target, *arguments)[0]
