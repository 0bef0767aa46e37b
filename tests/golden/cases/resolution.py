"""Operations and layers that change the resolution: transposed and 3-D convolution, padding, upsampling, pooling."""

import torch
import torch.nn.functional as F
from torch import nn

from .common import differentiate, numbers
from .layers import recorded

# Input, weight, whether there is a bias, and the options.
TRANSPOSED = [
    ("plain", [2, 3, 4, 3], [3, 2, 3, 2], True, {}),
    ("one", [1, 1, 1, 1], [1, 1, 1, 1], True, {}),
    ("no_bias", [2, 2, 4, 5], [2, 3, 3, 3], False, {"padding": [1, 1]}),
    ("stride", [2, 2, 4, 3], [2, 2, 3, 2], True, {"stride": [2, 3], "padding": [1, 0], "output_padding": [1, 2]}),
    ("dilation", [1, 2, 4, 3], [2, 2, 3, 2], True, {"dilation": [2, 3], "padding": [0, 1], "output_padding": [1, 0]}),
    ("groups", [2, 4, 3, 5], [4, 3, 3, 3], True, {"groups": 2, "padding": [1, 0]}),
    ("depthwise", [2, 3, 4, 5], [3, 1, 2, 3], True, {"groups": 3, "stride": [2, 1]}),
    ("all", [2, 4, 4, 3], [4, 2, 2, 3], True,
     {"stride": [3, 2], "padding": [2, 3], "output_padding": [2, 1], "dilation": [2, 1], "groups": 2}),
    ("wide", [2, 16, 6, 7], [16, 13, 3, 3], True, {"padding": [1, 1]}),
]

VOLUMES = [
    ("plain", [2, 2, 3, 4, 5], [3, 2, 2, 3, 2], True, {}),
    ("one", [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], True, {}),
    ("all", [1, 4, 5, 6, 7], [2, 2, 2, 3, 2], False,
     {"stride": [2, 1, 2], "padding": [1, 2, 0], "dilation": [2, 1, 3], "groups": 2}),
]

PADS = [
    ("row", [2, 3, 5], [1, 2]),
    ("picture", [2, 2, 3, 4], [1, 2, 2, 0]),
    ("volume", [1, 2, 2, 3, 3], [1, 0, 2, 1, 1, 1]),
    ("nothing", [1, 2, 3], [0, 0]),
]

# Input, size or factor, mode and whether corners are aligned.
RESIZED = [
    ("nearest_row", [2, 3, 5], {"size": [7]}, "nearest", False),
    ("nearest_by", [2, 3, 5], {"scale_factor": 2.6}, "nearest", False),
    ("nearest_picture", [1, 2, 3, 7], {"size": [9, 3]}, "nearest", False),
    ("nearest_volume", [1, 2, 2, 3, 2], {"scale_factor": 2.0}, "nearest", False),
    ("nearest_less", [1, 1, 7, 9], {"scale_factor": 0.4}, "nearest", False),
    ("linear", [2, 3, 5], {"size": [8]}, "linear", False),
    ("linear_corners", [2, 3, 5], {"size": [8]}, "linear", True),
    ("bilinear", [2, 2, 3, 5], {"size": [7, 4]}, "bilinear", False),
    ("bilinear_by", [2, 2, 3, 5], {"scale_factor": 1.7}, "bilinear", False),
    ("bilinear_by_each", [2, 2, 3, 5], {"scale_factor": [2.0, 0.5]}, "bilinear", False),
    ("bilinear_corners", [2, 2, 3, 5], {"size": [7, 4]}, "bilinear", True),
    ("bilinear_one", [2, 2, 1, 5], {"size": [1, 1]}, "bilinear", True),
    ("bilinear_same", [1, 1, 3, 4], {"scale_factor": 1.2}, "bilinear", False),
    ("trilinear", [1, 2, 2, 3, 2], {"size": [3, 5, 4]}, "trilinear", False),
    ("trilinear_corners", [1, 2, 2, 3, 2], {"size": [3, 5, 4]}, "trilinear", True),
    ("bicubic", [1, 2, 4, 5], {"size": [7, 3]}, "bicubic", False),
    ("bicubic_corners", [1, 2, 4, 5], {"scale_factor": 2.0}, "bicubic", True),
]


def cases():
    for what, x, w, bias, options in TRANSPOSED:
        outputs = w[1] * options.get("groups", 1)
        inputs = [numbers(x, 601), numbers(w, 602, -1, 1)] + ([numbers([outputs], 603)] if bias else [])
        op = lambda x, w, b=None, options=options: F.conv_transpose2d(x, w, b, **options)
        yield differentiate(f"conv_transpose2d/{what}", op, inputs, options=options)
    for what, x, w, options in [
        ("plain", [2, 3, 5], [3, 2, 3], {}),
        ("all", [2, 4, 4], [4, 3, 3], {"stride": 3, "padding": 2, "output_padding": 1, "dilation": 2, "groups": 2}),
    ]:
        inputs = [numbers(x, 604), numbers(w, 605, -1, 1), numbers([w[1] * options.get("groups", 1)], 606)]
        op = lambda x, w, b, options=options: F.conv_transpose1d(x, w, b, **options)
        yield differentiate(f"conv_transpose1d/{what}", op, inputs, options=options)
    for what, x, w, bias, options in VOLUMES:
        inputs = [numbers(x, 607), numbers(w, 608, -1, 1)] + ([numbers(w[:1], 609)] if bias else [])
        op = lambda x, w, b=None, options=options: F.conv3d(x, w, b, **options)
        yield differentiate(f"conv3d/{what}", op, inputs, options=options)
    yield from padded()
    yield from pooled()
    for what, x, size, mode, corners in RESIZED:
        given = {**size, "mode": mode}
        if mode != "nearest":
            given["align_corners"] = corners
        op = lambda x, given=given: F.interpolate(x, **given)
        options = {"mode": mode, "corners": corners}
        options |= {"size": size["size"]} if "size" in size else {"factor": [size["scale_factor"]]}
        if "factor" in options and isinstance(size["scale_factor"], list):
            options["factor"] = size["scale_factor"]
        # Cubic weights have both signs: sums near 0 would measure how they are rounded, and nothing else.
        low = 0.5 if mode == "bicubic" else -2
        yield differentiate(f"interpolate/{what}", op, [numbers(x, 630, low)], options=options)
    yield from layers()


def padded():
    for what, x, widths in PADS:
        for mode in ["constant", "reflect", "replicate", "circular"]:
            given = {"mode": mode, **({"value": 0.75} if mode == "constant" else {})}
            op = lambda x, widths=widths, given=given: F.pad(x, widths, **given)
            yield differentiate(f"pad/{what}/{mode}", op, [numbers(x, 611)], widths=widths, mode=mode)
    yield differentiate("pad/size_one/replicate", lambda x: F.pad(x, [2, 3], "replicate"), [numbers([1, 2, 1], 612)],
                        widths=[2, 3], mode="replicate")
    yield differentiate("pad/vector/constant", lambda x: F.pad(x, [2, 3], value=0.75), [numbers([4], 613)],
                        widths=[2, 3], mode="constant")


def pooled():
    for what, x, options in [
        ("plain", [2, 3, 6], {"kernel": 2}),
        ("odd", [1, 2, 7], {"kernel": 2}),
        ("overlap", [2, 1, 7], {"kernel": 3, "stride": 2, "padding": 1}),
    ]:
        given = {"kernel_size" if key == "kernel" else key: value for key, value in options.items()}
        op = lambda x, given=given: F.max_pool1d(x, **given)
        yield differentiate(f"pool1d/max/{what}", op, [numbers(x, 614)], options=options)
        op = lambda x, given=given: F.avg_pool1d(x, **given)
        yield differentiate(f"pool1d/avg/{what}", op, [numbers(x, 615)], options=options)
    for what, x, output in [("one", [2, 3, 5], 1), ("uneven", [1, 2, 7], 3), ("more", [1, 2, 3], 5)]:
        op = lambda x, output=output: F.adaptive_avg_pool1d(x, output)
        yield differentiate(f"pool1d/adaptive_avg/{what}", op, [numbers(x, 616)], options={"output": output})
        op = lambda x, output=output: F.adaptive_max_pool1d(x, output)
        yield differentiate(f"pool1d/adaptive_max/{what}", op, [numbers(x, 617)], options={"output": output})
    for what, x, output in [("one", [2, 3, 5, 4], [1, 1]), ("uneven", [1, 2, 7, 5], [3, 2]), ("more", [1, 3, 2], [5, 3])]:
        op = lambda x, output=output: F.adaptive_max_pool2d(x, output)
        yield differentiate(f"adaptive_max_pool2d/{what}", op, [numbers(x, 618)], options={"output": output})
    ties = torch.tensor([[[1.0, 1.0, 0.0, 2.0], [1.0, 1.0, 2.0, 2.0]]])
    op = lambda x: F.adaptive_max_pool2d(x, [1, 2])
    yield differentiate("adaptive_max_pool2d/ties", op, [ties], options={"output": [1, 2]})


def layers():
    layer = nn.ConvTranspose2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), output_padding=(1, 0), groups=2)
    yield recorded("conv_transpose2d_layer/options", layer, [numbers([2, 4, 3, 4], 621)], {})
    layer = nn.ConvTranspose1d(4, 6, 3, stride=2, dilation=2, bias=False)
    yield recorded("conv_transpose1d_layer/options", layer, [numbers([2, 4, 5], 622)], {})
    layer = nn.Conv3d(4, 2, (2, 3, 2), stride=(1, 2, 1), padding=(1, 0, 1), groups=2)
    yield recorded("conv3d_layer/options", layer, [numbers([1, 4, 3, 5, 3], 623)], {})
    layer = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
    yield recorded("upsample_layer/plain", layer, [numbers([1, 2, 3, 2], 624)], {})
    yield recorded("pad_layer/plain", nn.ReflectionPad2d((1, 2, 0, 1)), [numbers([1, 2, 3, 4], 625)], {})
    yield recorded("pixel_shuffle/plain", nn.PixelShuffle(2), [numbers([2, 8, 3, 2], 626)], {})
    yield recorded("pixel_unshuffle/plain", nn.PixelUnshuffle(2), [numbers([2, 2, 6, 4], 627)], {})
    yield recorded("max_pool1d_layer/plain", nn.MaxPool1d(3, 2, 1, 2), [numbers([2, 2, 9], 628)], {})
    yield recorded("adaptive_max_pool2d_layer/plain", nn.AdaptiveMaxPool2d((2, 1)), [numbers([2, 2, 5, 3], 629)], {})
