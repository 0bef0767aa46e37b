"""Losses: value and gradients, with every option."""

import torch
import torch.nn.functional as F

from .common import array, differentiate, integers, leaf, number, numbers

# Our losses give the mean; a sum or the single losses are a line of operations away.
REDUCTIONS = ["mean"]
# Differences of exactly 0, 0.5, 1 and 1.5: the corners of l1, huber and smooth l1.
AT = torch.tensor([[0.0, 0.5, 1.0], [-0.5, -1.0, 1.5]])


def cases():
    yield from two_tensors()
    yield from labelled()
    yield from ignored()
    yield from probabilities()


def pairs():
    yield "plain", numbers([4, 3], 51), numbers([4, 3], 52)
    yield "vector", numbers([7], 53), numbers([7], 54)
    yield "one", numbers([1, 1], 55), numbers([1, 1], 56)
    yield "kinks", AT, torch.zeros([2, 3])


def two_tensors():
    functions = {
        "mse_loss": (F.mse_loss, {}),
        "l1_loss": (F.l1_loss, {}),
        "huber_loss": (F.huber_loss, {"delta": 1.0}),
        "huber_loss_half": (F.huber_loss, {"delta": 0.5}),
        "smooth_l1_loss": (F.smooth_l1_loss, {"beta": 1.0}),
        "smooth_l1_loss_half": (F.smooth_l1_loss, {"beta": 0.5}),
    }
    for loss, (function, options) in functions.items():
        for what, output, target in pairs():
            for reduction in REDUCTIONS:
                run = lambda a, b: function(a, b, reduction=reduction, **options)
                yield differentiate(
                    f"{loss}/{what}/{reduction}", run, [output, target],
                    loss=loss, reduction=reduction, options=options,
                )
    logits, chances = numbers([4, 3], 57, -4, 4), numbers([4, 3], 58, 0.05, 0.95)
    target = numbers([4, 3], 59, 0.0, 1.0)
    hard = target.round()
    far = torch.tensor([[-200.0, 200.0, 0.0]])
    certain = torch.tensor([[0.0, 1.0, 0.5]])
    for loss, function, rows in [
        ("bce_with_logits_loss", F.binary_cross_entropy_with_logits,
         [("soft", logits, target), ("hard", logits, hard), ("far", far, torch.tensor([[0.0, 1.0, 1.0]])),
          ("wrong", far, torch.tensor([[1.0, 0.0, 1.0]]))]),
        ("bce_loss", F.binary_cross_entropy,
         [("soft", chances, target), ("hard", chances, hard), ("certain", certain, certain)]),
        ("kl_div", F.kl_div,
         [("plain", F.log_softmax(logits, 1), F.softmax(numbers([4, 3], 60), 1)),
          ("zeros", F.log_softmax(logits, 1), F.one_hot(torch.tensor([0, 2, 1, 1]), 3).float())]),
    ]:
        for what, output, wanted in rows:
            # The divergence itself is PyTorch's "batchmean"; its default also divides by the classes.
            for reduction in ["batchmean"] if loss == "kl_div" else REDUCTIONS:
                # Gradients with respect to the target are not part of what we promise here.
                run = lambda a: function(a, wanted, reduction=reduction)
                yield differentiate(
                    f"{loss}/{what}/{reduction}", run, [output],
                    loss=loss, reduction=reduction, options={}, target=array(wanted),
                )


def labelled():
    weights = [0.5, 2.0, 1.25, 0.0, 3.5]
    for what, rows, classes, low in [("plain", 6, 5, -2), ("one_row", 1, 5, -2), ("wide", 9, 5, -60)]:
        logits = numbers([rows, classes], 61 + rows, low, -low)
        labels = integers(rows, classes, 71 + rows)
        if what == "one_row":
            labels = [1]
        for options in [
            {},
            {"label_smoothing": 0.1},
            {"weight": weights},
            {"weight": weights, "label_smoothing": 0.2},
            {"ignore_index": labels[0]},
            {"ignore_index": labels[0], "weight": weights, "label_smoothing": 0.1},
        ]:
            if what == "one_row" and "ignore_index" in options:
                continue
            for reduction in REDUCTIONS:
                yield with_labels("cross_entropy", F.cross_entropy, what, logits, labels, options, reduction)
    logits = numbers([3, 2], 81, -400, 400)
    yield with_labels("cross_entropy", F.cross_entropy, "huge", logits, [0, 1, 0], {}, "mean")
    yield with_labels("cross_entropy", F.cross_entropy, "one_class", numbers([3, 1], 82), [0, 0, 0], {}, "mean")
    chances = F.log_softmax(numbers([6, 5], 83), 1)
    # PyTorch has the classes on axis 1, we have them on the last.
    last = lambda function: lambda x, target, **options: function(x.movedim(-1, 1).contiguous(), target, **options)
    for shape in [[2, 3, 5], [2, 3, 1, 5]]:
        x, labels = numbers(shape, 87), torch.tensor(integers(6, 5, 88)).reshape(shape[:-1])
        what = f"axes_{len(shape)}"
        for options in [{}, {"ignore_index": 1, "weight": weights}, {"label_smoothing": 0.1}]:
            yield with_labels("cross_entropy", last(F.cross_entropy), what, x, labels.tolist(), options, "mean")
        yield with_labels("nll_loss", last(F.nll_loss), what, F.log_softmax(x, -1), labels.tolist(), {}, "mean")
    one = numbers([5], 89)
    yield with_labels("cross_entropy", F.cross_entropy, "axes_1", one, 3, {}, "mean")
    yield with_labels("nll_loss", F.nll_loss, "plain", chances, [0, 2, 4, 1, 2, 3], {}, "mean")


def ignored():
    """Nothing is left to average: PyTorch divides zero by zero."""
    logits = numbers([2, 3], 84)
    for reduction in REDUCTIONS:
        yield with_labels(
            "cross_entropy", F.cross_entropy, "all_ignored", logits, [1, 1], {"ignore_index": 1}, reduction
        )


def with_labels(loss, function, what, logits, labels, options, reduction):
    given = dict(options)
    if "weight" in given:
        given["weight"] = torch.tensor(given["weight"])
    run = lambda x: function(x, torch.tensor(labels), reduction=reduction, **given)
    words = "+".join(options) or "default"
    return differentiate(
        f"{loss}/{what}/{words}/{reduction}", run, [logits],
        loss=loss, reduction=reduction, options=options,
        labels=torch.tensor(labels).flatten().tolist(),
    )


def probabilities():
    logits = numbers([4, 5], 85)
    wanted = F.softmax(numbers([4, 5], 86), 1)
    weights = [0.5, 2.0, 1.25, 0.0, 3.5]
    for options in [{}, {"label_smoothing": 0.1}, {"weight": weights}]:
        given = dict(options)
        if "weight" in given:
            given["weight"] = torch.tensor(weights)
        for reduction in REDUCTIONS:
            run = lambda x: F.cross_entropy(x, wanted, reduction=reduction, **given)
            words = "+".join(options) or "default"
            yield differentiate(
                f"cross_entropy_probabilities/{words}/{reduction}", run, [logits],
                loss="cross_entropy_probabilities", reduction=reduction, options=options, target=array(wanted),
            )
