"""Schedules: the learning rate of each of 26 updates, in f64."""

import torch
from torch.optim import SGD
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR, StepLR


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
