"""PyTorch's side of workloads of the bench `steps`: torch_steps.py WORKLOAD SECONDS THREADS VARIANT [SEED].

VARIANT is `eager`, or `tuned` for fused optimizers and channels-last. The data are those of the bench, number by number.
Prints one line of JSON like the bench.
"""

import json
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

workload, seconds, threads, variant = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
torch.set_num_threads(threads)
torch.manual_seed(int(sys.argv[5]) if len(sys.argv) > 5 else 0)
tuned = variant == "tuned"


def bits(stream, i):
    """Words of a stream by the splitmix64 generator."""
    with np.errstate(over="ignore"):
        z = np.uint64(stream << 40) + np.asarray(i, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def uniform(stream, count):
    return (bits(stream, np.arange(count)) >> np.uint64(40)).astype(np.float32) / np.float32(1 << 24) - np.float32(0.5)


def w8():
    count, values, batch = 512, 3 * 32 * 32, 32
    labels = (bits(8, np.arange(count)) % np.uint64(10)).astype(np.int64)
    prototypes = uniform(9, 10 * values).reshape(10, values)
    x = np.float32(0.5) * prototypes[labels] + np.float32(2) * uniform(10, count * values).reshape(count, values)
    x, y = torch.from_numpy(x).view(count, 3, 32, 32), torch.from_numpy(labels)

    def block(inputs, outputs, kernel, stride=1, groups=1):
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        return [conv, nn.BatchNorm2d(outputs), nn.ReLU()]

    model = nn.Sequential(
        *block(3, 32, 3, stride=2),
        *block(32, 32, 3, groups=32),
        *block(32, 64, 1),
        *block(64, 64, 3, stride=2, groups=64),
        *block(64, 128, 1),
        *block(128, 128, 3, groups=8),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(128, 10),
    )
    if tuned:
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, **({"fused": True} if tuned else {}))

    def step(number):
        start = number % (count // batch) * batch
        loss = F.cross_entropy(model(x[start : start + batch]), y[start : start + batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


step = {"w8": w8}[workload]()
losses = [step(number) for number in range(50)]
times = []
start = time.perf_counter()
while time.perf_counter() - start < seconds or len(times) < 7:
    before = time.perf_counter()
    step(50 + len(times))
    times.append(time.perf_counter() - before)
print(
    json.dumps(
        {
            "peer": f"torch-{variant}",
            "workload": workload,
            "threads": threads,
            "ms": round(sorted(times)[(len(times) - 1) // 2] * 1e3, 6),
            "steps": len(times),
            "loss0": round(losses[0], 4),
            "loss50": round(sum(losses[45:]) / 5, 4),
        }
    )
)
