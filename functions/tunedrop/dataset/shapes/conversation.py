"""Convert a list of messages, and report the message that is wrong."""

from typing import Any, cast

import msgspec

from tunedrop.dataset.readers.record import RowError
from tunedrop.dataset.shapes.example import text_of
from tunedrop.dataset.shapes.parts import is_thought, said
from tunedrop.dataset.shapes.tools import calls_in, calls_of
from tunedrop.dataset.shapes.weights import NAMES as WEIGHTS
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
    "function_call": "assistant",
    "tool_call": "assistant",
    "chatbot": "assistant",
    "ai": "assistant",
}
CALLING = ("function_call", "tool_call")
"""ShareGPT's roles of an assistant that calls a tool; the value is the call as JSON."""

KNOWN_KEYS = frozenset(
    ("role", "content", "parts", "message", "from", "value", "name", *WEIGHTS, "tool_calls",
     "tool_call_id", "function_call")
)  # fmt: skip
THOUGHTS = ("reasoning_content", "reasoning", "thinking")
"""Keys of what a model thought before its answer."""

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
    found: list[Message] = []
    for index, item in enumerate(value):
        found += _messages(item, f"{column}[{index}]")
    return found


def thoughts_in(value: Any) -> str:
    """Return what the model thought before its answers, which is not learnt; mostly nothing."""
    for item in value if isinstance(value, list) else []:
        if not isinstance(item, dict):
            continue
        content = item.get("content", item.get("parts"))
        found = [item.get(name) for name in THOUGHTS]
        found += [part for part in content if is_thought(part)] if isinstance(content, list) else []
        for each in filter(None, found):
            return each if isinstance(each, str) else msgspec.json.encode(each).decode()
    return ""


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


def _messages(item: Any, path: str) -> list[Message]:
    """Return an item as messages: results of tools among its parts are messages of their own."""
    if not isinstance(item, dict):
        raise RowError("wrong_type", f"{path} is not an object with role and content.", path)
    key, content_key = _keys(item)
    role = _role_of(item)
    if role is None:
        raise RowError(
            "bad_role",
            f"The role {item.get(key)!r} is none of {', '.join(dict.fromkeys(ROLES.values()))}.",
            f"{path}.{key}",
        )
    _refuse_unknown_keys(item, key, path)
    place = f"{path}.{content_key}"
    if str(item.get(key)).lower() in CALLING:
        return [Message("assistant", "", tool_calls=calls_in(item.get(content_key), place))]
    calls = calls_of(item, role, path)
    content = item.get(content_key)
    results: list[Message] = []
    if isinstance(content, list):
        content, called, results = said(content, place)
        calls = calls_of({"tool_calls": called}, role, path) if called else calls
    may_be_empty = calls is not None and (content is None or not str(content).strip())
    if results and content is None and not calls:
        return results
    message = Message(
        cast("Role", role),
        "" if may_be_empty else text_of(content, place),
        tool_calls=calls,
        tool_call_id=_optional(item, "tool_call_id", path),
        name=_optional(item, "name", path),
        weight=weight_of(item, role, path),
    )
    return [*results, message]


def _keys(item: dict[str, Any]) -> tuple[str, str]:
    """Return the names of a message's role and content."""
    if "from" in item:
        return "from", "value"
    # Vertex AI has `parts`, Cohere's chat history `message`.
    others = (name for name in ("parts", "message") if name in item and "content" not in item)
    return "role", next(others, "content")


def _refuse_unknown_keys(item: dict[str, Any], key: str, path: str) -> None:
    """Refuse a key that may change what the message says; ShareGPT has keys of all kinds."""
    unknown = item.keys() - KNOWN_KEYS - IGNORED_KEYS - {*THOUGHTS}
    if unknown and key == "role":
        name = min(unknown)
        raise RowError("unknown_key", f"{path} has the unknown key {name!r}.", f"{path}.{name}")


def _optional(item: dict[str, Any], key: str, path: str) -> str | None:
    value = item.get(key)
    if value is not None and not isinstance(value, str):
        raise RowError("wrong_type", f"{path}.{key} is not text.", f"{path}.{key}")
    return value


def _from_text(value: str, column: str) -> Any:
    """Parse a list that is stored as text, because CSV has no lists."""
    try:
        return msgspec.json.decode(value)
    except (ValueError, RecursionError) as error:
        raise RowError("invalid_json", f"{column} is not valid JSON: {error}.", column) from None
