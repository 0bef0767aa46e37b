"""Embedding, attention, and attention with its projections."""

import torch
import torch.nn.functional as F
from torch import nn

from .common import array, differentiate, leaf, numbers


def cases():
    yield from embeddings()
    yield from attentions()
    yield from layers()


def embeddings():
    for what, ids, padding in [("plain", [[2, 0, 4], [4, 4, 1]], None), ("padding", [[2, 0, 4], [4, 4, 1]], 4), ("vector", [3, 3], None)]:
        run = lambda w, ids=ids, padding=padding: F.embedding(torch.tensor(ids), w, padding_idx=padding)
        given = {"ids": array(torch.tensor(ids)), "padding": -1 if padding is None else padding}
        yield differentiate(f"embedding/{what}", run, [numbers([5, 3], 201)], **given)


def masks():
    """A mask that hides, one that moves scores, and one that hides all of a row's keys."""
    hidden = numbers([5, 7], 202) > 0.8
    moved = numbers([2, 1, 5, 7], 203).masked_fill(numbers([2, 1, 5, 7], 204) > 1.5, float("-inf"))
    all_of_row = torch.zeros([5, 7])
    all_of_row[2] = float("-inf")
    yield "hides", torch.zeros([5, 7]).masked_fill(hidden, float("-inf"))
    yield "moves", moved
    yield "whole_row", all_of_row


def attentions():
    for what, q, k, v in [
        ("plain", [2, 3, 5, 4], [2, 3, 7, 4], [2, 3, 7, 6]),
        ("matrix", [5, 4], [7, 4], [7, 4]),
        ("stack", [3, 7, 4], [3, 5, 4], [3, 5, 4]),
        ("one", [1, 1, 1], [1, 1, 1], [1, 1, 1]),
        ("long", [1, 70, 3], [1, 131, 3], [1, 131, 3]),
        ("wide", [1, 9, 33], [1, 8, 33], [1, 8, 19]),
    ]:
        inputs = [numbers(q, 205), numbers(k, 206), numbers(v, 207)]
        for name, options in [
            ("", {}), ("causal", {"is_causal": True}), ("scaled", {"scale": 0.3}), ("both", {"is_causal": True, "scale": 0.3})
        ]:
            run = lambda q, k, v, options=options: F.scaled_dot_product_attention(q, k, v, **options)
            given = {"causal": "is_causal" in options, "scale": options.get("scale", -1)}
            yield differentiate(f"attention/{what}/{name}", run, inputs, **given)
    inputs = [numbers([2, 3, 5, 4], 208), numbers([2, 3, 7, 4], 209), numbers([2, 3, 7, 4], 210)]
    for what, mask in masks():
        run = lambda q, k, v, mask=mask: F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        yield differentiate(f"attention/mask/{what}", run, inputs, causal=False, scale=-1, mask=array(mask))


def layers():
    for what, width, heads, bias, q, k, v in [
        ("itself", 6, 2, True, [2, 5, 6], None, None),
        ("unbatched", 6, 3, True, [5, 6], None, None),
        ("no_bias", 4, 1, False, [2, 5, 4], None, None),
        ("memory", 6, 2, True, [2, 5, 6], [2, 3, 6], None),
        ("three", 6, 2, True, [2, 5, 6], [2, 3, 6], [2, 3, 6]),
    ]:
        for causal in [False, True]:
            layer = nn.MultiheadAttention(width, heads, bias=bias, batch_first=True)
            # Small numbers: the gradient of the keys' bias is 0 but for rounding, and is compared all the same.
            with torch.no_grad():
                for index, parameter in enumerate(layer.parameters()):
                    parameter.copy_(numbers(list(parameter.shape), 220 + index, -0.4, 0.4))
            inputs = [leaf(numbers(shape, 230 + i, -1, 1)) for i, shape in enumerate([q, k, v]) if shape is not None]
            query, key, value = (inputs * 3)[:3] if len(inputs) != 2 else [inputs[0], inputs[1], inputs[1]]
            # PyTorch wants the mask spelled out where it is causal.
            mask = torch.ones([query.shape[-2], key.shape[-2]]).triu(1).bool() if causal else None
            output, _ = layer(query, key, value, attn_mask=mask, need_weights=False)
            grad = numbers(list(output.shape), 240, 0.25, 1.75)
            output.backward(grad)
            yield {
                "name": f"multihead/{what}/{'causal' if causal else 'plain'}",
                "width": width,
                "heads": heads,
                "bias": bias,
                "causal": causal,
                "state": {key: array(value) for key, value in layer.state_dict().items()},
                "inputs": [array(x) for x in inputs],
                "output": array(output),
                "grad": array(grad),
                "input_grads": [array(x.grad) for x in inputs],
                "parameter_grads": {key: array(value.grad) for key, value in layer.named_parameters()},
            }
