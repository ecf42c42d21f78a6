"""Exports of Label Studio: texts with the choices of one or several annotators.

https://labelstud.io/guide/export
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from tunedrop.dataset.readers.record import Fields, Record, RowError
from tunedrop.dataset.shapes.example import Example, Kind, text_of
from tunedrop.dataset.shapes.spans import are_spans, spans_error
from tunedrop.dataset.shapes.text_label import label_of
from tunedrop.documents.dataset import Columns
from tunedrop.documents.rows import Message


def label_studio(sample: Sequence[Fields], names: Sequence[str]) -> list[Columns]:
    """Return the mapping for an export with `data` and `annotations`; none for other rows.

    Raises:
        DatasetError: the annotators have marked spans of the texts.
    """
    if not {"data", "annotations"} <= set(names):
        return []
    if not all(isinstance(fields.get("data"), dict) for fields in sample):
        return []
    annotations = [fields.get("annotations") for fields in sample]
    if not any(map(_answers, annotations)):
        if any(are_spans(_values(each)) for each in annotations):
            raise spans_error("annotations")
        return []
    why = "'annotations' are choices that were made in Label Studio about the text in 'data'."
    return [Columns("label_studio", {"text": "data", "label": "annotations"}, why)]


class LabelStudio:
    """Text and label; of several annotators, the most frequent answer counts."""

    kind: Kind = "answers"

    def __init__(self, columns: Columns) -> None:
        self.columns = columns

    def example(self, record: Record) -> Example:
        """Turn a task into an example."""
        fields = record.fields()
        text = text_of(_text(fields.get("data")), "data")
        votes = Counter(_answers(fields.get("annotations"))).most_common(2)
        if not votes:
            raise RowError("not_labelled", "Nobody has chosen a label.", "annotations")
        if len(votes) > 1 and votes[0][1] == votes[1][1]:
            raise RowError(
                "not_labelled",
                f"As many annotators say {votes[0][0]!r} as {votes[1][0]!r}.",
                "annotations",
                "Choose one label in Label Studio, and export again.",
            )
        return Example([Message("user", text)], [Message("assistant", votes[0][0])])


def _text(data: Any) -> Any:
    """Return the text of a task: the value named `text`, or the longest one."""
    texts = {name: value for name, value in (data or {}).items() if isinstance(value, str)}
    return texts.get("text", max(texts.values(), key=len, default=None))


def _answers(annotations: Any) -> list[str]:
    """Return the label of each annotator who has chosen one; cancelled work does not count."""
    found = []
    for annotation in annotations if isinstance(annotations, list) else []:
        if not isinstance(annotation, dict) or annotation.get("was_cancelled"):
            continue
        results = annotation.get("result")
        chosen = [name for result in results or [] for name in _choices(result)]
        if chosen:
            found.append(label_of(chosen, "annotations"))
    return found


def _values(annotations: Any) -> list[Any]:
    """Return the values of all results, such as {"start": 0, "end": 5, "labels": ["CITY"]}."""
    found = [each for each in annotations or [] if isinstance(each, dict)]
    results = [result for each in found for result in each.get("result") or []]
    return [result.get("value") for result in results if isinstance(result, dict)]


def _choices(result: Any) -> list[Any]:
    value = result.get("value") if isinstance(result, dict) else None
    chosen = value.get("choices") if isinstance(value, dict) else None
    return chosen if isinstance(chosen, list) else []
