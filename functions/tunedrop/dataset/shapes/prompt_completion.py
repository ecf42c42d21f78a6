"""Prompt and completion under their many names, Alpaca's instruction and input included."""

from typing import Any

from tunedrop.dataset.document import Columns, Message
from tunedrop.dataset.record import Record, RowError
from tunedrop.dataset.shapes.example import Example, text_of
from tunedrop.dataset.shapes.messages import conversation

PAIRS = (
    ("prompt", "completion"),
    ("prompt", "response"),
    ("instruction", "output"),
    ("instruction", "response"),
    ("question", "answer"),
    ("input", "output"),
    ("prompt", "output"),
    ("prompt", "answer"),
    ("query", "response"),
    ("question", "response"),
    ("source", "target"),
    ("input", "target"),
)


class PromptCompletion:
    """One column asks, another answers; each is text or a list of messages."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._prompt = columns.mapping["prompt"]
        self._completion = columns.mapping["completion"]
        self._input = columns.mapping.get("input")
        self._system = columns.mapping.get("system")

    def example(self, record: Record) -> Example:
        """Turn a row into an example."""
        fields = record.fields()
        prompt = self._ask(fields)
        system = fields.get(self._system) if self._system else None
        if isinstance(system, str) and system.strip():
            prompt.insert(0, Message("system", system.strip()))
        answer = fields.get(self._completion)
        if isinstance(answer, list):
            completion = conversation(answer, self._completion)
        else:
            completion = [Message("assistant", text_of(answer, self._completion))]
        if completion[-1].role != "assistant":
            raise RowError(
                "no_answer",
                f"{self._completion} does not end with the assistant.",
                self._completion,
            )
        return Example(prompt, completion)

    def _ask(self, fields: dict[str, Any]) -> list[Message]:
        value = fields.get(self._prompt)
        if isinstance(value, list):
            return conversation(value, self._prompt)
        prompt = text_of(value, self._prompt)
        extra = fields.get(self._input) if self._input else None
        if isinstance(extra, str) and extra.strip():
            prompt = f"{prompt}\n\n{extra.strip()}"
        return [Message("user", prompt)]
