"""Attention weights, rotary positions, and transformer encoders."""

import torch
from torch import nn

from .common import array, differentiate, leaf, numbers


def cases():
    yield from weights()
    yield from rotations()
    yield from encoders()


def weights():
    for what, width, heads, causal in [("plain", 6, 2, False), ("causal", 6, 3, True), ("one", 4, 1, False)]:
        layer = nn.MultiheadAttention(width, heads, batch_first=True)
        fill(layer)
        x = leaf(numbers([2, 5, width], 701, -1, 1))
        mask = torch.ones([5, 5]).triu(1).bool() if causal else None
        output, shares = layer(x, x, x, attn_mask=mask, average_attn_weights=False)
        grads = [numbers(list(part.shape), 702, 0.25, 1.75) for part in [output, shares]]
        torch.autograd.backward([output, shares], grads)
        yield {
            "name": f"attention_weights/{what}",
            "options": {"width": width, "heads": heads, "causal": causal},
            "state": {key: array(value) for key, value in layer.state_dict().items()},
            "input": array(x),
            "outputs": [array(output), array(shares)],
            "grads": [array(grad) for grad in grads],
            "input_grad": array(x.grad),
        }


def rotations():
    """The complex product of the paper; PyTorch itself has no rotary positions."""

    def rotate(x, width, start, base, halves):
        time = x.shape[-2]
        heads = x.reshape(*x.shape[:-1], -1, width).double()
        angles = torch.outer(
            torch.arange(start, start + time).double(), base ** (-torch.arange(0, width, 2).double() / width)
        )[:, None, :]
        first, second = (heads[..., : width // 2], heads[..., width // 2:]) if halves else (heads[..., 0::2], heads[..., 1::2])
        turned = torch.complex(first, second) * torch.polar(torch.ones_like(angles), angles)
        parts = [turned.real, turned.imag]
        joined = torch.cat(parts, -1) if halves else torch.stack(parts, -1).flatten(-2)
        return joined.reshape(x.shape).float()

    for what, shape, width, start, base, halves in [
        ("plain", [2, 5, 8], 4, 0, 10000.0, False), ("later", [3, 4], 4, 1000, 10000.0, False),
        ("halves", [2, 3, 12], 6, 2, 500.0, True), ("pair", [1, 1, 2], 2, 7, 10000.0, False),
    ]:
        run = lambda x, given=(width, start, base, halves): rotate(x, *given)
        options = {"width": width, "start": start, "base": base, "halves": halves}
        yield differentiate(f"rotary/{what}", run, [numbers(shape, 703)], options=options)


def fill(layer):
    """Small numbers, so that no softmax is almost a single one."""
    with torch.no_grad():
        for index, parameter in enumerate(layer.parameters()):
            parameter.copy_(numbers(list(parameter.shape), 710 + index, -0.4, 0.4))


def encoders():
    for what, options in [
        ("plain", {}),
        ("norm_first", {"norm_first": True, "activation": "gelu"}),
        ("no_bias", {"bias": False, "layer_norm_eps": 0.01}),
        ("causal", {"norm_first": True}),
    ]:
        layer = nn.TransformerEncoderLayer(6, 2, 9, dropout=0.0, batch_first=True, **options)
        given = {
            "norm_first": layer.norm_first, "gelu": options.get("activation") == "gelu",
            "bias": options.get("bias", True), "eps": layer.norm1.eps, "causal": what == "causal", "layers": 1,
        }
        yield encoder(f"transformer_layer/{what}", layer, given)
    layer = nn.TransformerEncoderLayer(6, 2, 9, dropout=0.0, batch_first=True)
    model = nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(6), enable_nested_tensor=False)
    given = {"norm_first": False, "gelu": False, "bias": True, "eps": 1e-5, "causal": True, "layers": 2}
    yield encoder("transformer/two_layers", model, given)


def encoder(name, layer, options):
    fill(layer)
    x = leaf(numbers([2, 4, 6], 704, -1, 1))
    mask = torch.full([4, 4], float("-inf")).triu(1) if options["causal"] else None
    output = layer(x, mask)
    grad = numbers(list(output.shape), 705, 0.25, 1.75)
    output.backward(grad)
    return {
        "name": name,
        "options": options,
        "training": True,
        "state": {key: array(value) for key, value in layer.state_dict().items()},
        "rounds": [{"input": array(x), "output": array(output), "grad": array(grad), "input_grad": array(x.grad)}],
        "parameter_grads": {key: array(value.grad) for key, value in layer.named_parameters()},
        "state_after": {},
    }
