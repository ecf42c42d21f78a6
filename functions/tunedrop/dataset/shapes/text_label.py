"""Text and label: the shape of classification tables."""

from tunedrop.dataset.document import Columns, Message
from tunedrop.dataset.record import Record
from tunedrop.dataset.shapes.example import Example, text_of

TEXT_NAMES = (
    "text", "sentence", "tweet", "review", "comment", "utterance", "content", "document", "body",
    "message", "description", "query", "question", "input", "prompt", "headline", "title",
)  # fmt: skip
LABEL_NAMES = (
    "label", "labels", "class", "category", "sentiment", "intent", "target", "topic", "emotion",
    "label_text", "output", "completion", "answer", "y",
)  # fmt: skip


class TextLabel:
    """The text is the prompt, the label is the answer."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._text = columns.mapping["text"]
        self._label = columns.mapping["label"]

    def example(self, record: Record) -> Example:
        """Turn a row into an example."""
        fields = record.fields()
        text = text_of(fields.get(self._text), self._text)
        label = text_of(fields.get(self._label), self._label)
        return Example([Message("user", text)], [Message("assistant", label)])
