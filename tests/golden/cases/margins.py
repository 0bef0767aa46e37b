"""Losses of pairs, triplets, counts and variances, and all losses with the reductions "none" and "sum"."""

import torch
import torch.nn.functional as F

from .common import array, differentiate, integers, numbers

REDUCTIONS = ["mean", "sum", "none"]


def focal(x, target, alpha=0.25, gamma=2.0, reduction="mean"):
    """The formula of torchvision's `sigmoid_focal_loss`."""
    p = torch.sigmoid(x)
    costs = F.binary_cross_entropy_with_logits(x, target, reduction="none")
    q = p * target + (1 - p) * (1 - target)
    costs = costs * (1 - q) ** gamma
    if alpha >= 0:
        costs = (alpha * target + (1 - alpha) * (1 - target)) * costs
    return {"mean": costs.mean, "sum": costs.sum, "none": lambda: costs}[reduction]()


def cases():
    for row in [*smooth(), *margins(), *classes()]:
        loss, what, function, inputs, options, extra = row
        for reduction in REDUCTIONS:
            if loss in ("triplet", "cosine_embedding", "multi_margin") or what in ("plain", "default"):
                pass
            elif reduction == "sum":
                continue
            run = lambda *x: function(*x, reduction=reduction, **options)
            yield differentiate(
                f"{loss}/{what}/{reduction}", run, inputs, loss=loss, reduction=reduction, options=options, **extra
            )


def smooth():
    """Losses with a target of numbers. Where it has no gradient, the target stands apart."""
    a, b = numbers([4, 3], 501), numbers([4, 3], 502)
    for loss, function, options in [
        ("mse", F.mse_loss, {}), ("l1", F.l1_loss, {}), ("huber", F.huber_loss, {"delta": 0.5}),
        ("smooth_l1", F.smooth_l1_loss, {"beta": 0.5}),
    ]:
        yield loss, "plain", function, [a, b], options, {}
        yield loss, "scalar", function, [numbers([], 503), numbers([], 504)], options, {}
    logits, target = numbers([4, 3], 505, -5, 5), numbers([4, 3], 506, 0, 1)
    share = lambda function, target: lambda x, **options: function(x, target, **options)
    extra = {"target": array(target)}
    yield "bce_with_logits", "plain", share(F.binary_cross_entropy_with_logits, target), [logits], {}, extra
    for what, weight in [("labels", [0.5, 3.0, 1.0]), ("one", 4.0), ("zero", 0.0)]:
        weight = torch.tensor(weight)
        run = lambda x, reduction, weight=weight: F.binary_cross_entropy_with_logits(
            x, target, pos_weight=weight, reduction=reduction)
        weighted = {"target": array(target), "pos_weight": array(weight)}
        yield "pos_weight", what, run, [logits], {}, weighted
    far = torch.tensor([[-200.0, 200.0, 0.0]])
    hard = torch.tensor([[1.0, 0.0, 1.0]])
    run = lambda x, reduction: F.binary_cross_entropy_with_logits(
        x, hard, pos_weight=torch.tensor(3.0), reduction=reduction)
    yield "pos_weight", "far", run, [far], {}, {"target": array(hard), "pos_weight": array(torch.tensor(3.0))}
    chances = numbers([4, 3], 507, 0.05, 0.95)
    yield "bce", "plain", share(F.binary_cross_entropy, target), [chances], {}, extra
    for what, options in [("default", {}), ("no_alpha", {"alpha": -1.0}), ("sharp", {"alpha": 0.6, "gamma": 3.5}),
                          ("flat", {"gamma": 0.0})]:
        yield "focal", what, share(focal, target), [logits], options, extra
        yield "focal", what + "_hard", share(focal, target.round()), [logits], options, {"target": array(target.round())}
    logs = F.log_softmax(logits, 1)
    wanted = F.softmax(numbers([4, 3], 508), 1)
    hot = F.one_hot(torch.tensor([0, 2, 1, 1]), 3).float()
    for what, q in [("plain", wanted), ("zeros", hot)]:
        yield "kl_div", what, share(F.kl_div, q), [logs], {}, {"target": array(q)}
    counts = torch.tensor([[0.0, 1.0, 2.0], [7.0, 3.0, 1.0], [0.0, 12.0, 1.5], [1.0, 0.5, 4.0]])
    rates = numbers([4, 3], 509, 0.1, 4)
    for what, options, x in [
        ("default", {}, a), ("full", {"full": True}, a), ("rates", {"log_input": False}, rates),
        ("rates_full", {"log_input": False, "full": True, "eps": 1e-3}, rates),
    ]:
        yield "poisson_nll", what, share(F.poisson_nll_loss, counts), [x], options, {"target": array(counts)}
    variance = numbers([4, 3], 510, 0.1, 3)
    tiny = torch.tensor([[0.0, 1e-9, 0.5]])
    for what, inputs, options in [
        ("default", [a, b, variance], {}), ("full", [a, b, variance], {"full": True}),
        ("tiny", [numbers([1, 3], 511), numbers([1, 3], 512), tiny], {"eps": 1e-2}),
    ]:
        yield "gaussian_nll", what, F.gaussian_nll_loss, inputs, options, {}


def margins():
    signs = torch.tensor([1.0, -1.0, -1.0, 1.0, -1.0])
    grid = torch.tensor([[1.0, -1.0, 1.0], [-1.0, -1.0, 1.0]])
    share = lambda function, target: lambda *x, **options: function(*x, target, **options)
    for what, options in [("default", {}), ("wide", {"margin": 2.5})]:
        for shape, target in [([2, 3], grid), ([5], signs)]:
            extra = {"target": array(target)}
            name = f"{what}_{len(shape)}"
            yield "hinge_embedding", name, share(F.hinge_embedding_loss, target), [numbers(shape, 521)], options, extra
            pair = [numbers(shape, 522), numbers(shape, 523)]
            yield "margin_ranking", name, share(F.margin_ranking_loss, target), pair, options, extra
    for what, options in [("default", {}), ("margin", {"margin": 0.5}), ("negative", {"margin": -0.7})]:
        pair = [numbers([5, 4], 524), numbers([5, 4], 525)]
        yield "cosine_embedding", what, share(F.cosine_embedding_loss, signs), pair, options, {"target": array(signs)}
    one = torch.tensor(1.0)
    pair = [numbers([4], 526), numbers([4], 527)]
    yield "cosine_embedding", "vector", share(F.cosine_embedding_loss, one), pair, {}, {"target": array(one)}
    three = [numbers([5, 4], seed) for seed in (528, 529, 530)]
    for what, options in [
        ("default", {}), ("wide", {"margin": 4.0}), ("sum_of_sizes", {"p": 1.0}), ("cubes", {"p": 3.0, "margin": 2.0}),
        ("swap", {"swap": True, "margin": 2.0}), ("eps", {"eps": 0.1}),
    ]:
        yield "triplet", what, F.triplet_margin_loss, three, options, {}
    yield "triplet", "axes", F.triplet_margin_loss, [numbers([2, 3, 4], s) for s in (531, 532, 533)], {}, {}


def classes():
    x = numbers([6, 5], 541)
    labels = integers(6, 5, 542)
    weights = [0.5, 2.0, 1.25, 0.0, 3.5]
    named = {"labels": labels}
    target = torch.tensor(labels)
    for what, options in [("default", {}), ("wide", {"margin": 2.0}), ("squared", {"p": 2})]:
        run = lambda x, reduction, **options: F.multi_margin_loss(x, target, reduction=reduction, **options)
        yield "multi_margin", what, run, [x], options, named
    run = lambda x, reduction: F.nll_loss(x, target, reduction=reduction)
    yield "nll", "plain", run, [F.log_softmax(x, 1)], {}, named
    for what, options in [
        ("default", {}), ("smooth", {"label_smoothing": 0.1}), ("weights", {"weight": weights}),
        ("ignore", {"ignore_index": labels[0]}),
        ("all", {"ignore_index": labels[1], "weight": weights, "label_smoothing": 0.2}),
    ]:
        def run(x, reduction, weight=None, **options):
            weight = None if weight is None else torch.tensor(weight)
            return F.cross_entropy(x, target, weight, reduction=reduction, **options)
        yield "cross_entropy", what, run, [x], options, named
    wanted = F.softmax(numbers([6, 5], 543), 1)
    for what, options in [("default", {}), ("all", {"label_smoothing": 0.1, "weight": weights})]:
        def run(x, reduction, weight=None, **options):
            weight = None if weight is None else torch.tensor(weight)
            return F.cross_entropy(x, wanted, weight, reduction=reduction, **options)
        yield "cross_entropy_probabilities", what, run, [x], options, {"target": array(wanted)}
