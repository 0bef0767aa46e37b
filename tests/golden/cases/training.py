"""Whole trainings: the loss of each of 30 steps, and the weights at the end."""

import torch
import torch.nn.functional as F
from torch import nn, optim

from .common import array, integers, number, numbers

STEPS = 30


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.output = nn.Linear(4, 8), nn.Linear(8, 3)

    def forward(self, x):
        return self.output(F.relu(self.hidden(x)))


class Regressor(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.norm = nn.Linear(3, 7), nn.BatchNorm1d(7)
        self.second, self.scale, self.output = nn.Linear(7, 7), nn.LayerNorm(7), nn.Linear(7, 1)

    def forward(self, x):
        x = torch.tanh(self.norm(self.first(x)))
        x = F.gelu(self.scale(self.second(x))) + x
        return self.output(x)


def cases():
    yield classifier("classifier/sgd", lambda p: optim.SGD(p, 0.1, momentum=0.9), clip=None)
    yield classifier("classifier/adam", lambda p: optim.Adam(p, 0.01), clip=None)
    yield classifier("classifier/adamw_clipped", lambda p: optim.AdamW(p, 0.02, weight_decay=0.1), clip=0.5)
    yield regressor()


def start(model):
    with torch.no_grad():
        for index, parameter in enumerate(model.parameters()):
            parameter.copy_(numbers(list(parameter.shape), 400 + index, -0.6, 0.6))
    return {key: array(value) for key, value in model.named_parameters()}


def train(name, model, xs, ys, loss_of, optimizer, clip, data):
    weights = start(model)
    stepper = optimizer(model.parameters())
    losses, norms = [], []
    for step in range(STEPS):
        rows = [(step * 5 + i) % len(xs) for i in range(5)]
        loss = loss_of(model(xs[rows]), ys[rows])
        stepper.zero_grad()
        loss.backward()
        if clip is not None:
            norms.append(number(nn.utils.clip_grad_norm_(model.parameters(), clip)))
        stepper.step()
        losses.append(number(loss.item()))
    after = {key: array(value) for key, value in model.state_dict().items() if value.dim() > 0}
    model.eval()
    return {
        "name": name, "batch": 5, "clip": clip, **data, "start": weights, "losses": losses, "norms": norms,
        "after": after, "outputs": array(model(xs)),
    }


def classifier(name, optimizer, clip):
    xs, labels = numbers([22, 4], 410), integers(22, 3, 411)
    data = {"inputs": array(xs), "labels": labels}
    return train(name, Classifier(), xs, torch.tensor(labels), F.cross_entropy, optimizer, clip, data)


def regressor():
    xs = numbers([22, 3], 412)
    ys = (xs[:, :1] * xs[:, 1:2] + xs[:, 2:]).detach()
    data = {"inputs": array(xs), "targets": array(ys)}
    optimizer = lambda p: optim.SGD(p, 0.05, momentum=0.9, nesterov=True, weight_decay=0.01)
    return train("regressor/nesterov", Regressor(), xs, ys, F.huber_loss, optimizer, None, data)
