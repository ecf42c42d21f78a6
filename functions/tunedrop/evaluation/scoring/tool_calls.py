"""Find the tool calls in an answer, in the formats of different models.

Some models write `<tool_call>` lines, others a list after a marker, others only JSON. In all of
these a call is a JSON object with a name and arguments (Llama: parameters), which this module looks
for. Calls written as code, such as `[find(id=1)]`, are not recognised.
"""

import json
from typing import Any

from tunedrop.documents.tool_calls import as_text

_DECODER = json.JSONDecoder()


def read_calls(answer: str) -> str:
    """Return the calls in the form of a right answer, one per line; without calls, the answer."""
    found: list[str] = []
    at = answer.find("{")
    while at >= 0:
        call, end = _call_at(answer, at)
        if call is not None:
            found.append(call)
        at = answer.find("{", end)
    return "\n".join(found) or answer.strip()


def _call_at(answer: str, at: int) -> tuple[str | None, int]:
    """Return the call that begins at this position, if any, and where to continue."""
    try:
        value, end = _DECODER.raw_decode(answer, at)
    except (ValueError, RecursionError):
        return None, at + 1
    call = _as_call(value.get("function", value))
    return (call, end) if call is not None else (None, at + 1)


def _as_call(value: Any) -> str | None:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        return None
    arguments = value.get("arguments", value.get("parameters"))
    if isinstance(arguments, str):  # OpenAI writes the arguments as text.
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError):
            return None
    return as_text(value["name"], arguments) if isinstance(arguments, dict) else None
