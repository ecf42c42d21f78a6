"""Convert a list of messages, and report the message that is wrong."""

from typing import Any, cast

import msgspec

from tunedrop.dataset.readers.record import RowError
from tunedrop.dataset.shapes.example import text_of
from tunedrop.dataset.shapes.tools import calls_of
from tunedrop.dataset.shapes.weights import up_to_last_trained, weight_of
from tunedrop.documents.rows import Message, Role

ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "model": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "bot": "assistant",
    "tool": "tool",
    "function": "tool",
    "observation": "tool",
    "function_response": "tool",
}
KNOWN_KEYS = frozenset(
    ("role", "content", "from", "value", "weight", "name", "tool_calls", "tool_call_id",
     "function_call")
)  # fmt: skip
IGNORED_KEYS = frozenset(("id", "timestamp", "refusal", "audio", "annotations"))


def conversation(value: Any, column: str) -> list[Message]:
    """Return the messages of a list.

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


def with_answer(messages: list[Message], column: str) -> tuple[list[Message], list[Message]]:
    """Return (all messages before the last answer that is trained on, that answer).

    Raises:
        RowError: the last message is not an answer, all weights are 0, or no message is from
            the user.
    """
    messages = up_to_last_trained(messages, column)
    last = messages[-1] if messages else None
    path = f"{column}[{len(messages) - 1}]"
    if last is None or last.role != "assistant":
        who = last.role if last else "nobody"
        raise RowError(
            "no_answer",
            f"The last message is from the {who}; there is no answer to learn.",
            f"{path}.role",
            "End the conversation with an assistant message.",
        )
    if all(message.role != "user" for message in messages):
        raise RowError("no_question", "No message is from the user.", column)
    return messages[:-1], messages[-1:]


def _role_of(item: dict[str, Any]) -> str | None:
    return ROLES.get(str(item.get("role", item.get("from"))).lower())


def _message(item: Any, path: str) -> Message:
    if not isinstance(item, dict):
        raise RowError("wrong_type", f"{path} is not an object with role and content.", path)
    key, content_key = ("from", "value") if "from" in item else ("role", "content")
    role = _role_of(item)
    if role is None:
        raise RowError(
            "bad_role",
            f"The role {item.get(key)!r} is none of {', '.join(dict.fromkeys(ROLES.values()))}.",
            f"{path}.{key}",
        )
    unknown = item.keys() - KNOWN_KEYS - IGNORED_KEYS
    if unknown:
        name = min(unknown)
        raise RowError("unknown_key", f"{path} has the unknown key {name!r}.", f"{path}.{name}")
    calls = calls_of(item, role, path)
    text = _text_parts(item.get(content_key), f"{path}.{content_key}")
    may_be_empty = calls is not None and (text is None or not str(text).strip())
    return Message(
        cast("Role", role),
        "" if may_be_empty else text_of(text, f"{path}.{content_key}"),
        tool_calls=calls,
        tool_call_id=_optional(item, "tool_call_id", path),
        name=_optional(item, "name", path),
        weight=weight_of(item, role, path),
    )


def _optional(item: dict[str, Any], key: str, path: str) -> str | None:
    value = item.get(key)
    if value is not None and not isinstance(value, str):
        raise RowError("wrong_type", f"{path}.{key} is not text.", f"{path}.{key}")
    return value


def _text_parts(content: Any, path: str) -> Any:
    """Join OpenAI's content parts, which must all be text.

    Raises:
        RowError: a part is an image, audio or a file.
    """
    if not isinstance(content, list):
        return content
    for index, part in enumerate(content):
        if not isinstance(part, dict) or part.get("type") != "text":
            kind = part.get("type") if isinstance(part, dict) else type(part).__name__
            raise RowError(
                "not_text",
                f"{path}[{index}] is of type {kind!r}; only text can be trained on.",
                path,
            )
    return "\n".join(text_of(part.get("text"), path) for part in content)


def _from_text(value: str, column: str) -> Any:
    """Parse a list that is stored as text, because CSV has no lists."""
    try:
        return msgspec.json.decode(value)
    except (ValueError, RecursionError) as error:
        raise RowError("invalid_json", f"{column} is not valid JSON: {error}.", column) from None
