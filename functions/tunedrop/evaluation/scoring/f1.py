"""Precision, recall and F1 of labels, from counts of (gold, prediction) pairs."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from tunedrop.documents.judgement import Confusion, LabelScore

MAX_CONFUSION_LABELS = 12  # A larger confusion matrix is not readable.


def label_scores(counts: Counter[tuple[str, str]], labels: Iterable[str]) -> dict[str, LabelScore]:
    """Return the figures of each label, in the order given.

    A quotient with denominator 0 is 0: a label that was never given has precision 0.
    """
    right, answered = _margins(counts)
    return {
        label: LabelScore(
            rows=int(right[label]),
            precision=_share(counts[label, label], answered[label]),
            recall=_share(counts[label, label], right[label]),
            f1=_f1(counts[label, label], right[label], answered[label]),
        )
        for label in labels
    }


def macro_f1(counts: Mapping[tuple[str, str], float]) -> float:
    """Return the mean F1 of the labels that are the right answer of at least one row."""
    right, answered = _margins(counts)
    scores = [
        _f1(counts.get((label, label), 0), rows, answered[label]) for label, rows in right.items()
    ]
    return sum(scores) / len(scores) if scores else 0.0


def confusion(counts: Counter[tuple[str, str]], labels: list[str]) -> Confusion | None:
    """Return right labels by given labels, unparsed last; None without or with many labels."""
    if not 0 < len(labels) <= MAX_CONFUSION_LABELS:
        return None
    columns = [*labels, ""]
    return Confusion(
        labels=labels, counts=[[counts[gold, given] for given in columns] for gold in labels]
    )


def _margins(
    counts: Mapping[tuple[str, str], float],
) -> tuple[defaultdict[str, float], defaultdict[str, float]]:
    right: defaultdict[str, float] = defaultdict(int)
    answered: defaultdict[str, float] = defaultdict(int)
    for (gold, prediction), rows in counts.items():
        right[gold] += rows
        answered[prediction] += rows
    return right, answered


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _f1(hits: float, right: float, answered: float) -> float:
    return _share(2 * hits, right + answered)
