"""Schedules: the learning rate of each of 26 updates, in f64."""

import torch
from torch.optim import SGD
from torch.optim.lr_scheduler import (
    ChainedScheduler, ConstantLR, CosineAnnealingLR, CosineAnnealingWarmRestarts, CyclicLR, ExponentialLR, LambdaLR,
    LinearLR, MultiStepLR, OneCycleLR, PolynomialLR, ReduceLROnPlateau, SequentialLR, StepLR,
)


def cases():
    for rate in [0.1, 1e-3]:
        for step_size in [1, 3, 10, 30]:
            for gamma in [0.1, 0.5, 1.0]:
                options = {"step_size": step_size, "gamma": gamma}
                yield recorded(f"step_lr/{rate}/{step_size}/{gamma}", StepLR, options, rate)
        for t_max in [1, 5, 20, 25]:
            for eta_min in [0.0, 1e-4]:
                options = {"T_max": t_max, "eta_min": eta_min}
                # Up to T_max: there PyTorch's recurrence is the closed form of the paper.
                yield recorded(f"cosine_lr/{rate}/{t_max}/{eta_min}", CosineAnnealingLR, options, rate, t_max + 1)
    for max_lr, total_steps, pct_start, div_factor, final_div_factor in [
        (0.1, 26, 0.3, 25.0, 1e4),
        (0.5, 10, 0.3, 10.0, 100.0),
        (1e-3, 25, 0.45, 2.0, 1.0),
        (0.1, 20, 1.0, 25.0, 1e4),
        (0.1, 20, 0.0, 25.0, 1e4),
        (0.2, 7, 0.3, 25.0, 1e4),
        (0.1, 2, 0.3, 25.0, 1e4),
    ]:
        options = {
            "max_lr": max_lr, "total_steps": total_steps, "pct_start": pct_start, "div_factor": div_factor,
            "final_div_factor": final_div_factor, "cycle_momentum": False,
        }
        name = f"one_cycle_lr/{max_lr}/{total_steps}/{pct_start}"
        # PyTorch fails after the last update.
        yield recorded(name, OneCycleLR, options, 0.05, total_steps)


    yield from more()
    yield from plateaus()


def more():
    for factor, total in [(0.5, 4), (1 / 3, 5), (0.01, 1), (1.0, 100)]:
        options = {"factor": factor, "total_iters": total}
        yield recorded(f"constant_lr/{factor}/{total}", ConstantLR, options, 0.1)
    for start, end, total in [(1 / 3, 1.0, 5), (1.0, 0.0, 20), (0.25, 0.75, 1), (1.0, 0.1, 100)]:
        # PyTorch's recurrence divides by the factor, so it starts above 0.
        options = {"start_factor": start, "end_factor": end, "total_iters": total}
        yield recorded(f"linear_lr/{start}/{end}/{total}", LinearLR, options, 0.1)
    for milestones, gamma in [([3, 10], 0.1), ([10, 3, 3], 0.5), ([1], 2.0)]:
        options = {"milestones": milestones, "gamma": gamma}
        name = "-".join(map(str, milestones))
        yield recorded(f"multi_step_lr/{name}/{gamma}", MultiStepLR, options, 0.1)
    for gamma in [0.5, 0.99, 1.0, 1.1]:
        yield recorded(f"exponential_lr/{gamma}", ExponentialLR, {"gamma": gamma}, 0.1)
    for total, power in [(5, 1.0), (20, 2.0), (25, 0.5), (1, 1.0), (100, 3.0)]:
        options = {"total_iters": total, "power": power}
        yield recorded(f"polynomial_lr/{total}/{power}", PolynomialLR, options, 0.1)
    for t_0, t_mult, eta_min in [(5, 1, 0.0), (3, 2, 1e-3), (1, 1, 0.0), (1, 3, 0.01), (30, 2, 0.0)]:
        options = {"T_0": t_0, "T_mult": t_mult, "eta_min": eta_min}
        yield recorded(f"cosine_restarts_lr/{t_0}/{t_mult}/{eta_min}", CosineAnnealingWarmRestarts, options, 0.1)
    for up, down, mode, gamma in [
        (4, 4, "triangular", 1.0), (3, 5, "triangular", 1.0), (2, 4, "triangular2", 1.0), (5, 2, "exp_range", 0.9),
        (1, 1, "triangular", 1.0),
    ]:
        options = {
            "base_lr": 0.01, "max_lr": 0.1, "step_size_up": up, "step_size_down": down, "mode": mode, "gamma": gamma,
            "cycle_momentum": False,
        }
        yield recorded(f"cyclic_lr/{up}/{down}/{mode}", CyclicLR, options, 0.3)
    # The functions are in the test too.
    yield recorded("lambda_lr/inverse", lambda o, **_: LambdaLR(o, lambda t: 1 / (1 + 0.1 * t)), {}, 0.1)
    yield recorded("sequential_lr/three", sequence, {}, 0.1)
    yield recorded("chained_lr/two", chain, {}, 0.1)


def sequence(optimizer):
    parts = [LinearLR(optimizer, 0.25, 1.0, 4), ConstantLR(optimizer, 0.5, 3), ExponentialLR(optimizer, 0.9)]
    return SequentialLR(optimizer, parts, [4, 10])


def chain(optimizer):
    return ChainedScheduler([ConstantLR(optimizer, 0.1, 5), ExponentialLR(optimizer, 0.9)], optimizer)


def plateaus():
    values = [5.0, 4.0, 4.0, 3.9999, 4.0, 4.1, 3.0, 3.2, 3.1, 3.0, 2.9, float("nan"), 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 2.0, 2.5]
    for number, options in enumerate([
        {"patience": 2},
        {"factor": 0.5, "patience": 0},
        {"factor": 0.5, "patience": 1, "cooldown": 2, "min_lr": 0.02},
        {"factor": 0.5, "patience": 1, "threshold": 0.5, "threshold_mode": "abs"},
        {"factor": 0.5, "patience": 1, "threshold": 0.1},
        {"factor": 0.5, "patience": 3, "mode": "max"},
        {"factor": 0.5, "patience": 1, "mode": "max", "threshold": 0.3, "threshold_mode": "abs", "cooldown": 1},
        {"factor": 0.9, "patience": 0, "eps": 0.005},
    ]):
        optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        scheduler = ReduceLROnPlateau(optimizer, **options)
        rates = []
        for value in values:
            scheduler.step(value)
            rates.append(optimizer.param_groups[0]["lr"])
        given = [str(v) if v != v else v for v in values]
        yield {"name": f"plateau_lr/{number}", "rate": 0.1, "options": options, "values": given, "rates": rates}


def recorded(name, schedule, options, rate, count=26):
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    scheduler = schedule(optimizer, **options)
    rates = []
    for _ in range(count):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(rates) < count:
            scheduler.step()
    return {"name": name, "rate": rate, "options": options, "rates": rates}
