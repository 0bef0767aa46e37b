"""Tensors made of a rule, and places of extremes: values alone, nothing to differentiate."""

import torch
import torch.nn.functional as F

from .common import array, integers, numbers


def cases():
    for what, arguments in [
        ("whole", [0, 5, 1]), ("tenths", [0, 0.3, 0.1]), ("negative", [2, -1, -0.7]), ("empty", [1, 1, 1]),
        ("through_zero", [-1, 2, 0.3]), ("long", [0, 100, 0.1]), ("huge", [1e6, 1e6 + 3, 0.5]),
    ]:
        yield made("arange", what, torch.arange, arguments)
    for what, arguments in [
        ("plain", [-0.3, 0.7, 7]), ("two", [0.1, 0.7, 2]), ("one", [3, 7, 1]), ("none", [3, 7, 0]),
        ("down", [5, -5, 12]), ("equal", [2, 2, 3]), ("long", [0, 1, 1001]),
    ]:
        yield made("linspace", what, torch.linspace, arguments)
    yield made("eye", "plain", torch.eye, [4])
    labels = integers(6, 4, 401)
    yield {
        "name": "one_hot/plain", "arguments": [4], "labels": labels,
        "output": array(F.one_hot(torch.tensor(labels), 4).float()),
    }
    nan = float("nan")
    ties = torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [-4.0, -1.0, -4.0], [1.0, nan, nan], [nan, -9.0, 9.0]])
    for op, function in {"argmax": torch.argmax, "argmin": torch.argmin}.items():
        for what, x in [("plain", numbers([2, 3, 4], 402)), ("ties", ties)]:
            for axis in range(x.dim()):
                yield {
                    "name": f"{op}/{what}_{axis}", "arguments": [axis], "input": array(x),
                    "output": array(function(x, dim=axis).float()),
                }


def made(op, what, function, arguments):
    return {"name": f"{op}/{what}", "arguments": arguments, "output": array(function(*arguments).float())}
