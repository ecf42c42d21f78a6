"""Messages whose content is a list of parts: text, calls of tools, and their results.

- OpenAI: {"type": "text", "text": …}
- Anthropic: {"type": "tool_use", "name": …, "input": …}, {"type": "tool_result", …}
  https://docs.claude.com/en/api/messages
- Bedrock and Nova: {"text": …}, {"toolUse": …}, {"toolResult": …}
  https://docs.aws.amazon.com/nova/latest/userguide/fine-tune-prepare-data-understanding.html
- Vertex AI: {"text": …}, {"functionCall": …}, {"functionResponse": …}
  https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning-prepare
"""

from typing import Any, NamedTuple

import msgspec

from tunedrop.dataset.readers.record import RowError
from tunedrop.dataset.shapes.example import text_of
from tunedrop.documents.rows import Message

_TEXT = ("text", "input_text", "output_text", None)
_THOUGHTS = ("thinking", "redacted_thinking", "reasoning")
_RESULTS = ("toolResult", "functionResponse")


class Said(NamedTuple):
    """What a message says: its text (None without any), its calls, and results of earlier calls."""

    text: str | None
    calls: list[dict[str, Any]]
    results: list[Message]


def is_thought(part: Any) -> bool:
    """Whether a part is what a model thought before its answer, which is not learnt."""
    return isinstance(part, dict) and (
        part.get("type") in _THOUGHTS or "reasoningContent" in part or part.get("thought") is True
    )


def said(parts: list[Any], path: str) -> Said:
    """Return what a list of parts says; what the model thought is left out.

    Args:
        parts: the message's content.
        path: its JSON path, for errors.

    Raises:
        RowError: a part is an image, a sound or a file.
    """
    texts: list[str] = []
    calls: list[dict[str, Any]] = []
    results: list[Message] = []
    for at, part in enumerate(parts):
        call, result = _call(part), _result(part)
        if call is not None:
            calls.append(call)
        elif result is not None:
            results.append(_as_message(result, f"{path}[{at}]"))
        elif not is_thought(part):
            texts.append(_text(part, path, at))
    return Said("\n".join(texts) if texts else None, calls, results)


def _text(part: Any, path: str, at: int) -> str:
    known = part if isinstance(part, dict) else {}
    kind = known.get("type")
    is_text = isinstance(part, dict) and kind in _TEXT
    found = next((name for name in ("text", "value", "content") if name in known), None)
    if is_text and (found or kind):
        return text_of(known.get(found or "text"), path)
    shown = kind or next(iter(known), None) or type(part).__name__
    raise RowError(
        "not_text", f"{path}[{at}] is of type {shown!r}; only text can be trained on.", path
    )


def _call(part: Any) -> dict[str, Any] | None:
    """Return a call as a member of OpenAI's `tool_calls`."""
    if not isinstance(part, dict):
        return None
    held = part if part.get("type") == "tool_use" else part.get("toolUse", part.get("functionCall"))
    if not isinstance(held, dict):
        return None
    arguments = held.get("input", held.get("args"))
    function = {"name": held.get("name"), "arguments": arguments or {}}
    return {"id": held.get("toolUseId", held.get("id")), "function": function}


def _result(part: Any) -> dict[str, Any] | None:
    if not isinstance(part, dict):
        return None
    if part.get("type") == "tool_result":
        return part
    held = next((part[name] for name in _RESULTS if name in part), None)
    return held if isinstance(held, dict) else None


def _as_message(result: dict[str, Any], place: str) -> Message:
    content = result.get("content", result.get("response"))
    if isinstance(content, list):
        texts = [each.get("text", each) if isinstance(each, dict) else each for each in content]
        content = texts[0] if len(texts) == 1 else texts
    if not isinstance(content, str):
        content = msgspec.json.encode(content).decode()
    called = result.get("toolUseId", result.get("tool_use_id"))
    name = result.get("name")
    return Message(
        "tool",
        text_of(content, place),
        tool_call_id=called if isinstance(called, str) else None,
        name=name if isinstance(name, str) else None,
    )
