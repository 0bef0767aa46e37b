"""Layers: output, gradients of input and parameters, running statistics."""

import torch
from torch import nn

from .common import array, leaf, number, numbers


def cases():
    for what, batch, inputs, outputs, bias in [
        ("plain", 4, 3, 5, True), ("no_bias", 4, 3, 5, False), ("one", 1, 1, 1, True), ("odd", 9, 17, 7, True)
    ]:
        layer = nn.Linear(inputs, outputs, bias=bias)
        options = {"inputs": inputs, "outputs": outputs, "bias": bias}
        yield recorded(f"linear/{what}", layer, [numbers([batch, inputs], 101)], options)
    for what, shape, normalised in [
        ("plain", [4, 6], [6]), ("odd", [7, 1, 13], [13]), ("one_row", [1, 5], [5]), ("constant", [2, 4], [4]),
    ]:
        x = numbers(shape, 102) if what != "constant" else torch.full(shape, 0.75)
        options = {"features": normalised[0], "eps": 1e-5}
        yield recorded(f"layer_norm/{what}", nn.LayerNorm(normalised), [x], options)
    yield recorded("layer_norm/eps", nn.LayerNorm([6], eps=0.1), [numbers([4, 6], 103)], {"features": 6, "eps": 0.1})
    for what, shape, options in [
        ("plain", [5, 3], {}), ("odd", [11, 9], {}), ("options", [5, 3], {"eps": 0.01, "momentum": 0.3}),
        ("two_rows", [2, 4], {}), ("sequence", [3, 2, 5], {}),
    ]:
        layer = nn.BatchNorm1d(shape[1], **options)
        given = {"features": shape[1], "eps": layer.eps, "momentum": layer.momentum}
        xs = [numbers(shape, 104 + i, -2 + i, 3) for i in range(3)]
        if what == "two_rows":
            # Two numbers that are almost equal would measure how their mean is rounded, and nothing else.
            xs = [torch.cat([numbers([1, 4], 115 + i, -2, 0), numbers([1, 4], 118 + i, 1, 3)]) for i in range(3)]
        yield recorded(f"batch_norm1d/{what}/training", layer, xs, given)
        layer.eval()
        yield recorded(f"batch_norm1d/{what}/evaluation", layer, [numbers(shape, 110)], given, keep=True)
    dropout = nn.Dropout(0.5).eval()
    yield recorded("dropout/evaluation", dropout, [numbers([3, 5], 111)], {"p": 0.5})
    yield recorded("dropout/zero", nn.Dropout(0.0), [numbers([3, 5], 112)], {"p": 0.0})
    yield recorded("dropout/one", nn.Dropout(1.0), [numbers([3, 5], 113)], {"p": 1.0})
    yield recorded("flatten/plain", nn.Flatten(), [numbers([3, 2, 5], 114)], {})


def recorded(name, layer, inputs, options, keep=False):
    """Feeds the inputs one after another; gradients add up, as in PyTorch, from the first to the last."""
    if not keep:
        with torch.no_grad():
            for index, parameter in enumerate(layer.parameters()):
                parameter.copy_(numbers(list(parameter.shape), 120 + index, -1, 1))
    layer.zero_grad()
    state = {key: array(value) for key, value in layer.state_dict().items() if value.dim() > 0}
    rounds = []
    for index, x in enumerate(inputs):
        x = leaf(x)
        output = layer(x)
        grad = numbers(list(output.shape), 130 + index, 0.25, 1.75)
        output.backward(grad)
        rounds.append({"input": array(x), "output": array(output), "grad": array(grad), "input_grad": array(x.grad)})
    after = {key: array(value) for key, value in layer.state_dict().items() if value.dim() > 0}
    return {
        "name": name,
        "options": options,
        "training": layer.training,
        "state": state,
        "rounds": rounds,
        "parameter_grads": {key: array(value.grad) for key, value in layer.named_parameters()},
        "state_after": after,
    }
