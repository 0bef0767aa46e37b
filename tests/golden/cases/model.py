"""Model files as PyTorch and safetensors write them, and what the models say."""

import pathlib

import torch
from safetensors.torch import save_file

from .common import array, numbers
from .training import Classifier, Regressor

HERE = pathlib.Path(__file__).parent.parent


def cases():
    yield written("mlp", Classifier(), numbers([6, 4], 510))
    # Batch norm brings buffers, among them a counter of whole numbers.
    yield written("batch_norm", Regressor(), numbers([6, 3], 511))


def written(name, model, x):
    with torch.no_grad():
        for index, parameter in enumerate(model.parameters()):
            parameter.copy_(numbers(list(parameter.shape), 500 + index, -0.6, 0.6))
    for _ in range(3):
        model(x)
    path = HERE / f"{name}.safetensors"
    save_file(model.state_dict(), path, metadata={"format": "pt"})
    path.chmod(0o644)
    return {"name": name, "inputs": array(x), "output": array(model.eval()(x))}
