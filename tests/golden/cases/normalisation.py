"""Normalisation: operations under an uneven output gradient, and layers with their running statistics."""

import torch
import torch.nn.functional as F
from torch import nn

from .common import differentiate, numbers
from .layers import recorded


def cases():
    yield from operations()
    yield from layers()


def operations():
    for what, shape, groups in [
        ("plain", [3, 6, 5], 2), ("pictures", [2, 4, 3, 5], 4), ("one_group", [2, 3, 4], 1), ("rows", [3, 6], 3),
        ("odd", [1, 9, 7, 1], 3), ("volume", [2, 4, 2, 3, 2], 2), ("long", [2, 2, 67], 1),
    ]:
        run = lambda x, w, b, groups=groups: F.group_norm(x, groups, w, b, 1e-5)
        inputs = [numbers(shape, 501), numbers(shape[1:2], 502), numbers(shape[1:2], 503)]
        yield differentiate(f"group_norm/{what}", run, inputs, groups=groups)
    run = lambda x, w, b: F.group_norm(x, 2, w, b, 1e-5)
    for what, shape, axes, eps in [
        ("plain", [4, 6], [6], 1e-5), ("two_axes", [2, 3, 4], [3, 4], 1e-5), ("one_row", [1, 3], [3], 1e-5),
        ("size_one", [3, 1], [1], 1e-5), ("long", [3, 67], [67], 0.1), ("default_eps", [4, 6], [6], None),
        ("empty", [0, 6], [6], None),
    ]:
        run = lambda x, w, axes=axes, eps=eps: F.rms_norm(x, axes, w, eps)
        inputs = [numbers(shape, 507), numbers(axes, 508)]
        yield differentiate(f"rms_norm/{what}", run, inputs, eps=-1 if eps is None else eps)
    large = numbers([2, 6], 509, 1e15, 3e15)
    yield differentiate("rms_norm/large", lambda x, w: F.rms_norm(x, [6], w), [large, numbers([6], 510)], eps=-1)


def layers():
    for name, kind, shape, options in [
        ("batch_norm2d/plain", nn.BatchNorm2d, [3, 4, 3, 5], {}),
        ("batch_norm2d/odd", nn.BatchNorm2d, [1, 3, 7, 3], {"eps": 0.01, "momentum": 0.3}),
        ("batch_norm2d/one_channel", nn.BatchNorm2d, [2, 1, 2, 2], {}),
        ("batch_norm2d/one_place", nn.BatchNorm2d, [5, 3, 1, 1], {}),
        ("batch_norm2d/cumulative", nn.BatchNorm2d, [3, 2, 2, 3], {"momentum": None}),
        ("batch_norm3d/plain", nn.BatchNorm3d, [2, 3, 2, 3, 2], {}),
    ]:
        layer = kind(shape[1], **options)
        momentum = -1 if layer.momentum is None else layer.momentum
        given = {"features": shape[1], "eps": layer.eps, "momentum": momentum}
        xs = [numbers(shape, 511 + i, -2 + i, 3) for i in range(3)]
        yield recorded(f"{name}/training", layer, xs, given)
        layer.eval()
        yield recorded(f"{name}/evaluation", layer, [numbers(shape, 515)], given, keep=True)
    for name, kind, shape, options in [
        ("instance_norm1d/plain", nn.InstanceNorm1d, [3, 2, 5], {}),
        ("instance_norm1d/unbatched", nn.InstanceNorm1d, [2, 7], {"affine": True}),
        ("instance_norm2d/affine", nn.InstanceNorm2d, [2, 3, 4, 5], {"affine": True, "eps": 0.01}),
        ("instance_norm2d/stats", nn.InstanceNorm2d, [3, 2, 2, 3],
         {"affine": True, "track_running_stats": True, "momentum": 0.3}),
        ("instance_norm3d/plain", nn.InstanceNorm3d, [2, 3, 2, 2, 3], {"track_running_stats": True}),
    ]:
        features = shape[1] if len(shape) > 2 else shape[0]
        layer = kind(features, **options)
        given = {
            "features": features, "eps": layer.eps, "momentum": layer.momentum,
            "affine": layer.affine, "stats": layer.track_running_stats,
        }
        yield recorded(f"{name}/training", layer, [numbers(shape, 551 + i, -2 + i, 3) for i in range(2)], given)
        layer.eval()
        yield recorded(f"{name}/evaluation", layer, [numbers(shape, 525)], given, keep=True)
    x = numbers([3, 6, 4], 531)
    for what, layer in [("plain", nn.GroupNorm(3, 6)), ("options", nn.GroupNorm(2, 6, eps=0.1, affine=False))]:
        given = {"groups": layer.num_groups, "channels": 6, "eps": layer.eps, "affine": layer.affine}
        yield recorded(f"group_norm_layer/{what}", layer, [x], given)
    for what, layer in [("plain", nn.RMSNorm(4)), ("axes", nn.RMSNorm([6, 4], eps=0.1)), ("bare", nn.RMSNorm(4, elementwise_affine=False))]:
        given = {"features": list(layer.normalized_shape), "eps": layer.eps or -1, "affine": layer.elementwise_affine}
        yield recorded(f"rms_norm_layer/{what}", layer, [x], given)
    for what, layer in [
        ("axes", nn.LayerNorm([6, 4])), ("no_bias", nn.LayerNorm(4, bias=False)),
        ("bare", nn.LayerNorm(4, elementwise_affine=False)),
    ]:
        given = {
            "features": list(layer.normalized_shape), "affine": layer.elementwise_affine, "bias": layer.bias is not None,
        }
        yield recorded(f"layer_norm_layer/{what}", layer, [x], given)
