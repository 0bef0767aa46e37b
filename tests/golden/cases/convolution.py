"""Convolution and pooling: operations under an uneven output gradient, and layers."""

import torch
import torch.nn.functional as F
from torch import nn

from .common import differentiate, numbers
from .layers import recorded

# Input, weight, whether there is a bias, and the options.
CONV2D = [
    ("plain", [2, 3, 5, 4], [2, 3, 3, 2], True, {}),
    ("one", [1, 1, 1, 1], [1, 1, 1, 1], True, {}),
    ("no_bias", [2, 2, 4, 5], [3, 2, 3, 3], False, {"padding": [1, 1]}),
    ("stride", [2, 2, 7, 6], [2, 2, 3, 2], True, {"stride": [2, 3], "padding": [1, 2]}),
    ("dilation", [1, 2, 8, 9], [2, 2, 3, 2], True, {"dilation": [2, 3], "padding": [0, 1]}),
    ("groups", [2, 4, 5, 5], [6, 2, 3, 3], True, {"groups": 2, "padding": [1, 0]}),
    ("depthwise", [2, 3, 6, 5], [3, 1, 2, 3], True, {"groups": 3, "stride": [2, 1]}),
    ("all", [2, 4, 9, 8], [4, 2, 2, 3], True,
     {"stride": [3, 2], "padding": [2, 3], "dilation": [2, 1], "groups": 2}),
    ("pictures", [2, 1, 14, 13], [4, 1, 3, 3], True, {}),
]

# Enough channels for fast schemes, which round otherwise: compared by the largest number.
WIDE = [
    ("wide", [2, 16, 10, 9], [16, 16, 3, 3], True, {"padding": [1, 1]}),
    ("wide_bands", [1, 12, 6, 40], [13, 12, 3, 3], True, {}),
    ("wide_small", [3, 14, 4, 4], [12, 14, 3, 3], False, {"padding": [2, 1]}),
]

POOLS = [
    ("plain", [2, 3, 4, 6], {"kernel": [2, 2]}),
    ("odd", [1, 2, 7, 5], {"kernel": [2, 2]}),
    ("overlap", [2, 1, 6, 7], {"kernel": [3, 2], "stride": [1, 2], "padding": [1, 1]}),
    ("uneven", [1, 2, 5, 9], {"kernel": [2, 3], "stride": [2, 1]}),
]


def cases():
    for what, x, w, bias, options in CONV2D + WIDE:
        inputs = [numbers(x, 301), numbers(w, 302, -1, 1)] + ([numbers(w[:1], 303)] if bias else [])
        op = lambda x, w, b=None, options=options: F.conv2d(x, w, b, **options)
        yield differentiate(f"conv2d/{what}", op, inputs, options=options)
    for what, x, w, options in [
        ("plain", [2, 3, 7], [2, 3, 3], {}),
        ("all", [2, 4, 11], [6, 2, 3], {"stride": 2, "padding": 3, "dilation": 2, "groups": 2}),
    ]:
        inputs = [numbers(x, 304), numbers(w, 305, -1, 1), numbers(w[:1], 306)]
        op = lambda x, w, b, options=options: F.conv1d(x, w, b, **options)
        yield differentiate(f"conv1d/{what}", op, inputs, options=options)
    for what, x, options in POOLS:
        given = {"kernel_size" if key == "kernel" else key: value for key, value in options.items()}
        op = lambda x, given=given: F.max_pool2d(x, **given)
        yield differentiate(f"max_pool2d/{what}", op, [numbers(x, 307)], options=options)
        op = lambda x, given=given: F.avg_pool2d(x, **given)
        yield differentiate(f"avg_pool2d/{what}", op, [numbers(x, 308)], options=options)
    options = {"kernel": [2, 2], "stride": [1, 1], "dilation": [2, 3]}
    op = lambda x: F.max_pool2d(x, 2, 1, 0, [2, 3])
    yield differentiate("max_pool2d/dilation", op, [numbers([2, 6, 7], 309)], options=options)
    ties = torch.tensor([[[1.0, 1.0, 0.0, 2.0], [1.0, 1.0, 2.0, 2.0]]])
    yield differentiate("max_pool2d/ties", lambda x: F.max_pool2d(x, 2), [ties], options={"kernel": [2, 2]})
    for what, x, output in [("one", [2, 3, 5, 4], [1, 1]), ("uneven", [1, 2, 7, 5], [3, 2]), ("more", [1, 3, 2], [5, 3])]:
        op = lambda x, output=output: F.adaptive_avg_pool2d(x, output)
        yield differentiate(f"adaptive_avg_pool2d/{what}", op, [numbers(x, 310)], options={"output": output})
    layer = nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), groups=2)
    yield recorded("conv2d_layer/options", layer, [numbers([2, 4, 5, 6], 311)], {})
    layer = nn.Conv1d(4, 6, 3, stride=2, dilation=2, bias=False)
    yield recorded("conv1d_layer/options", layer, [numbers([2, 4, 9], 312)], {})
