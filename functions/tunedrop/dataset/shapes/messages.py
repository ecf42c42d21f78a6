"""OpenAI's `messages`: a conversation whose last message is the answer."""

from typing import Any, cast

import msgspec

from tunedrop.dataset.document import Columns, Message, Role
from tunedrop.dataset.record import Record, RowError
from tunedrop.dataset.shapes.example import Example, text_of

NAMES = ("messages", "conversation", "conversations", "dialog", "dialogue", "chat")
ROLES = ("system", "user", "assistant")


class Messages:
    """A list of messages in one column."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._column = columns.mapping["messages"]
        row = msgspec.defstruct(
            "Chat", [("messages", list[Message], msgspec.field(name=self._column))]
        )
        self._typed: msgspec.json.Decoder[Any] = msgspec.json.Decoder(row)

    def example(self, record: Record) -> Example:
        """Turn a row into an example: typed when all is well, step by step to say what is not."""
        if record.values is None and record.error is None:
            try:
                messages = self._typed.decode(record.raw).messages
            except (ValueError, RecursionError):
                pass
            else:
                if _is_sound(messages):
                    return Example(messages[:-1], messages[-1:])
        messages = conversation(record.fields().get(self._column), self._column)
        return _split(messages, self._column)


def _is_sound(messages: list[Message]) -> bool:
    """Whether there is nothing to trim and nothing to complain about."""
    if len(messages) < 2 or messages[-1].role != "assistant":  # noqa: PLR2004 - ask and answer
        return False
    asked = False
    for message in messages:
        content = message.content
        if not content or content[0].isspace() or content[-1].isspace():
            return False
        asked = asked or message.role == "user"
    return asked


def _split(messages: list[Message], column: str) -> Example:
    if messages[-1].role != "assistant":
        raise RowError(
            "no_answer",
            f"The last message is from the {messages[-1].role}; there is no answer to learn.",
            f"{column}[{len(messages) - 1}].role",
            "End the conversation with an assistant message.",
        )
    if all(message.role != "user" for message in messages):
        raise RowError("no_question", "No message is from the user.", column)
    return Example(messages[:-1], messages[-1:])


def conversation(value: Any, column: str) -> list[Message]:
    """Check a list of messages one by one.

    Raises:
        RowError: names the message that is wrong by its JSON path.
    """
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = _from_text(value, column)
    if value is None:
        raise RowError("empty", f"{column} is missing.", column, f"Fill in {column}.")
    if not isinstance(value, list):
        raise RowError("wrong_type", f"{column} is not a list of messages.", column)
    if not value:
        raise RowError("empty", f"{column} is an empty list.", column)
    return [_message(item, f"{column}[{index}]") for index, item in enumerate(value)]


def _message(item: Any, path: str) -> Message:
    if not isinstance(item, dict):
        raise RowError("wrong_type", f"{path} is not an object with role and content.", path)
    role = item.get("role")
    if role not in ROLES:
        raise RowError(
            "bad_role",
            f"The role {role!r} is none of {', '.join(ROLES)}.",
            f"{path}.role",
        )
    return Message(cast("Role", role), text_of(item.get("content"), f"{path}.content"))


def _from_text(value: str, column: str) -> Any:
    """Parse a list that a table carries as text (CSV has no lists)."""
    try:
        return msgspec.json.decode(value)
    except (ValueError, RecursionError) as error:
        raise RowError("invalid_json", f"{column} is not valid JSON: {error}.", column) from None
