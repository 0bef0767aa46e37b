"""Records PyTorch's numbers for `tests/tests/golden.rs`.

Run it with torch, numpy, safetensors and scikit-learn installed:

    python tests/golden/record.py

With the names of groups, it records only these: `python tests/golden/record.py ops losses`.
It rewrites `tests/golden/*.json` and the model files `tests/golden/*.safetensors`.
Every input is written out, so that nothing depends on anybody's random numbers;
the same version of PyTorch gives the same files, byte for byte.
Everything is computed in f32 on one thread, as a user of PyTorch would see it.
"""

import json
import pathlib
import sys

import torch

from cases import (
    activations, attention, constructors, convolution, layers, losses, margins, metrics, model, normalisation, ops,
    optimizers, padded, rearranging, recurrent, resolution, schedules, scores, training, transformer,
)

HERE = pathlib.Path(__file__).parent

GROUPS = {
    "ops": ops.cases,
    "rearranging": rearranging.cases,
    "constructors": constructors.cases,
    "losses": losses.cases,
    "margins": margins.cases,
    "convolution": convolution.cases,
    "padded": padded.cases,
    "layers": layers.cases,
    "recurrent": recurrent.cases,
    "attention": attention.cases,
    "activations": activations.cases,
    "normalisation": normalisation.cases,
    "resolution": resolution.cases,
    "transformer": transformer.cases,
    "optimizers": optimizers.cases,
    "schedules": schedules.cases,
    "metrics": metrics.cases,
    "scores": scores.cases,
    "training": training.cases,
    "model": model.cases,
}


def main() -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    version = torch.__version__.split("+")[0]
    wanted = sys.argv[1:] or list(GROUPS)
    for group in wanted:
        cases = GROUPS[group]
        recorded = list(cases())
        names = [case["name"] for case in recorded]
        doubled = {name for name in names if names.count(name) > 1}
        if doubled:
            sys.exit(f"{group}: recorded twice: {sorted(doubled)}")
        lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in recorded)
        text = f'{{"torch":"{version}","cases":[\n{lines}\n]}}\n'
        path = HERE / f"{group}.json"
        path.write_text(text)
        print(f"{path.name}: {len(recorded)} cases, {len(text)} bytes")


if __name__ == "__main__":
    main()
