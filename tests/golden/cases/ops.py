"""Operations: value and input gradients under an uneven output gradient."""

import torch
import torch.nn.functional as F

from .common import differentiate, numbers

TWO = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
}

# Second shapes are broadcast against the first.
SHAPES = [
    ("same", [3, 5], [3, 5]),
    ("row", [3, 5], [5]),
    ("column", [3, 5], [3, 1]),
    ("both", [3, 1], [1, 4]),
    ("longer_right", [4], [2, 3, 4]),
    ("scalar", [2, 3], []),
    ("one_element", [1, 1], [2, 2]),
    ("middle", [2, 3, 4], [2, 1, 4]),
    ("long", [2, 37], [37]),
]

# Kinks and their neighbours, for operations that are not smooth.
KINKS = torch.tensor([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0])
LARGE = torch.tensor([[1000.0, 999.0, -1000.0], [-1000.0, -999.5, -1000.0], [88.0, 90.0, 100.0]])
TIES = torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [-1.0, -1.0, -4.0]])

ONE = {
    "neg": lambda x: -x,
    "exp": torch.exp,
    "relu": F.relu,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.1),
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "erf": torch.erf,
    "silu": F.silu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": F.softplus,
    "elu": lambda x: F.elu(x, 0.7),
    "abs": torch.abs,
    "clamp": lambda x: torch.clamp(x, -0.5, 1.0),
    "add_scalar": lambda x: x + 1.5,
    "sub_scalar": lambda x: x - 1.5,
    "scalar_sub": lambda x: 1.5 - x,
    "mul_scalar": lambda x: x * -2.5,
    "div_scalar": lambda x: x / 0.3,
}

POSITIVE = {
    "ln": torch.log,
    "sqrt": torch.sqrt,
    "scalar_div": lambda x: 2.0 / x,
    "pow_half": lambda x: x**0.5,
    "pow_minus": lambda x: x**-1.5,
    "pow_three": lambda x: x**3.0,
}


def cases():
    for op, function in TWO.items():
        for what, left, right in SHAPES:
            low = 0.5 if op == "div" else -2.0
            yield differentiate(f"{op}/{what}", function, [numbers(left, 1), numbers(right, 2, low)])
        x = numbers([3, 2], 3, 0.5)
        yield differentiate(f"{op}/itself", lambda x, function=function: function(x, x), [x])
    for op, function in ONE.items():
        for what, x in [
            ("plain", numbers([3, 5], 4)),
            ("odd", numbers([7, 1, 3], 5, -4, 4)),
            ("kinks", KINKS),
            ("scalar", numbers([], 6)),
            ("long", numbers([35], 7, -6, 6)),
        ]:
            yield differentiate(f"{op}/{what}", function, [x])
    for op in ["sigmoid", "tanh", "softplus", "gelu", "erf", "silu"]:
        x = torch.tensor([-100.0, -30.0, 30.0, 100.0])
        yield differentiate(f"{op}/far", ONE[op], [x])
    for op, function in POSITIVE.items():
        for what, shape in [("plain", [3, 5]), ("odd", [7, 1, 3]), ("long", [35])]:
            yield differentiate(f"{op}/{what}", function, [numbers(shape, 8, 0.1, 4)])
    for op, function in {"maximum": torch.maximum, "minimum": torch.minimum}.items():
        for what, left, right in SHAPES:
            yield differentiate(f"{op}/{what}", function, [numbers(left, 1), numbers(right, 2)])
        yield differentiate(f"{op}/ties", function, [TIES, TIES.T])
        yield differentiate(f"{op}/itself", lambda x, function=function: function(x, x), [KINKS])
        nan = torch.tensor([float("nan"), 1.0, float("nan"), 2.0])
        yield differentiate(f"{op}/nan", function, [nan, nan.roll(1)])
    yield differentiate("pow_two/negative", lambda x: x**2.0, [numbers([3, 5], 9)])
    yield differentiate("pow_three/negative", lambda x: x**3.0, [numbers([3, 5], 10)])
    yield differentiate("pow_zero/kinks", lambda x: x**0.0, [KINKS])
    yield from products()
    yield from shapes()
    yield from reductions()
    yield from normalised()


def products():
    for what, a, b in [
        ("plain", [3, 4], [4, 5]),
        ("one_row", [1, 4], [4, 5]),
        ("one_column", [3, 4], [4, 1]),
        ("inner_one", [3, 1], [1, 5]),
        ("odd", [9, 13], [13, 7]),
        ("batched", [2, 3, 4], [2, 4, 5]),
        ("batched_left", [2, 3, 4], [4, 5]),
        ("batched_right", [3, 4], [2, 4, 5]),
        ("batched_broadcast", [2, 1, 3, 4], [3, 4, 2]),
    ]:
        yield differentiate(f"matmul/{what}", torch.matmul, [numbers(a, 11), numbers(b, 12)])
    yield differentiate("matmul/itself", lambda x: x @ x, [numbers([3, 3], 13)])
    yield differentiate("matmul/gram", lambda x: x.T @ x, [numbers([4, 3], 14)])
    for what, batch, inputs, outputs in [("plain", 4, 3, 5), ("one", 1, 1, 1), ("odd", 9, 17, 7)]:
        x, w, b = numbers([batch, inputs], 15), numbers([outputs, inputs], 16), numbers([outputs], 17)
        yield differentiate(f"linear/{what}", F.linear, [x, w, b])
        yield differentiate(f"linear_no_bias/{what}", F.linear, [x, w])
    x, w, b = numbers([2, 3, 4], 15), numbers([5, 4], 16), numbers([5], 17)
    yield differentiate("linear/batched", F.linear, [x, w, b])


def shapes():
    x = numbers([2, 3, 4], 21)
    yield differentiate("reshape/plain", lambda x: x.reshape(4, 6), [x])
    yield differentiate("transpose/plain", lambda x: x.transpose(0, 1), [numbers([3, 5], 22)])
    yield differentiate("transpose/last", lambda x: x.transpose(1, 2), [x])
    yield differentiate("permute/plain", lambda x: x.permute(2, 0, 1), [x])
    yield differentiate("slice/rows", lambda x: x[1:3], [numbers([4, 3], 23)])
    yield differentiate("slice/columns", lambda x: x[:, 1:2], [numbers([4, 3], 24)])
    labels = torch.tensor([2, 0, 0, 1])
    yield differentiate("gather/rows", lambda x: x.gather(1, labels[:, None])[:, 0], [numbers([4, 3], 29)])
    places = torch.tensor([2, 0, 2, 1])
    for axis in range(2):
        run = lambda x, axis=axis: x.index_select(axis, places)
        yield differentiate(f"index_select/{axis}", run, [numbers([3, 3], 30)], axis=axis)
    condition = torch.tensor([[True, False, True], [False, False, True]])
    for what, left, right in [("same", [2, 3], [2, 3]), ("row", [3], [2, 1]), ("scalar", [2, 3], [])]:
        run = lambda a, b: torch.where(condition, a, b)
        yield differentiate(f"select/{what}", run, [numbers(left, 37), numbers(right, 38)])
    a, b, c = numbers([2, 3], 25), numbers([1, 3], 26), numbers([2, 2], 27)
    yield differentiate("cat/rows", lambda a, b: torch.cat([a, b], 0), [a, b])
    yield differentiate("cat/columns", lambda a, b: torch.cat([a, b], 1), [a, c])
    yield differentiate("stack/first", lambda a, b: torch.stack([a, b], 0), [a, numbers([2, 3], 28)])
    yield differentiate("stack/last", lambda a, b: torch.stack([a, b], 2), [a, numbers([2, 3], 28)])


def reductions():
    x = numbers([2, 3, 4], 31)
    for op, function in {
        "sum": torch.sum,
        "mean": torch.mean,
        "max": torch.max,
        "min": torch.min,
        "var": torch.var,
    }.items():
        yield differentiate(f"{op}/all", function, [x])
        yield differentiate(f"{op}/long", function, [numbers([5, 67], 32)])
        if op != "var":
            yield differentiate(f"{op}/one_element", function, [numbers([1, 1], 33)])
            yield differentiate(f"{op}/scalar", function, [numbers([], 34)])
    yield differentiate("max/ties", torch.max, [TIES])
    yield differentiate("min/ties", torch.min, [TIES])
    for op, function in {
        "sum_axis": torch.sum,
        "mean_axis": torch.mean,
        "max_axis": lambda x, dim: torch.max(x, dim).values,
        "min_axis": lambda x, dim: torch.min(x, dim).values,
        "var_axis": torch.var,
        "sum_axis_keepdim": lambda x, dim: torch.sum(x, dim, keepdim=True),
        "mean_axis_keepdim": lambda x, dim: torch.mean(x, dim, keepdim=True),
        "var_axis_keepdim": lambda x, dim: torch.var(x, dim, keepdim=True),
    }.items():
        for axis in range(3):
            run = lambda x, axis=axis, function=function: function(x, dim=axis)
            yield differentiate(f"{op}/{axis}", run, [x], axis=axis)
        if not op.startswith("var"):
            run = lambda x, function=function: function(x, dim=0)
            yield differentiate(f"{op}/size_one", run, [numbers([1, 3], 35)], axis=0)
    for op, function in {"max_axis": torch.max, "min_axis": torch.min}.items():
        for axis in range(2):
            run = lambda x, axis=axis, function=function: function(x, dim=axis).values
            yield differentiate(f"{op}/ties_{axis}", run, [TIES], axis=axis)


def normalised():
    for op, function in {"softmax": F.softmax, "log_softmax": F.log_softmax}.items():
        for what, x, axis in [
            ("plain", numbers([3, 5], 41), 1),
            ("first_axis", numbers([3, 5], 42), 0),
            ("middle_axis", numbers([2, 3, 4], 43), 1),
            ("one_class", numbers([3, 1], 44), 1),
            ("vector", numbers([6], 45), 0),
            ("wide", numbers([3, 67], 46, -8, 8), 1),
            ("large", LARGE, 1),
            ("ties", TIES, 1),
        ]:
            run = lambda x, axis=axis, function=function: function(x, dim=axis)
            yield differentiate(f"{op}/{what}", run, [x], axis=axis)
    for what, shape, axes in [("plain", [4, 6], [6]), ("two_axes", [2, 3, 4], [3, 4]), ("one_row", [1, 3], [3])]:
        run = lambda x, w, b, axes=axes: F.layer_norm(x, axes, w, b, 1e-5)
        yield differentiate(f"layer_norm/{what}", run, [numbers(shape, 47), numbers(axes, 48), numbers(axes, 49)])
