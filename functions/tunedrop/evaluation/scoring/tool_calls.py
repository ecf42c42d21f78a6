"""Find the tool calls in an answer, in the formats of different models, and compare them.

Some models write `<tool_call>` lines, others a list after a marker, others only JSON. In all of
these a call is a JSON object with a name and arguments (Llama: parameters), which this module looks
for. Calls written as code, such as `[find(id=1)]`, are not recognised.
"""

import json
from collections.abc import Sequence
from typing import Any

from tunedrop.documents.tool_calls import as_text

_DECODER = json.JSONDecoder()
MOSTLY = 0.5  # Share of the right answers that are calls from which on calls are compared.

Call = tuple[str, str]
"""A function's name and its arguments as JSON with sorted keys."""


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


def are_calls(golds: Sequence[str]) -> bool:
    """Return whether most right answers are tool calls."""
    return sum(bool(calls_in(gold)) for gold in golds) > MOSTLY * len(golds)


def calls_in(text: str) -> list[Call]:
    """Return the calls of a right answer, or of an answer as read; empty when it is a text."""
    found = []
    for line in text.splitlines():
        try:
            call = json.loads(line)
        except (ValueError, RecursionError):
            return []
        if not isinstance(call, dict) or set(call) != {"name", "arguments"}:
            return []
        found.append((str(call["name"]), json.dumps(call["arguments"], sort_keys=True)))
    return found


def same_names(prediction: str, gold: str) -> float:
    """Return 1 when the answer calls the right functions as often as it should, else 0.

    The order of several calls does not count. Where the right answer is a text, an answer without
    a call is right.
    """
    return float(_sorted(prediction, 0) == _sorted(gold, 0))


def same_arguments(prediction: str, gold: str) -> float:
    """Return 1 when the calls have the right arguments, whatever they are called, else 0."""
    return float(_sorted(prediction, 1) == _sorted(gold, 1))


def same_calls(prediction: str, gold: str) -> float:
    """Return 1 when the calls have the right names with the right arguments, else 0."""
    return float(sorted(calls_in(prediction)) == sorted(calls_in(gold)))


def _sorted(text: str, part: int) -> list[str]:
    return sorted(call[part] for call in calls_in(text))
