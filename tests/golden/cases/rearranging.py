"""Operations that move, select, sort and accumulate, and elementwise functions of the second kind."""

import torch

from .common import array, differentiate, leaf, numbers

KINKS = torch.tensor([-2.5, -1.5, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 1.5, 2.5])
TIES = torch.tensor([[1.0, 3.0, 3.0, float("nan")], [2.0, 2.0, 2.0, 2.0], [-1.0, float("inf"), -1.0, -4.0]])
ZEROS = torch.tensor([[2.0, 0.0, 5.0], [0.0, 3.0, 0.0], [1.5, -2.0, 0.5]])

ONE = {
    "sin": torch.sin, "cos": torch.cos, "sign": torch.sign, "round": torch.round, "floor": torch.floor,
    "ceil": torch.ceil, "ln_1p": torch.log1p, "exp_m1": torch.expm1,
}
# Shapes and an axis of each: every rank, size-1 and empty axes.
AXES = [
    ("vector", [5], 0), ("rows", [3, 5], 0), ("columns", [3, 5], -1), ("middle", [2, 3, 4], 1),
    ("deep", [2, 1, 3, 2, 2], 2), ("size_one", [2, 1, 3], 1), ("empty", [0, 3], 1),
]
EMPTY_AXIS = ("empty_axis", [2, 0], 1)


def cases():
    for op, function in ONE.items():
        low = -0.9 if op == "ln_1p" else -4.0
        for what, x in [("plain", numbers([3, 5], 401, low, 4)), ("scalar", numbers([], 402, low, 4)),
                        ("empty", numbers([0, 2], 403)), ("kinks", KINKS.clamp(min=low))]:
            yield differentiate(f"{op}/{what}", function, [x])
        # A transposed input: the result must not depend on its strides.
        yield differentiate(f"{op}/transposed", lambda x, f=function: f(x.T), [numbers([3, 4], 404, low, 4)])
    for op in ["sin", "cos"]:
        far = torch.tensor([1e-8, 100.0, -12345.678, 1e6, 3e7, -1e20, 3e38, 22.0, 1.5707964])
        yield differentiate(f"{op}/far", ONE[op], [far])
    small = torch.tensor([1e-8, -1e-8, 1e-4, -1e-4, 20.0, 1e-38])
    for op in ["ln_1p", "exp_m1"]:
        yield differentiate(f"{op}/small", ONE[op], [small])
    yield differentiate("exp_m1/far", torch.expm1, [torch.tensor([-100.0, -20.0, 88.0, 100.0])])
    yield from along_axes()
    yield from ordered()
    yield from placed()
    yield from moved()


def along_axes():
    inf = float("inf")
    reductions = {
        "norm_1": lambda x, dim, keepdim=False: torch.norm(x, 1, dim, keepdim),
        "norm_2": lambda x, dim, keepdim=False: torch.norm(x, 2, dim, keepdim),
        "norm_3": lambda x, dim, keepdim=False: torch.norm(x, 3, dim, keepdim),
        "norm_inf": lambda x, dim, keepdim=False: torch.norm(x, inf, dim, keepdim),
        "std": torch.std, "logsumexp": torch.logsumexp, "prod": torch.prod,
    }
    for op, function in reductions.items():
        rows = AXES if op in ["norm_inf"] else AXES + [EMPTY_AXIS]
        for what, shape, axis in rows:
            if op == "std" and shape[axis] < 2:
                continue
            run = lambda x, f=function, axis=axis: f(x, axis)
            yield differentiate(f"{op}/{what}", run, [numbers(shape, 411)], axis=axis)
        run = lambda x, f=function: f(x, 1, keepdim=True)
        yield differentiate(f"{op}_keepdim/middle", run, [numbers([2, 3, 4], 412)], axis=1)
        run = lambda x, f=function: f(x.transpose(0, 2), 1)
        yield differentiate(f"{op}_transposed/middle", run, [numbers([2, 3, 4], 413)], axis=1)
        if op == "logsumexp":
            continue
        whole = {"std": torch.std, "prod": torch.prod}.get(op)
        p = {"norm_1": 1, "norm_2": 2, "norm_3": 3, "norm_inf": inf}.get(op)
        whole = whole or (lambda x, p=p: torch.norm(x, p))
        yield differentiate(f"{op}_all/plain", whole, [numbers([2, 3], 414)])
        yield differentiate(f"{op}_all/zeros", whole, [torch.zeros([2, 2])])
        if op != "std":
            yield differentiate(f"{op}_all/scalar", whole, [numbers([], 415)])
    ties = torch.tensor([[3.0, -3.0, 1.0], [0.0, 0.0, 0.0]])
    for op in ["norm_1", "norm_2", "norm_inf"]:
        run = lambda x, f=reductions[op]: f(x, 1)
        yield differentiate(f"{op}/ties", run, [ties], axis=1)
    yield differentiate("prod/zeros", lambda x: x.prod(1), [ZEROS], axis=1)
    yield differentiate("prod_all/some_zeros", torch.prod, [ZEROS])
    large = torch.tensor([[1000.0, 999.0], [-1000.0, -1001.0], [-float("inf"), 1.0]])
    yield differentiate("logsumexp/large", lambda x: x.logsumexp(1), [large], axis=1)
    for what, shape, axis in AXES + [EMPTY_AXIS]:
        run = lambda x, axis=axis: x.cumsum(axis)
        yield differentiate(f"cumsum/{what}", run, [numbers(shape, 416)], axis=axis)
    yield differentiate("cumsum/long", lambda x: x.cumsum(0), [numbers([150], 417)], axis=0)


def ordered():
    """Values with their gradients, and the indices beside them."""
    for what, shape, axis in AXES + [EMPTY_AXIS]:
        x = numbers(shape, 421)
        for op, options in {"sort": {}, "sort_descending": {"descending": True}}.items():
            run = lambda x, axis=axis, options=options: x.sort(dim=axis, stable=True, **options)
            yield with_indices(f"{op}/{what}", run, x, axis=axis)
        for k in {0, min(2, shape[axis]), shape[axis]}:
            run = lambda x, axis=axis, k=k: x.topk(k, axis)
            yield with_indices(f"topk/{what}_{k}", run, x, axis=axis, k=k)
    for op, options in {"sort": {}, "sort_descending": {"descending": True}}.items():
        run = lambda x, options=options: x.sort(dim=1, stable=True, **options)
        yield with_indices(f"{op}/ties", run, TIES, axis=1)


def with_indices(name, function, x, **extra):
    case = differentiate(name, lambda x: function(x)[0], [x], **extra)
    return {**case, "indices": array(function(x)[1].float())}


def placed():
    """Indices along an axis, several of them twice, and shorter than the tensor along other axes."""
    for what, shape, taken, axis in [
        ("vector", [5], [7], 0), ("rows", [3, 4], [2, 3], 0), ("columns", [3, 4], [3, 6], 1),
        ("middle", [2, 3, 4], [2, 5, 3], 1), ("size_one", [2, 1, 3], [2, 2, 3], 1), ("empty", [2, 3], [0, 3], 0),
        ("deep", [2, 2, 3, 2], [1, 2, 4, 2], 2),
    ]:
        index = (numbers(taken, 431, 0, shape[axis] - 0.001)).floor().long()
        x, source = numbers(shape, 432), numbers(taken, 433)
        extra = {"axis": axis, "index": array(index.float())}
        run = lambda x, index=index, axis=axis: x.gather(axis, index)
        yield differentiate(f"gather_axis/{what}", run, [x], **extra)
        run = lambda x, s, index=index, axis=axis: x.scatter_add(axis, index, s)
        yield differentiate(f"scatter_add/{what}", run, [x, source], **extra)
    # PyTorch promises no order for indices that occur twice in `scatter`: each occurs once here.
    index = torch.tensor([[2, 0, 1], [0, 3, 2]])
    extra = {"axis": 0, "index": array(index.float())}
    run = lambda x, s: x.scatter(0, index, s)
    yield differentiate("scatter/rows", run, [numbers([4, 3], 434), numbers([2, 3], 435)], **extra)
    extra = {"axis": 1, "index": array(index.float())}
    run = lambda x, s: x.scatter(1, index, s)
    yield differentiate("scatter/columns", run, [numbers([2, 5], 436), numbers([2, 3], 437)], **extra)
    run = lambda x: x.scatter(1, index, -2.5)
    yield differentiate("scatter_number/columns", run, [numbers([2, 5], 438)], **extra)
    for what, shape, mask in [
        ("same", [2, 3], [2, 3]), ("row", [2, 3], [3]), ("column", [2, 3], [2, 1]), ("longer", [3], [2, 1]),
        ("scalar", [], [2]), ("empty", [0, 3], [3]),
    ]:
        mask = numbers(mask, 439) > 0
        run = lambda x, mask=mask: x.masked_fill(mask, -7.5)
        yield differentiate(f"masked_fill/{what}", run, [numbers(shape, 440)], mask=array(mask.float()))


def moved():
    for op in ["tril", "triu"]:
        for diagonal in [0, 1, -2, 9, -9]:
            run = lambda x, op=op, diagonal=diagonal: getattr(x, op)(diagonal)
            for what, shape in [("wide", [3, 5]), ("batch", [2, 4, 3]), ("empty", [0, 2]), ("one", [1, 1])]:
                if diagonal in (9, -9) and what != "wide":
                    continue
                yield differentiate(f"{op}/{what}_{diagonal}", run, [numbers(shape, 441)], diagonal=diagonal)
    for what, shape, axis in AXES + [EMPTY_AXIS]:
        run = lambda x, axis=axis: x.flip(axis)
        yield differentiate(f"flip/{what}", run, [numbers(shape, 442)], axis=axis)
        for shift in [1, -2, 7]:
            run = lambda x, axis=axis, shift=shift: x.roll(shift, axis)
            yield differentiate(f"roll/{what}_{shift}", run, [numbers(shape, 443)], axis=axis, shift=shift)
    for what, shape, counts in [
        ("vector", [3], [2]), ("new_axis", [3], [2, 2]), ("matrix", [2, 3], [3, 2]), ("scalar", [], [2, 1]),
        ("zero", [2, 3], [0, 1]), ("one", [2, 3], [1, 1]), ("empty", [0, 2], [2, 2]), ("deep", [2, 1, 2], [2, 2, 1, 3]),
    ]:
        run = lambda x, counts=counts: x.repeat(*counts)
        yield differentiate(f"repeat/{what}", run, [numbers(shape, 444)], counts=counts)
    for what, shape, wider in [
        ("same", [2, 3], [2, 3]), ("row", [3], [2, 3]), ("column", [2, 1], [2, 3]), ("scalar", [], [2, 2]),
        ("both", [1, 3, 1], [2, 3, 4]), ("empty", [1, 2], [0, 2]), ("new_axes", [2], [1, 3, 2]),
    ]:
        run = lambda x, wider=wider: x.expand(*wider)
        yield differentiate(f"expand/{what}", run, [numbers(shape, 445)], counts=wider)
    for axis in [0, 1, 2, -1, -3]:
        run = lambda x, axis=axis: x.unsqueeze(axis)
        yield differentiate(f"unsqueeze/{axis}", run, [numbers([2, 3], 446)], axis=axis)
        run = lambda x, axis=axis: x.squeeze(axis)
        yield differentiate(f"squeeze/{axis}", run, [numbers([1, 3, 1], 447)], axis=axis)
    for what, shape, axis in AXES:
        length = shape[axis]
        for size in {1, 2, length + 3}:
            parts = lambda x, axis=axis, size=size: torch.cat(x.split(size, axis)[::-1], axis)
            yield differentiate(f"split/{what}_{size}", parts, [numbers(shape, 448)], axis=axis, size=size)
            parts = lambda x, axis=axis, size=size: torch.cat(x.chunk(size, axis)[::-1], axis)
            yield differentiate(f"chunk/{what}_{size}", parts, [numbers(shape, 449)], axis=axis, size=size)
        for size, step in [(1, 1), (2, 1), (2, 3)]:
            if size > length:
                continue
            run = lambda x, axis=axis, size=size, step=step: x.unfold(axis, size, step)
            extra = {"axis": axis, "size": size, "step": step}
            yield differentiate(f"unfold/{what}_{size}_{step}", run, [numbers(shape, 450)], **extra)
    sizes = lambda x: torch.cat(x.split_with_sizes([1, 0, 4], 1)[::-1], 1)
    yield differentiate("split_with_sizes/columns", sizes, [numbers([2, 5], 451)])
