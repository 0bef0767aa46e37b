"""Optimizers: parameters after each of 20 steps, and after 100; clipping of gradients."""

import torch
from torch import optim

from .common import array, leaf, number, numbers

SHAPES = [[3, 3], [2]]
STEPS = 20
# The steps after which most cases are recorded. A run of 100 steps has the gradients of the first 20 again and again.
AT = [1, 5, 20]
LONG = [100]
# The optimizers whose cases are recorded after each step.
IN_DETAIL = ["sgd", "adam", "adamw"]


def gradient(step, index):
    return numbers(SHAPES[index], 200 + 10 * step + index, -1.5, 1.0)


OPTIMIZERS = [
    ("sgd", optim.SGD, [
        {"lr": 0.1},
        {"lr": 0.1, "momentum": 0.9},
        {"lr": 0.05, "momentum": 0.8, "dampening": 0.3},
        {"lr": 0.05, "momentum": 0.9, "nesterov": True},
        {"lr": 0.1, "weight_decay": 0.05},
        {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.05},
        {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
        {"lr": 0.05, "momentum": 0.7, "dampening": 0.5, "weight_decay": 0.1},
        {"lr": 0.0, "momentum": 0.9},
        {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.05, "maximize": True},
    ]),
    ("adam", optim.Adam, [
        {"lr": 0.001},
        {"lr": 0.05},
        {"lr": 0.05, "betas": [0.8, 0.95]},
        {"lr": 0.05, "betas": [0.0, 0.99]},
        {"lr": 0.05, "eps": 0.01},
        {"lr": 0.05, "weight_decay": 0.1},
        {"lr": 0.02, "betas": [0.7, 0.9], "eps": 0.001, "weight_decay": 0.01},
        {"lr": 0.05, "betas": [0.8, 0.7], "amsgrad": True, "weight_decay": 0.1},
        {"lr": 0.05, "maximize": True},
    ]),
    ("adamw", optim.AdamW, [
        {"lr": 0.001},
        {"lr": 0.05, "weight_decay": 0.1},
        {"lr": 0.05, "weight_decay": 0.0},
        {"lr": 0.02, "betas": [0.7, 0.9], "eps": 0.001, "weight_decay": 0.3},
        {"lr": 0.05, "betas": [0.8, 0.7], "amsgrad": True, "weight_decay": 0.1},
        {"lr": 0.05, "maximize": True, "weight_decay": 0.1},
    ]),
    ("rms_prop", optim.RMSprop, [
        {"lr": 0.01},
        {"lr": 0.05, "alpha": 0.9, "eps": 0.001, "weight_decay": 0.1},
        {"lr": 0.01, "momentum": 0.9},
        {"lr": 0.01, "centered": True},
        {"lr": 0.01, "alpha": 0.8, "momentum": 0.5, "centered": True, "weight_decay": 0.05, "maximize": True},
    ]),
    ("adagrad", optim.Adagrad, [
        {"lr": 0.1},
        {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1},
        {"lr": 0.1, "initial_accumulator_value": 0.5, "eps": 0.01, "maximize": True},
    ]),
    ("adadelta", optim.Adadelta, [
        {"lr": 1.0},
        {"lr": 0.5, "rho": 0.5, "eps": 0.01, "weight_decay": 0.1},
        {"lr": 1.0, "eps": 0.01, "maximize": True},
    ]),
    ("adamax", optim.Adamax, [
        {"lr": 0.002},
        {"lr": 0.05, "betas": [0.8, 0.9], "eps": 0.01, "weight_decay": 0.1},
        {"lr": 0.05, "maximize": True},
    ]),
    ("nadam", optim.NAdam, [
        {"lr": 0.002},
        {"lr": 0.05, "betas": [0.8, 0.9], "eps": 0.01, "weight_decay": 0.1},
        {"lr": 0.05, "momentum_decay": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
        {"lr": 0.05, "maximize": True},
    ]),
    ("radam", optim.RAdam, [
        {"lr": 0.001},
        {"lr": 0.05, "betas": [0.8, 0.9], "eps": 0.01, "weight_decay": 0.1},
        {"lr": 0.05, "betas": [0.9, 0.99], "weight_decay": 0.1, "decoupled_weight_decay": True},
        {"lr": 0.05, "betas": [0.9, 0.5], "maximize": True},
    ]),
]
# Groups: the second parameter has options of its own.
GROUPS = [
    ("sgd", optim.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.05}, {"lr": 0.01, "weight_decay": 0.0}),
    ("adamw", optim.AdamW, {"lr": 0.05, "weight_decay": 0.1}, {"weight_decay": 0.0}),
    ("rms_prop", optim.RMSprop, {"lr": 0.01, "weight_decay": 0.1}, {"lr": 0.03}),
]
MATRICES = [[3, 3], [5, 2], [2, 6], [1, 4], [1, 1]]
MUON = [
    {"lr": 0.02},
    {"lr": 0.02, "momentum": 0.5, "nesterov": False, "weight_decay": 0.0},
    {"lr": 0.01, "ns_coefficients": [2.0, -1.5, 0.5], "ns_steps": 3, "eps": 0.01},
    {"lr": 0.01, "adjust_lr_fn": "match_rms_adamw"},
]


def cases():
    yield {
        "name": "given",
        "start": [array(start(i)) for i in range(2)],
        "gradients": [[array(gradient(step, i)) for i in range(2)] for step in range(STEPS)],
    }
    for word, optimizer, choices in OPTIMIZERS:
        at = list(range(1, STEPS + 1)) if word in IN_DETAIL else AT
        for options in choices:
            words = ",".join(f"{key}={value}" for key, value in options.items())
            yield run(f"{word}/{words}", word, optimizer, options, at=at)
        options = choices[1] | {"lr": 0.05}
        # The second parameter has a gradient on every third step only.
        yield run(f"{word}/sometimes_none", word, optimizer, options, at=at, some=lambda step: step % 3 == 1)
        # The rate halves after each fifth step.
        yield run(f"{word}/halving_rate", word, optimizer, options, at=at, halve=True)
        yield run(f"{word}/long", word, optimizer, choices[-1], at=LONG)
    for word, optimizer, options, own in GROUPS:
        yield run(f"{word}/group", word, optimizer, options, halve=True, group=own)
    yield from muon()
    yield from lion()
    yield from lbfgs()
    yield from clipping()


def start(index):
    return numbers(SHAPES[index], 190 + index, -1, 1)


def run(name, word, optimizer, options, at=AT, some=lambda step: True, halve=False, group=None):
    parameters = [leaf(start(i)) for i in range(2)]
    given = {key: tuple(v) if isinstance(v, list) else v for key, v in options.items()}
    groups = parameters if group is None else [{"params": parameters[:1]}, {"params": parameters[1:], **group}]
    stepper = optimizer(groups, foreach=False, **given)
    after, has_gradient = [], []
    for step in range(at[-1]):
        stepper.zero_grad()
        has_gradient.append([True, some(step)])
        for index, parameter in enumerate(parameters):
            if has_gradient[-1][index]:
                parameter.grad = gradient(step % STEPS, index)
        if halve and step > 0 and step % 5 == 0:
            for own in stepper.param_groups:
                own["lr"] /= 2
        stepper.step()
        if step + 1 in at:
            after.append([[number(v) for v in p.detach().flatten().tolist()] for p in parameters])
    return finished(name, word, options, at, has_gradient, halve, after, group)


def finished(name, word, options, at, has_gradient, halve, after, group=None):
    case = {"name": name, "optimizer": word, "options": options}
    if word in IN_DETAIL and at[-1] == STEPS and group is None:
        case["has_gradient"] = has_gradient
    elif not all(all(row) for row in has_gradient):
        case["has_gradient"] = has_gradient
    case["halving"] = halve
    if len(after) != STEPS:
        case["at"] = at
    if group is not None:
        case["group"] = group
    return case | {"after": after}


def muon():
    """Muon on matrices of several shapes: their values after 1, 5 and 20 steps, computed in f32.

    PyTorch orthogonalizes in bfloat16, which has three digits. Here the name of that type stands for f32.
    """
    bfloat16 = torch.bfloat16
    torch.bfloat16 = torch.float32
    try:
        for options in MUON:
            words = ",".join(f"{key}={value}" for key, value in options.items())
            starts = [numbers(shape, 700 + i, -1, 1) for i, shape in enumerate(MATRICES)]
            gradients = [numbers(shape, 720 + i, -1, 1) for i, shape in enumerate(MATRICES)]
            parameters = [leaf(values) for values in starts]
            given = {key: tuple(v) if isinstance(v, list) else v for key, v in options.items()}
            stepper = optim.Muon(parameters, **given)
            after = []
            for step in range(STEPS):
                for parameter, values in zip(parameters, gradients):
                    parameter.grad = values * (1 if step % 3 else -0.5)
                stepper.step()
                if step + 1 in AT:
                    after.append([array(p) for p in parameters])
            yield {
                "name": f"muon/{words}", "options": options, "starts": [array(p) for p in starts],
                "gradients": [array(g) for g in gradients], "after": after,
            }
    finally:
        torch.bfloat16 = bfloat16


def lion():
    """Lion, which PyTorch lacks, by the formula of the paper."""
    for options in [{"lr": 0.01}, {"lr": 0.01, "betas": [0.8, 0.9], "weight_decay": 0.1}]:
        words = ",".join(f"{key}={value}" for key, value in options.items())
        beta1, beta2 = options.get("betas", [0.9, 0.99])
        rate, decay = options["lr"], options.get("weight_decay", 0.0)
        parameters = [start(i) for i in range(2)]
        momenta = [torch.zeros(shape) for shape in SHAPES]
        after = []
        for step in range(STEPS):
            for index, parameter in enumerate(parameters):
                given, momentum = gradient(step, index), momenta[index]
                direction = torch.sign(beta1 * momentum + (1 - beta1) * given)
                parameter.mul_(1 - rate * decay).sub_(rate * direction)
                momentum.mul_(beta2).add_(given, alpha=1 - beta2)
            if step + 1 in AT:
                after.append([[number(v) for v in p.flatten().tolist()] for p in parameters])
        yield finished(f"lion/{words}", "lion", options, AT, [], False, after)


# Short runs: near the minimum, where the gradient is rounding noise, no two implementations agree.
LBFGS = [
    {"lr": 0.5, "max_iter": 4},
    {"lr": 0.5, "history_size": 2, "max_iter": 5},
    {"lr": 1.0, "max_iter": 4, "max_eval": 2},
    {"lr": 0.5, "max_iter": 5, "tolerance_grad": 0.2},
    {"lr": 0.5, "max_iter": 5, "tolerance_change": 0.05},
    {"lr": 1.0, "line_search_fn": "strong_wolfe", "max_iter": 2},
    {"lr": 8.0, "line_search_fn": "strong_wolfe", "max_iter": 2},
    {"lr": 100.0, "line_search_fn": "strong_wolfe", "max_iter": 3, "history_size": 1},
    {"lr": 0.01, "line_search_fn": "strong_wolfe", "max_iter": 3},
]


def lbfgs():
    """L-BFGS on the loss mean((A p - b)^2) + 0.05 sum(p^4): the loss and p after each of two steps."""
    matrix, target, at = numbers([8, 4], 760, -1, 1), numbers([8, 1], 761, -2, 2), numbers([4, 1], 762, -1, 1)
    for options in LBFGS:
        words = ",".join(f"{key}={value}" for key, value in options.items())
        point = leaf(at)
        stepper = optim.LBFGS([point], **options)

        def closure():
            stepper.zero_grad()
            error = matrix @ point - target
            square = point * point
            loss = (error * error).mean() + 0.05 * (square * square).sum()
            loss.backward()
            return loss

        losses, after, evaluations = [], [], []
        for _ in range(2):
            losses.append(number(stepper.step(closure).item()))
            after.append(array(point))
            evaluations.append(stepper.state[point]["func_evals"])
        yield {
            "name": f"lbfgs/{words}", "options": options, "matrix": array(matrix), "target": array(target),
            "start": array(at), "losses": losses, "after": after, "evaluations": evaluations,
        }


def clipping():
    nan, inf = float("nan"), float("inf")
    sets = {
        "plain": [[3.0, -4.0, 12.0], [0.5, -1.0]],
        "zero": [[0.0, 0.0, 0.0], [0.0, 0.0]],
        "infinite": [[1.0, inf, 2.0], [0.5, -1.0]],
        "minus_infinite": [[1.0, -inf, 2.0], [0.5, -1.0]],
        "nan": [[1.0, nan, 2.0], [0.5, -1.0]],
        "tiny": [[1e-8, 0.0, 0.0], [0.0, 2e-8]],
        "huge": [[1e15, 0.0, -1e15], [3.0, 2e15]],
    }
    for what, rows in sets.items():
        for limit in [1.0, 5.0, 100.0]:
            for kind in ["norm", "value"]:
                parameters = [leaf(torch.zeros(len(row))) for row in rows]
                for parameter, row in zip(parameters, rows):
                    parameter.grad = torch.tensor(row)
                norm = None
                if kind == "norm":
                    norm = number(torch.nn.utils.clip_grad_norm_(parameters, limit, foreach=False))
                else:
                    torch.nn.utils.clip_grad_value_(parameters, limit, foreach=False)
                yield {
                    "name": f"clip_grad_{kind}/{what}/{limit}", "clip": kind, "limit": limit,
                    "gradients": [array(torch.tensor(row)) for row in rows], "norm": norm,
                    "clipped": [array(p.grad) for p in parameters],
                }
