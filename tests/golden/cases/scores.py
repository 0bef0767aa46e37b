"""Metrics of order, agreement, overlap and several labels: the numbers of scikit-learn."""

import numpy
import sklearn.metrics as sk
import torch

from .common import array, integers, numbers


def rounded(values, digits=1):
    """Scores with many ties."""
    return (values * 10**digits).round() / 10**digits


def cases():
    yield from binary()
    yield from several()
    yield from multilabel()


def binary():
    for what, scores, labels in [
        ("plain", numbers([23], 601), integers(23, 2, 602)),
        ("ties", rounded(numbers([31], 603), 0), integers(31, 2, 604)),
        ("perfect", torch.tensor([-1.0, -2.0, 0.5, 3.0]), [0, 0, 1, 1]),
        ("wrong", torch.tensor([-1.0, -2.0, 0.5, 3.0]), [1, 1, 0, 0]),
        ("column", numbers([13, 1], 605), integers(13, 2, 606)),
    ]:
        flat = scores.flatten().numpy().astype(numpy.float64)
        predicted = (flat > 0).astype(int)
        yield {
            "name": f"binary/{what}", "scores": array(scores), "labels": labels,
            "expected": {
                "roc_auc": sk.roc_auc_score(labels, flat),
                "average_precision": sk.average_precision_score(labels, flat),
                "matthews_corrcoef": sk.matthews_corrcoef(labels, predicted),
                "cohen_kappa": sk.cohen_kappa_score(labels, predicted),
            },
        }


def several():
    for what, shape, seed, absent in [
        ("plain", [29, 4], 611, 0), ("two", [17, 2], 613, 0), ("absent", [15, 5], 615, 2), ("axes", [3, 5, 4], 617, 0),
    ]:
        classes = shape[-1]
        scores = numbers(shape, seed)
        flat = scores.reshape(-1, classes)
        labels = integers(len(flat), classes - absent, seed + 1)
        predicted = flat.argmax(1).numpy()
        chances = torch.softmax(flat.double(), 1).numpy()
        hot = numpy.eye(classes, dtype=int)[labels]
        seen = [c for c in range(classes) if 0 < hot[:, c].sum() < len(hot)]
        area = [sk.roc_auc_score(hot[:, c], chances[:, c]) for c in seen]
        precision = [sk.average_precision_score(hot[:, c], chances[:, c]) for c in seen]
        if classes == 2:
            area, precision = area[1:], precision[1:]
        elif not absent:
            # The mean over all classes is the macro average of scikit-learn.
            whole = sk.roc_auc_score(labels, chances, multi_class="ovr", average="macro")
            assert abs(whole - numpy.mean(area)) < 1e-12
        names = list(range(classes))
        costs = sk.log_loss(labels, chances, labels=names)
        expected = {
            "roc_auc": numpy.mean(area), "average_precision": numpy.mean(precision),
            "matthews_corrcoef": sk.matthews_corrcoef(labels, predicted),
            "cohen_kappa": sk.cohen_kappa_score(labels, predicted, labels=names),
            "cohen_kappa_linear": sk.cohen_kappa_score(labels, predicted, labels=names, weights="linear"),
            "cohen_kappa_quadratic": sk.cohen_kappa_score(labels, predicted, labels=names, weights="quadratic"),
            "perplexity": numpy.exp(costs),
            "iou_micro": sk.jaccard_score(labels, predicted, average="micro"),
            "iou_of_1": sk.jaccard_score(labels, predicted, labels=[1], average=None, zero_division=0)[0],
        }
        for average in ["macro", "weighted"]:
            options = {"average": average, "zero_division": 0}
            expected[f"iou_{average}"] = sk.jaccard_score(labels, predicted, **options)
            expected[f"dice_{average}"] = sk.f1_score(labels, predicted, **options)
            expected[f"precision_{average}"] = sk.precision_score(labels, predicted, **options)
            expected[f"recall_{average}"] = sk.recall_score(labels, predicted, **options)
        yield {
            "name": f"several/{what}", "scores": array(scores), "labels": labels,
            "expected": {key: float(value) for key, value in expected.items()},
        }


def multilabel():
    for what, rows, labels, seed in [("plain", 19, 4, 621), ("one", 7, 1, 623), ("rare", 11, 3, 625)]:
        scores = numbers([rows, labels], seed)
        target = (numbers([rows, labels], seed + 1) > (1.7 if what == "rare" else 0.3)).int().numpy()
        if what == "rare":
            target[:, 2] = 0
        said = (scores > 0).int().numpy()
        expected = {
            "accuracy": 1 - sk.hamming_loss(target, said),
            "exact": sk.accuracy_score(target, said),
        }
        for name, function in [("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)]:
            for average in ["macro", "micro", "weighted"]:
                # A single column would be read as two classes.
                both = (target, said) if labels > 1 else (target[:, 0], said[:, 0])
                options = {"zero_division": 0} if labels > 1 else {"zero_division": 0, "labels": [1]}
                expected[f"{name}_{average}"] = float(function(*both, average=average, **options))
        yield {
            "name": f"multilabel/{what}", "scores": array(scores), "target": array(torch.tensor(target).float()),
            "expected": expected,
        }
