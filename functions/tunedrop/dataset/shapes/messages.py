"""Conversations: OpenAI's `messages` and ShareGPT's `conversations`.

The last answer is trained on. If messages have weights, every answer of weight 1 is.
"""

from contextlib import suppress
from typing import Any

import msgspec

from tunedrop.dataset.readers.record import Record, RowError
from tunedrop.dataset.shapes.conversation import conversation, thoughts_in, with_answer
from tunedrop.dataset.shapes.dialogue import example_of
from tunedrop.dataset.shapes.example import Example, Kind
from tunedrop.dataset.shapes.media import MEDIA, refuse_media
from tunedrop.dataset.shapes.parts import said
from tunedrop.dataset.shapes.tools import NAMES as TOOLS
from tunedrop.dataset.shapes.tools import tools_of
from tunedrop.documents.dataset import Columns
from tunedrop.documents.rows import Message


class Messages:
    """A list of messages in one column."""

    kind: Kind = "answers"

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._column = columns.mapping["messages"]
        self._system = columns.mapping.get("system")
        field = msgspec.field(name=self._column)
        # A row with tools or files does not decode and is converted step by step.
        none = [(name, None, None) for name in (*TOOLS, *MEDIA)]
        self._typed: msgspec.json.Decoder[Any] | None = None
        if self._system is not None:
            return  # Typed decoding would lose the system prompt.
        with suppress(ValueError):  # msgspec refuses the name, or it is that of the tools
            row = msgspec.defstruct("Chat", [("messages", list[_Turn], field), *none], gc=False)
            self._typed = msgspec.json.Decoder(row)

    def example(self, record: Record) -> Example:
        """Turn a row into an example: by typed decoding, or step by step to find the fault."""
        if self._typed is not None and record.values is None and record.error is None:
            try:
                chat = self._typed.decode(record.raw)
            except (ValueError, RecursionError):
                pass
            else:
                turns = chat.messages
                if _is_sound(turns):
                    return Example(turns[:-1], turns[-1:])
        fields = record.fields()
        refuse_media(fields)
        messages = conversation(fields.get(self._column), self._column)
        messages = with_system(system_of(fields, self._system), messages)
        others = {name: value for name, value in fields.items() if name != self._column}
        thoughts = thoughts_in(fields.get(self._column))
        return example_of(*with_answer(messages, self._column), tools_of(others), thoughts)


class _Turn(Message, forbid_unknown_fields=True, gc=False):
    """A message without other keys; rows with other keys are converted step by step."""


def _is_sound(turns: list[Message]) -> bool:
    """Whether the conversation needs no correction and no further checks."""
    if len(turns) < 2 or turns[-1].role != "assistant":  # noqa: PLR2004 - question and answer
        return False
    for turn in turns:
        content = turn.content
        if not content or content.strip() is not content:
            return False  # `strip` returns the same object if nothing is stripped.
        if turn.tool_calls or turn.weight is not None:
            return False
    return any(turn.role == "user" for turn in turns)


def with_system(system: list[Message], messages: list[Message]) -> list[Message]:
    """Return a conversation with the row's own system prompt at its beginning.

    Where the conversation has a system prompt too, both are kept in one message, unless they are
    the same.
    """
    if not system or not messages or messages[0].role != "system":
        return [*system, *messages]
    first = messages[0]
    if first.content != system[0].content:
        first.content = f"{system[0].content}\n\n{first.content}"
    return messages


def system_of(fields: dict[str, Any], column: str | None) -> list[Message]:
    """Return the row's own system prompt, if it has one: a text, or parts of text.

    Bedrock has a list of parts, Vertex AI an object with `parts`.
    """
    value = fields.get(column) if column else None
    parts = value.get("parts") if isinstance(value, dict) else value
    if isinstance(parts, list) and column:
        value = said(parts, column).text
    if value is not None and not isinstance(value, str):
        raise RowError("wrong_type", f"{column} is not text.", column)
    return [Message("system", value.strip())] if value and value.strip() else []
