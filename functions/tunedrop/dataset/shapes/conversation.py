"""Check a conversation message by message, and say which one is wrong."""

from typing import Any, cast

import msgspec

from tunedrop.dataset.document import Message, Role
from tunedrop.dataset.record import RowError
from tunedrop.dataset.shapes.example import text_of

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
    ("role", "content", "from", "value", "weight", "name", "tool_calls", "tool_call_id")
)


def conversation(value: Any, column: str) -> list[Message]:
    """Return the messages of a list, up to the last that is to be learnt.

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
    messages = [_message(item, f"{column}[{index}]") for index, item in enumerate(value)]
    return messages[: _last_weighted(value)]


def with_answer(messages: list[Message], column: str) -> tuple[list[Message], list[Message]]:
    """Return (all but the answer, the answer).

    Raises:
        RowError: the last message is not an answer, or nobody asks.
    """
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
    if not last.content:
        raise RowError(
            "tool_call_answer",
            "The last message only calls a tool; learning tool calls is not built yet.",
            f"{path}.tool_calls",
            "End the conversation with the assistant's text.",
        )
    if all(message.role != "user" for message in messages):
        raise RowError("no_question", "No message is from the user.", column)
    return messages[:-1], messages[-1:]


def _last_weighted(items: list[Any]) -> int:
    """Return how many messages remain when trailing ones of weight 0 are not learnt."""
    last = len(items)
    while last and items[last - 1].get("weight") == 0:
        last -= 1
        while last and _role_of(items[last - 1]) != "assistant":
            last -= 1
    return last


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
    unknown = item.keys() - KNOWN_KEYS
    if unknown and not unknown <= {"id", "timestamp", "refusal", "audio", "annotations"}:
        name = min(unknown)
        raise RowError("unknown_key", f"{path} has the unknown key {name!r}.", f"{path}.{name}")
    calls = item.get("tool_calls") or None
    content = item.get(content_key)
    if calls and not content:
        return Message(cast("Role", role), "", tool_calls=_tool_calls(calls, path))
    text = text_of(_text_parts(content, f"{path}.{content_key}"), f"{path}.{content_key}")
    return Message(
        cast("Role", role),
        text,
        tool_calls=_tool_calls(calls, path) if calls else None,
        tool_call_id=item.get("tool_call_id"),
        name=item.get("name"),
    )


def _text_parts(content: Any, path: str) -> Any:
    """Join OpenAI's content parts when all of them are text.

    Raises:
        RowError: a part is a picture, sound or file.
    """
    if not isinstance(content, list):
        return content
    for index, part in enumerate(content):
        if not isinstance(part, dict) or part.get("type") != "text":
            kind = part.get("type") if isinstance(part, dict) else type(part).__name__
            raise RowError(
                "not_text", f"{path}[{index}] is of type {kind!r}; only text can be learnt.", path
            )
    return "\n".join(text_of(part.get("text"), path) for part in content)


def _tool_calls(calls: Any, path: str) -> list[dict[str, Any]]:
    """Return tool calls with their arguments as a JSON string, as OpenAI spells them."""
    if not isinstance(calls, list) or not all(isinstance(call, dict) for call in calls):
        raise RowError("wrong_type", f"{path}.tool_calls is not a list.", f"{path}.tool_calls")
    for call in calls:
        function = call.get("function")
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise RowError(
                "wrong_type", f"{path}.tool_calls names no function.", f"{path}.tool_calls"
            )
        if not isinstance(function.get("arguments"), str):
            function["arguments"] = msgspec.json.encode(function.get("arguments")).decode()
    return calls


def _from_text(value: str, column: str) -> Any:
    """Parse a list that a table carries as text (CSV has no lists)."""
    try:
        return msgspec.json.decode(value)
    except (ValueError, RecursionError) as error:
        raise RowError("invalid_json", f"{column} is not valid JSON: {error}.", column) from None
