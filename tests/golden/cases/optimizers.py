"""Optimizers: parameters after each of 20 steps; clipping of gradients."""

import torch
from torch import optim

from .common import array, leaf, number, numbers

SHAPES = [[3, 3], [2]]
STEPS = 20


def gradient(step, index):
    return numbers(SHAPES[index], 200 + 10 * step + index, -1.5, 1.0)


OPTIMIZERS = [
    ("sgd", optim.SGD, [
        {"lr": 0.1},
        {"lr": 0.1, "momentum": 0.9},
        {"lr": 0.05, "momentum": 0.8, "dampening": 0.3},
        {"lr": 0.05, "momentum": 0.9, "nesterov": True},
        {"lr": 0.1, "weight_decay": 0.05},
        {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.05},
        {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
        {"lr": 0.05, "momentum": 0.7, "dampening": 0.5, "weight_decay": 0.1},
        {"lr": 0.0, "momentum": 0.9},
    ]),
    ("adam", optim.Adam, [
        {"lr": 0.001},
        {"lr": 0.05},
        {"lr": 0.05, "betas": [0.8, 0.95]},
        {"lr": 0.05, "betas": [0.0, 0.99]},
        {"lr": 0.05, "eps": 0.01},
        {"lr": 0.05, "weight_decay": 0.1},
        {"lr": 0.02, "betas": [0.7, 0.9], "eps": 0.001, "weight_decay": 0.01},
    ]),
    ("adamw", optim.AdamW, [
        {"lr": 0.001},
        {"lr": 0.05, "weight_decay": 0.1},
        {"lr": 0.05, "weight_decay": 0.0},
        {"lr": 0.02, "betas": [0.7, 0.9], "eps": 0.001, "weight_decay": 0.3},
    ]),
]


def cases():
    yield {
        "name": "given",
        "start": [array(start(i)) for i in range(2)],
        "gradients": [[array(gradient(step, i)) for i in range(2)] for step in range(STEPS)],
    }
    for word, optimizer, choices in OPTIMIZERS:
        for options in choices:
            words = ",".join(f"{key}={value}" for key, value in options.items())
            yield run(f"{word}/{words}", word, optimizer, options)
        options = choices[1] | {"lr": 0.05}
        # The second parameter has a gradient on every third step only.
        yield run(f"{word}/sometimes_none", word, optimizer, options, some=lambda step: step % 3 == 1)
        # The rate halves after each fifth step.
        yield run(f"{word}/halving_rate", word, optimizer, options, halve=True)
    yield from clipping()


def start(index):
    return numbers(SHAPES[index], 190 + index, -1, 1)


def run(name, word, optimizer, options, some=lambda step: True, halve=False):
    parameters = [leaf(start(i)) for i in range(2)]
    given = {key: tuple(v) if isinstance(v, list) else v for key, v in options.items()}
    stepper = optimizer(parameters, foreach=False, **given)
    after, has_gradient = [], []
    for step in range(STEPS):
        stepper.zero_grad()
        has_gradient.append([True, some(step)])
        for index, parameter in enumerate(parameters):
            if has_gradient[-1][index]:
                parameter.grad = gradient(step, index)
        if halve and step > 0 and step % 5 == 0:
            for group in stepper.param_groups:
                group["lr"] /= 2
        stepper.step()
        after.append([[number(v) for v in p.detach().flatten().tolist()] for p in parameters])
    return {
        "name": name, "optimizer": word, "options": options, "has_gradient": has_gradient,
        "halving": halve, "after": after,
    }


def clipping():
    nan, inf = float("nan"), float("inf")
    sets = {
        "plain": [[3.0, -4.0, 12.0], [0.5, -1.0]],
        "zero": [[0.0, 0.0, 0.0], [0.0, 0.0]],
        "infinite": [[1.0, inf, 2.0], [0.5, -1.0]],
        "minus_infinite": [[1.0, -inf, 2.0], [0.5, -1.0]],
        "nan": [[1.0, nan, 2.0], [0.5, -1.0]],
        "tiny": [[1e-8, 0.0, 0.0], [0.0, 2e-8]],
        "huge": [[1e15, 0.0, -1e15], [3.0, 2e15]],
    }
    for what, rows in sets.items():
        for limit in [1.0, 5.0, 100.0]:
            for kind in ["norm", "value"]:
                parameters = [leaf(torch.zeros(len(row))) for row in rows]
                for parameter, row in zip(parameters, rows):
                    parameter.grad = torch.tensor(row)
                norm = None
                if kind == "norm":
                    norm = number(torch.nn.utils.clip_grad_norm_(parameters, limit, foreach=False))
                else:
                    torch.nn.utils.clip_grad_value_(parameters, limit, foreach=False)
                yield {
                    "name": f"clip_grad_{kind}/{what}/{limit}", "clip": kind, "limit": limit,
                    "gradients": [array(torch.tensor(row)) for row in rows], "norm": norm,
                    "clipped": [array(p.grad) for p in parameters],
                }
