"""PyTorch answering without learning: inference.py WORKLOAD THREADS BATCH SECONDS.

The networks of W2 and W4 as the comparison with other libraries has them, under `inference_mode`,
W4 in the layout that PyTorch prefers. Prints one line of JSON like the bench `steps` with `--infer`.
"""

import json
import sys
import time

import torch
from torch import nn

workload, threads, batch, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
torch.set_num_threads(threads)
torch.manual_seed(0)
if workload == "w2":
    model = nn.Sequential(
        nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)
    )
    x = torch.rand(batch, 784) - 0.5
else:
    model = nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10)),
    ).to(memory_format=torch.channels_last)
    x = (torch.rand(batch, 1, 28, 28) - 0.5).to(memory_format=torch.channels_last)
model.eval()

times = []
with torch.inference_mode():
    start = time.perf_counter()
    while time.perf_counter() - start < 0.7:
        model(x)
    start = time.perf_counter()
    while time.perf_counter() - start < seconds or len(times) < 7:
        before = time.perf_counter()
        model(x)
        times.append(time.perf_counter() - before)
median = sorted(times)[(len(times) - 1) // 2]
print(
    json.dumps(
        {
            "peer": "torch",
            "workload": workload,
            "threads": threads,
            "batch": batch,
            "ms": round(median * 1e3, 6),
            "samples_per_second": round(batch / median),
        }
    )
)
