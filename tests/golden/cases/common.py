"""How numbers are made and written."""

import math

import numpy
import torch


def numbers(shape, seed, low=-2.0, high=2.0):
    """A tensor of numbers with three decimals, from a linear congruential generator."""
    count = math.prod(shape)
    state = seed * 2654435761 % 2**32
    values = []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(round(low + (high - low) * (state >> 8) / 2**24, 3))
    return torch.tensor(values, dtype=torch.float32).reshape(shape)


def integers(count, below, seed):
    """A list of integers from 0 up to `below`."""
    return [int(v) for v in numbers([count], seed, 0, below - 0.001).floor().tolist()]


def leaf(values):
    """A copy that collects a gradient."""
    return values.clone().detach().requires_grad_(True)


def number(value):
    """The shortest decimal that gives the same f32; infinities and NaN become words."""
    value = numpy.float32(value)
    return float(str(value)) if numpy.isfinite(value) else str(value)


def array(tensor):
    """Shape and data, as the Rust side reads them."""
    tensor = tensor.detach()
    return {"shape": list(tensor.shape), "data": [number(v) for v in tensor.flatten().tolist()]}


def differentiate(name, function, inputs, seed=99, **extra):
    """A case: inputs, output, an uneven output gradient and the gradients it gives."""
    leaves = [leaf(x) for x in inputs]
    output = function(*leaves)
    grad = numbers(list(output.shape), seed, 0.25, 1.75)
    output.backward(grad)
    return {
        "name": name,
        "inputs": [array(x) for x in inputs],
        **extra,
        "output": array(output),
        "grad": array(grad),
        "input_grads": [array(x.grad) for x in leaves],
    }
