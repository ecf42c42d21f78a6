"""Text and label: the shape of classification tables."""

from typing import Any

from tunedrop.dataset.document import Columns, Message
from tunedrop.dataset.record import Record, RowError
from tunedrop.dataset.shapes.example import Example, Kind, Passage, text_of
from tunedrop.dataset.shapes.template import Template


class TextLabel:
    """The text is the prompt, the label is the answer."""

    kind: Kind = "answers"

    def __init__(self, columns: Columns, template: Template | None = None) -> None:
        self.columns = columns
        self._text = columns.mapping.get("text", "")
        self._label = columns.mapping["label"]
        self._template = template

    def example(self, record: Record) -> Example:
        """Turn a row into an example."""
        fields = record.fields()
        if self._template:
            text = self._template.filled(fields)
        else:
            text = text_of(fields.get(self._text), self._text)
        label = text_of(fields.get(self._label), self._label)
        return Example([Message("user", text)], [Message("assistant", label)])


class OneHot:
    """A column a label, with 1 in the one that applies."""

    kind: Kind = "answers"

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._text = columns.mapping["text"]
        self._labels = [name for role, name in columns.mapping.items() if role.startswith("label ")]

    def example(self, record: Record) -> Example:
        """Turn a row into an example."""
        fields = record.fields()
        text = text_of(fields.get(self._text), self._text)
        hot = [name for name in self._labels if str(fields.get(name)).strip() in _HOT]
        if len(hot) != 1:
            raise RowError(
                "not_one_label",
                f"{len(hot)} of the label columns are 1 ({', '.join(hot) or 'none'}); "
                "exactly one must be.",
                self._labels[0],
            )
        return Example([Message("user", text)], [Message("assistant", hot[0])])


_HOT = frozenset(("1", "1.0", "True", "true", "TRUE"))


class TextAlone:
    """Text without an answer: material for continued pretraining."""

    kind: Kind = "pretraining"

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._text = columns.mapping["text"]

    def example(self, record: Record) -> Example:
        """Turn a row into a passage."""
        text = text_of(record.fields().get(self._text), self._text)
        return Passage([], [Message("assistant", text)])


class GroundTruth:
    """A SageMaker Ground Truth output manifest of text classification.

    Source: docs.aws.amazon.com/sagemaker/latest/dg/sms-data-output.html: `source` holds the
    text, `<attribute>-metadata` the class name, its confidence and the job's type.
    """

    kind: Kind = "answers"

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._text = columns.mapping["text"]
        self._metadata = columns.mapping["label"]

    def example(self, record: Record) -> Example:
        """Turn a manifest line into an example."""
        fields = record.fields()
        if "source-ref" in fields and self._text not in fields:
            raise RowError(
                "source_ref",
                "The text stands in another object (source-ref), which is not read.",
                "source-ref",
                "Label with the text inline (source).",
            )
        metadata = fields.get(self._metadata)
        label: Any = metadata.get("class-name") if isinstance(metadata, dict) else None
        if label is None and isinstance(metadata, dict) and metadata.get("failure-reason"):
            raise RowError("not_labelled", str(metadata["failure-reason"]), self._metadata)
        text = text_of(fields.get(self._text), self._text)
        name = text_of(label, f"{self._metadata}.class-name")
        return Example([Message("user", text)], [Message("assistant", name)])
