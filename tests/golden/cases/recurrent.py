"""Recurrent layers: outputs, states, and the gradients of inputs, states and parameters."""

import torch
from torch import nn

from .common import array, leaf, numbers


def cases():
    for what, batch, time, inputs, hidden, options in [
        ("plain", 3, 5, 4, 6, {}),
        ("odd", 17, 3, 1, 5, {}),
        ("one_step", 2, 1, 3, 4, {}),
        ("one_row", 1, 9, 2, 17, {}),
        ("one_unit", 2, 4, 3, 1, {}),
        ("no_bias", 3, 4, 4, 6, {"bias": False}),
        ("two_layers", 2, 4, 3, 5, {"num_layers": 2}),
        ("bidirectional", 2, 4, 3, 5, {"bidirectional": True}),
        ("deep_and_bidirectional", 2, 3, 3, 4, {"num_layers": 3, "bidirectional": True}),
    ]:
        yield from both(nn.LSTM, what, [batch, time, inputs], hidden, options)
    for what, batch, time, inputs, hidden, options in [
        ("plain", 3, 5, 4, 6, {}),
        ("odd", 17, 3, 1, 5, {}),
        ("one_row", 1, 4, 2, 9, {}),
        ("one_unit", 2, 4, 3, 1, {}),
        ("no_bias", 3, 4, 4, 6, {"bias": False}),
        ("deep_and_bidirectional", 2, 3, 3, 4, {"num_layers": 2, "bidirectional": True}),
    ]:
        yield from both(nn.GRU, what, [batch, time, inputs], hidden, options)
        yield from both(nn.RNN, what, [batch, time, inputs], hidden, options)
    yield from both(nn.RNN, "relu", [3, 4, 2], 5, {"nonlinearity": "relu"})


def both(kind, what, shape, hidden, options):
    """A layer that starts from zeros, and from a state."""
    layer = kind(shape[2], hidden, batch_first=True, **options)
    rows = layer.num_layers * (2 if layer.bidirectional else 1)
    x = numbers(shape, 201 if kind is nn.LSTM else 206)
    start = [numbers([rows, shape[0], hidden], seed, -1, 1) for seed in (202, 203)]
    if kind is not nn.LSTM:
        start = start[:1]
    given = {
        "inputs": shape[2],
        "hidden": hidden,
        "layers": layer.num_layers,
        "bias": layer.bias,
        "bidirectional": layer.bidirectional,
    }
    if "nonlinearity" in options:
        given["relu"] = True
    name = kind.__name__.lower()
    yield recorded(f"{name}/{what}/from_zeros", layer, x, [], given)
    yield recorded(f"{name}/{what}/from_a_state", layer, x, start, given)


def recorded(name, layer, x, start, options):
    """The output, the last state and the last cell, if there is one, each get an uneven gradient."""
    with torch.no_grad():
        for index, parameter in enumerate(layer.parameters()):
            # With large weights, a plain network amplifies rounding errors from step to step.
            most = 0.5 if isinstance(layer, nn.RNN) else 1
            parameter.copy_(numbers(list(parameter.shape), 210 + index, -most, most))
    layer.zero_grad()
    x, start = leaf(x), [leaf(part) for part in start]
    if isinstance(layer, nn.LSTM):
        output, last = layer(x, tuple(start) or None)
        outputs = [output, *last]
    else:
        outputs = list(layer(x, start[0] if start else None))
    grads = [numbers(list(part.shape), 240 + index, 0.25, 1.75) for index, part in enumerate(outputs)]
    torch.autograd.backward(outputs, grads)
    return {
        "name": name,
        "options": options,
        "state": {key: array(value) for key, value in layer.state_dict().items()},
        "input": array(x),
        "start": [array(part) for part in start],
        "outputs": [array(part) for part in outputs],
        "grads": [array(grad) for grad in grads],
        "input_grad": array(x.grad),
        "start_grads": [array(part.grad) for part in start],
        "parameter_grads": {key: array(value.grad) for key, value in layer.named_parameters()},
    }
