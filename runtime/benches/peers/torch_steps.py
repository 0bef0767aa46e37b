"""PyTorch's side of the workloads W7 to W12 of the bench `steps`: torch_steps.py WORKLOAD SECONDS THREADS VARIANT [SEED].

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


def training(model, optimizer, batch, loss_of):
    """Training steps of a model."""

    def step(number):
        x, y = batch(number)
        loss = loss_of(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


FUSED = {"fused": True} if tuned else {}


def images(model, optimizer, batch):
    """A convolutional network on noisy colour images."""
    count, values = 512, 3 * 32 * 32
    labels = (bits(8, np.arange(count)) % np.uint64(10)).astype(np.int64)
    prototypes = uniform(9, 10 * values).reshape(10, values)
    x = np.float32(0.5) * prototypes[labels] + np.float32(2) * uniform(10, count * values).reshape(count, values)
    x, y = torch.from_numpy(x).view(count, 3, 32, 32), torch.from_numpy(labels)
    if tuned:
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)

    def take(number):
        start = number % (count // batch) * batch
        return x[start : start + batch], y[start : start + batch]

    return training(model, optimizer(model.parameters()), take, F.cross_entropy)


class Residual(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.shortcut = None
        if stride != 1 or inputs != outputs:
            conv = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.shortcut = nn.Sequential(conv, nn.BatchNorm2d(outputs))

    def forward(self, x):
        hidden = F.relu(self.first_norm(self.first(x)))
        hidden = self.second_norm(self.second(hidden))
        return F.relu(hidden + (x if self.shortcut is None else self.shortcut(x)))


def resnet():
    blocks, inputs = [], 64
    for outputs, stride in [(64, 1), (128, 2), (256, 2), (512, 2)]:
        blocks += [Residual(inputs, outputs, stride), Residual(outputs, outputs, 1)]
        inputs = outputs
    stem = [nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


def w7():
    momentum = {"momentum": 0.9, "weight_decay": 5e-4, **FUSED}
    return images(resnet(), lambda parameters: torch.optim.SGD(parameters, lr=0.01, **momentum), 16)


def separable():
    def block(inputs, outputs, kernel, stride=1, groups=1):
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        return [conv, nn.BatchNorm2d(outputs), nn.ReLU()]

    return nn.Sequential(
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


def w8():
    return images(separable(), lambda parameters: torch.optim.Adam(parameters, lr=1e-3, **FUSED), 32)


def w9(batch):
    count, values = max(batch, 2048), 784
    labels = (bits(4, np.arange(count)) % np.uint64(10)).astype(np.int64)
    prototypes = uniform(3, 10 * values).reshape(10, values)
    x = np.float32(0.5) * prototypes[labels] + np.float32(2) * uniform(5, count * values).reshape(count, values)
    x, y = torch.from_numpy(x), torch.from_numpy(labels)
    hidden = [nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU()]
    model = nn.Sequential(*hidden, nn.Linear(1024, 10))

    def take(number):
        start = number % (count // batch) * batch
        return x[start : start + batch], y[start : start + batch]

    return training(model, torch.optim.Adam(model.parameters(), lr=1e-4, **FUSED), take, F.cross_entropy)


VOCABULARY, TOKENS = 65, 100_000


def text(batch, time):
    """Batches of sequences of a Markov text."""
    token, tokens = 0, []
    for noise in bits(6, np.arange(TOKENS)) % np.uint64(4):
        token = (token * 5 + 7 + int(noise) * 11) % VOCABULARY
        tokens.append(token)
    tokens = torch.tensor(tokens)

    def take(number):
        starts = bits(7, number * batch + np.arange(batch)) % np.uint64(TOKENS - time - 1)
        rows = torch.stack([tokens[int(start) : int(start) + time + 1] for start in starts])
        return rows[:, :-1], rows[:, 1:]

    return take


def sequence_loss(output, target):
    return F.cross_entropy(output.flatten(0, 1), target.flatten())


class Transformer(nn.Module):
    def __init__(self, width=512, heads=8, layers=2, time=128):
        super().__init__()
        self.tokens, self.places = nn.Embedding(VOCABULARY, width), nn.Embedding(time, width)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.places.weight, std=0.02)

        def layer():
            options = {"dropout": 0.1, "activation": "gelu", "batch_first": True, "norm_first": True}
            return nn.TransformerEncoderLayer(width, heads, 4 * width, **options)

        self.layers = nn.ModuleList([layer() for _ in range(layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, VOCABULARY)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(time))

    def forward(self, tokens):
        x = self.tokens(tokens) + self.places.weight
        for layer in self.layers:
            x = layer(x, src_mask=self.mask, is_causal=True)
        return self.head(self.norm(x))


def w10():
    model = Transformer()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, **FUSED)
    return training(model, optimizer, text(8, 128), sequence_loss)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, 64)
        self.gru = nn.GRU(64, 128, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(256, VOCABULARY)

    def forward(self, tokens):
        return self.head(self.gru(self.embedding(tokens))[0])


def w11():
    model, take = Tagger(), text(32, 64)

    def tagged(number):
        tokens, _ = take(number)
        return tokens, torch.cat([tokens[:, :2], tokens[:, :-2]], 1)

    return training(model, torch.optim.Adam(model.parameters(), lr=2e-3, **FUSED), tagged, sequence_loss)


def derived(shape, function):
    """The value of a function of numbers from -2 to 2, and its gradient."""
    x = torch.from_numpy(uniform(12, int(np.prod(shape))).reshape(shape) * np.float32(4)).requires_grad_()

    def step(_):
        value = function(x)
        x.grad = None
        value.backward()
        return value.item()

    return step


def w12_chain():
    def chain(x):
        return (torch.tanh(x * 2.0) + torch.log(x * x + 1.0) * torch.sigmoid(x) - torch.exp(x * 0.5)).mean()

    return derived((1 << 20,), chain)


def w12_reduce():
    def along(x, axis):
        return (x.sum(axis) * x.amax(axis)).mean()

    return derived((64, 128, 128), lambda x: along(x, 0) + along(x, 1) + along(x, 2))


def w12_permute():
    def constant(stream, *shape):
        return torch.from_numpy(uniform(stream, int(np.prod(shape))).reshape(shape))

    weights, columns, heads = constant(14, 16, 32, 32, 64), constant(15, 1024, 1024), constant(16, 16, 32, 64, 32)

    def permuted(x):
        last = (x.permute(0, 2, 3, 1) * weights).mean()
        turned = (x.reshape(1024, 1024).transpose(0, 1) * columns).mean()
        return last + turned + (x.transpose(1, 2) * heads).mean()

    return derived((16, 64, 32, 32), permuted)


def w12_gather():
    rows = torch.from_numpy((bits(13, np.arange(4096)) % np.uint64(4096)).astype(np.int64))

    def gathered(x):
        chosen = x.index_select(0, rows)
        return (chosen * chosen).mean()

    return derived((4096, 256), gathered)


WORKLOADS = {
    "w7": w7,
    "w8": w8,
    "w9-1": lambda: w9(1),
    "w9-4096": lambda: w9(4096),
    "w10": w10,
    "w11": w11,
    "w12-chain": w12_chain,
    "w12-reduce": w12_reduce,
    "w12-permute": w12_permute,
    "w12-gather": w12_gather,
}
step = WORKLOADS[workload]()
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
