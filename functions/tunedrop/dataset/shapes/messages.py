"""Conversations: OpenAI's `messages` and ShareGPT's `conversations`; the last answer is learnt."""

from typing import Any

import msgspec

from tunedrop.dataset.document import Columns, Message
from tunedrop.dataset.record import Record, RowError
from tunedrop.dataset.shapes.conversation import conversation, with_answer
from tunedrop.dataset.shapes.example import Example, Kind


class Messages:
    """A list of messages in one column."""

    kind: Kind = "answers"

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._column = columns.mapping["messages"]
        field = msgspec.field(name=self._column)
        row = msgspec.defstruct("Chat", [("messages", list[_Turn], field)], gc=False)
        self._typed: msgspec.json.Decoder[Any] = msgspec.json.Decoder(row)

    def example(self, record: Record) -> Example:
        """Turn a row into an example: typed when all is well, step by step to say what is not."""
        if record.values is None and record.error is None:
            try:
                turns = self._typed.decode(record.raw).messages
            except (ValueError, RecursionError):
                pass
            else:
                if _is_sound(turns):
                    return Example(turns[:-1], turns[-1:])
        value = record.fields().get(self._column)
        return Example(*with_answer(conversation(value, self._column), self._column))


class _Turn(Message, forbid_unknown_fields=True, gc=False):
    """A message with nothing to look at twice: other keys take the slower way."""


def _is_sound(turns: list[Message]) -> bool:
    """Whether there is nothing to trim and nothing to complain about."""
    if len(turns) < 2 or turns[-1].role != "assistant":  # noqa: PLR2004 - ask and answer
        return False
    for turn in turns:
        content = turn.content
        if not content or content.strip() is not content or turn.tool_calls:
            return False  # strip returns the very same string when there is nothing to strip
    return any(turn.role == "user" for turn in turns)


def system_of(fields: dict[str, Any], column: str | None) -> list[Message]:
    """Return the row's own system prompt, if it has one."""
    value = fields.get(column) if column else None
    if value is not None and not isinstance(value, str):
        raise RowError("wrong_type", f"{column} is not text.", column)
    return [Message("system", value.strip())] if value and value.strip() else []
