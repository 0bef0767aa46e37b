"""A model file as PyTorch and safetensors write it, and what the model says."""

import pathlib

import torch
from safetensors.torch import save_file

from .common import array, numbers
from .training import Classifier

PATH = pathlib.Path(__file__).parent.parent / "mlp.safetensors"


def cases():
    model = Classifier()
    with torch.no_grad():
        for index, parameter in enumerate(model.parameters()):
            parameter.copy_(numbers(list(parameter.shape), 500 + index, -0.6, 0.6))
    save_file(model.state_dict(), PATH, metadata={"format": "pt"})
    PATH.chmod(0o644)
    x = numbers([6, 4], 510)
    yield {"name": "mlp", "inputs": array(x), "output": array(model(x))}
