"""Metrics, from their definitions, in plain Python: PyTorch has none of its own."""

from .common import array, integers, number, numbers


def cases():
    for what, rows, classes, seed in [("plain", 23, 4, 301), ("two", 11, 2, 302), ("absent", 9, 5, 303)]:
        scores = numbers([rows, classes], seed)
        # In "absent" the last two classes never occur as a label, but may be predicted.
        labels = integers(rows, classes - 2 if what == "absent" else classes, seed + 10)
        yield {
            "name": f"labels/{what}", "scores": array(scores), "labels": labels,
            "expected": classification(scores.tolist(), labels, classes),
        }
    for what, shape, seed in [("plain", [17], 304), ("column", [17, 1], 305), ("two_outputs", [9, 2], 306)]:
        output, target = numbers(shape, seed), numbers(shape, seed + 10)
        yield {
            "name": f"values/{what}", "output": array(output), "target": array(target),
            "expected": regression(output.flatten().tolist(), target.flatten().tolist()),
        }


def classification(scores, labels, classes):
    predicted = [row.index(max(row)) for row in scores]
    confusion = [[0] * classes for _ in range(classes)]
    for label, guess in zip(labels, predicted):
        confusion[label][guess] += 1
    ranks = [sum(other > row[label] for other in row) for row, label in zip(scores, labels)]
    hits = [confusion[c][c] for c in range(classes)]
    guessed = [sum(row[c] for row in confusion) for c in range(classes)]
    true = [sum(confusion[c]) for c in range(classes)]
    precision = [divided(h, g) for h, g in zip(hits, guessed)]
    recall = [divided(h, t) for h, t in zip(hits, true)]
    f1 = [divided(2 * h, g + t) for h, g, t in zip(hits, guessed, true)]
    expected = {
        "accuracy": sum(hits) / len(labels),
        "top_2": sum(rank < 2 for rank in ranks) / len(labels),
        "confusion": confusion,
        "micro": sum(hits) / len(labels),
    }
    for name, values in {"precision": precision, "recall": recall, "f1": f1}.items():
        expected[name + "_per_class"] = values
        # As scikit-learn: over the classes that occur as a label or as a guess.
        seen = [v for v, g, t in zip(values, guessed, true) if g + t > 0]
        expected[name + "_macro"] = sum(seen) / len(seen)
        expected[name + "_weighted"] = sum(v * t for v, t in zip(values, true)) / len(labels)
    return expected


def divided(a, b):
    return a / b if b else 0.0


def regression(output, target):
    differences = [a - b for a, b in zip(output, target)]
    count = len(differences)
    mean = sum(target) / count
    squares = sum(d * d for d in differences)
    return {
        "mae": sum(abs(d) for d in differences) / count,
        "mse": squares / count,
        "rmse": (squares / count) ** 0.5,
        "r2": 1 - squares / sum((t - mean) ** 2 for t in target),
    }
