"""Prepare messages for a chat template, tool calls included.

Rows have OpenAI's form, in which a call's arguments are JSON text. Templates expect the arguments
parsed, as vLLM passes them, and write them as JSON themselves.
https://huggingface.co/docs/transformers/chat_templating
https://docs.vllm.ai/en/latest/features/tool_calling.html

Many templates leave calls out, so that the model would learn to answer nothing. Others write them
in a format that only a parser of its own reads. With such templates a call is written as text, one
JSON object a line. The evaluation does the same in its requests.
"""

import json
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError

if TYPE_CHECKING:  # serving reads requests without importing transformers
    from transformers import PreTrainedTokenizerBase

Message = dict[str, Any]
"""One turn of a conversation: `role`, `content`, and the other fields of OpenAI's form."""

_PROBE = "probe_of_calls"
_ARGUMENTS = {"argument": "value"}
"""The name and the arguments of a call with which writes_calls tests a template."""


def for_template(message: Message, *, calls_as_text: bool) -> Message:
    """Return the message with the fields that a template may read, and without None values."""
    given: Message = {"role": message["role"], "content": message["content"]}
    calls = message.get("tool_calls") or []
    if calls and calls_as_text:
        texts = [text for text in (message["content"], *map(_as_text, calls)) if text]
        given["content"] = "\n".join(texts)
    elif calls:
        given["tool_calls"] = [_parsed(call) for call in calls]
    if message["role"] == "tool":
        known = {name: message.get(name) for name in ("tool_call_id", "name")}
        given |= {name: value for name, value in known.items() if value is not None}
    return given


def writes_calls(tokenizer: "PreTrainedTokenizerBase") -> bool:
    """Return whether the chat template writes a tool call as JSON, with name and arguments."""
    call = {
        "id": "probe0000",  # Mistral's templates accept only nine letters and digits
        "type": "function",
        "function": {"name": _PROBE, "arguments": _ARGUMENTS},
    }
    messages: list[Message] = [
        {"role": "user", "content": "question"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
    ]
    try:
        text = str(tokenizer.apply_chat_template(messages, tokenize=False))
    except (TemplateError, TypeError):  # the template refuses calls, or fails on them
        return False
    return any(_is_probe(text, at) for at, char in enumerate(text) if char == "{")


def _is_probe(text: str, at: int) -> bool:
    """Return whether the JSON object that begins at a position is the probe's call."""
    try:
        found, _ = json.JSONDecoder().raw_decode(text, at)
    except ValueError:
        return False
    arguments = found.get("arguments", found.get("parameters"))
    return bool(found.get("name") == _PROBE and arguments == _ARGUMENTS)


def _parsed(call: dict[str, Any]) -> dict[str, Any]:
    """Return a call with its arguments parsed."""
    function = call["function"]
    return {**call, "function": {**function, "arguments": json.loads(function["arguments"])}}


def _as_text(call: dict[str, Any]) -> str:
    """Return a call as JSON, the name first and the arguments' keys sorted.

    The functions write reference answers in the same way (tunedrop.documents.tool_calls). A test
    checks that both are equal.
    """
    function = call["function"]
    name = json.dumps(function["name"], ensure_ascii=False)
    arguments = json.loads(function["arguments"])
    ordered = json.dumps(arguments, ensure_ascii=False, sort_keys=True)
    return f'{{"name": {name}, "arguments": {ordered}}}'
