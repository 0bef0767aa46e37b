"""Convolution layers with padding modes."""

from torch import nn

from .common import numbers
from .layers import recorded


def cases():
    for mode in ["zeros", "reflect", "replicate", "circular"]:
        layer = nn.Conv2d(2, 3, (3, 2), stride=(1, 2), padding=(2, 1), padding_mode=mode)
        yield recorded(f"conv2d_layer/{mode}", layer, [numbers([2, 2, 4, 3], 631)], {"mode": mode})
        layer = nn.Conv1d(2, 2, 3, padding=2, dilation=2, padding_mode=mode)
        yield recorded(f"conv1d_layer/{mode}", layer, [numbers([2, 2, 5], 632)], {"mode": mode})
