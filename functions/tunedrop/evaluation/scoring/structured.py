"""Answers that are JSON (extraction) or several labels: how they are read and scored."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tunedrop.evaluation.scoring.labels import UNPARSED, normalise

_DECODER = json.JSONDecoder()
_BETWEEN_LABELS = re.compile(r"[,;|\n、，；]")  # noqa: RUF001 - commas of CJK texts
SEPARATOR = "\n"  # Between the labels of an answer as read.

Path = tuple[str, ...]


def read_json(answer: str) -> str:
    """Return the first JSON object or list in an answer, in one spelling; without one, `UNPARSED`.

    Text around it, such as a code fence, is ignored: it is the same for both models.
    """
    for found in re.finditer(r"[{\[]", answer):
        try:
            value, _ = _DECODER.raw_decode(answer, found.start())
        except (ValueError, RecursionError):
            continue
        return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return UNPARSED


def is_parsed(prediction: str, _gold: str) -> float:
    """Return 1 when the answer contains JSON, else 0."""
    return float(prediction != UNPARSED)


def has_form(prediction: str, gold: str) -> float:
    """Return 1 when the answer has the fields of the right answer, each with its type, else 0.

    The length of a list does not count: its elements have the types of the right answer's elements.
    """
    if UNPARSED in {prediction, gold}:
        return float(prediction == gold)
    return float(_form(json.loads(prediction)) == _form(json.loads(gold)))


def field_f1(prediction: str, gold: str) -> float:
    """Return the F1 of the fields: a field is its path and its value; lists have no order."""
    if UNPARSED in {prediction, gold}:
        return float(prediction == gold)
    predicted, right = (Counter(_fields(json.loads(text))) for text in (prediction, gold))
    if not predicted or not right:
        return float(predicted == right)
    return 2 * (predicted & right).total() / (predicted.total() + right.total())


def same(prediction: str, gold: str) -> float:
    """Return 1 when both are the same after reading, else 0."""
    return float(prediction == gold)


def _form(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _form(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted({repr(_form(each)) for each in value})
    return (
        "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value)
    )


def _fields(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the path and the value of everything that is no object and no list."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _fields(each, (*path, key))
    elif isinstance(value, list):
        for each in value:
            yield from _fields(each, (*path, "[]"))
    else:
        text = " ".join(value.split()) if isinstance(value, str) else json.dumps(value)
        yield path, f"{type(value).__name__}:{text}"


def labels_reader(golds: Iterable[str]) -> Callable[[str], str]:
    """Return a function that reads an answer as a set of labels, in one spelling and order.

    Labels stand in a JSON list, or between commas, semicolons or line breaks. They are
    compared without case and surrounding punctuation. A label that no right answer has is kept and
    counts as wrong.
    """
    spelling: dict[str, str] = {}
    for gold in golds:
        for label in _labels(gold):
            spelling.setdefault(normalise(label), label.strip())
    spelling.pop("", None)

    def read(answer: str) -> str:
        named = {normalise(label): label.strip() for label in _labels(answer)}
        named.pop("", None)
        return SEPARATOR.join(sorted(spelling.get(form, form) for form in named))

    return read


def _labels(answer: str) -> list[str]:
    text = answer.strip()
    if text.startswith("["):
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, list):
            return [" ".join(str(each).split()) for each in listed]
    return _BETWEEN_LABELS.split(text)


def micro_f1(counts: Mapping[tuple[str, str], float]) -> float:
    """Return the F1 of all labels of all rows together."""
    hits, right, answered = _tally(counts)
    total = sum(right.values()) + sum(answered.values())
    return 2 * sum(hits.values()) / total if total else 1.0


def label_macro_f1(counts: Mapping[tuple[str, str], float]) -> float:
    """Return the mean F1 of the labels that are right for at least one row."""
    hits, right, answered = _tally(counts)
    if not right:
        return micro_f1(counts)
    scores = [2 * hits[label] / (rows + answered[label]) for label, rows in right.items()]
    return sum(scores) / len(scores)


def _tally(
    counts: Mapping[tuple[str, str], float],
) -> tuple[defaultdict[str, float], defaultdict[str, float], defaultdict[str, float]]:
    """Return how often each label is given rightly, is right, and is given."""
    hits: defaultdict[str, float] = defaultdict(float)
    right: defaultdict[str, float] = defaultdict(float)
    answered: defaultdict[str, float] = defaultdict(float)
    for (gold, prediction), rows in counts.items():
        golds, given = _set(gold), _set(prediction)
        for labels, tally in ((golds & given, hits), (golds, right), (given, answered)):
            for label in labels:
                tally[label] += rows
    return hits, right, answered


def _set(labels: str) -> frozenset[str]:
    return frozenset(labels.split(SEPARATOR)) if labels else frozenset()
