"""Activations as operations and as layers."""

import torch
import torch.nn.functional as F
from torch import nn

from .common import differentiate, numbers
from .layers import recorded

KINKS = torch.tensor([-4.0, -3.0, -2.5, -0.5, 0.0, 0.5, 2.5, 3.0, 4.0])


def cases():
    for op, function in {"mish": F.mish, "hardswish": F.hardswish}.items():
        for what, x in [
            ("plain", numbers([3, 5], 401, -5, 5)),
            ("odd", numbers([7, 1, 3], 402, -4, 4)),
            ("kinks", KINKS),
            ("scalar", numbers([], 403)),
            ("empty", torch.zeros([2, 0])),
            ("long", numbers([35], 404, -6, 6)),
            ("far", torch.tensor([-100.0, -30.0, 30.0, 100.0])),
        ]:
            yield differentiate(f"{op}/{what}", function, [x])
    for what, x, slopes in [
        ("one", [3, 5], 1), ("channels", [3, 5], 5), ("pictures", [2, 3, 4, 5], 3), ("vector", [6], 1), ("scalar", [], 1),
        ("size_one", [2, 1, 3], 1),
    ]:
        yield differentiate(f"prelu/{what}", F.prelu, [numbers(x, 405), numbers([slopes], 406)])
    yield differentiate("prelu/kinks", F.prelu, [KINKS, torch.tensor([0.25])])
    for name, layer in [
        ("mish_layer", nn.Mish()), ("hardswish_layer", nn.Hardswish()), ("elu_layer", nn.ELU(0.7)),
        ("identity_layer", nn.Identity()), ("prelu_layer", nn.PReLU(5)),
    ]:
        yield recorded(f"{name}/plain", layer, [numbers([3, 5], 407)], {})
