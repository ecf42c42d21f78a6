"""Annotations of Prodigy's text classification.

Every row has an `answer`: "accept", "reject" or "ignore". In binary annotations the `label` was
suggested, so a rejected row says what the label is not. In choices, `accept` lists the options.
https://prodi.gy/docs/api-interfaces
"""

from collections.abc import Sequence

from tunedrop.dataset.readers.record import Fields, Record, RowError
from tunedrop.dataset.shapes.example import Example, Kind, text_of
from tunedrop.dataset.shapes.text_label import label_of
from tunedrop.documents.dataset import Columns
from tunedrop.documents.rows import Message

_ANSWERS = frozenset(("accept", "reject", "ignore"))


def prodigy(sample: Sequence[Fields], names: Sequence[str]) -> list[Columns]:
    """Return the mapping for annotations of Prodigy; none for other rows."""
    label = next((name for name in ("accept", "label") if name in names), None)
    if label is None or not {"text", "answer"} <= set(names):
        return []
    answers = {str(fields.get("answer")) for fields in sample}
    if not answers <= _ANSWERS:
        return []
    why = "'answer' says which of Prodigy's annotations were accepted; only those are learnt."
    return [Columns("prodigy", {"text": "text", "label": label, "accepted": "answer"}, why)]


class Prodigy:
    """Text and label, where the annotator has accepted the label."""

    kind: Kind = "answers"

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._label = columns.mapping["label"]

    def example(self, record: Record) -> Example:
        """Turn an accepted annotation into an example."""
        fields = record.fields()
        if fields.get("answer") != "accept":
            raise RowError(
                "not_accepted",
                f"The annotator did not accept the label: {fields.get('answer')}.",
                "answer",
            )
        text = text_of(fields.get("text"), "text")
        label = label_of(fields.get(self._label), self._label)
        return Example([Message("user", text)], [Message("assistant", label)])
