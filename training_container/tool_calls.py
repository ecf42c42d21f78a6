"""Messages as a chat template takes them, tool calls included.

Rows carry OpenAI's form, in which arguments are JSON text; templates write them as JSON themselves
and want them parsed, as vLLM gives them too.
https://huggingface.co/docs/transformers/chat_templating
https://docs.vllm.ai/en/latest/features/tool_calling.html

Many templates leave calls out without a word: the model would learn to say nothing. Others write
them in a language of their own, which nobody but its parser reads. For those a call is written as
text, one JSON object a line; the evaluation does the same with what it sends.
"""

import json
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError

if TYPE_CHECKING:  # reading a request needs no tokenizer
    from transformers import PreTrainedTokenizerBase

Message = dict[str, Any]
"""One turn of a conversation: `role`, `content`, and what else OpenAI's form has."""

_PROBE = "probe_of_calls"
_ARGUMENTS = {"argument": "value"}


def for_template(message: Message, *, calls_as_text: bool) -> Message:
    """Return the message with what a template may look at, and nothing that is None."""
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
    """Whether the chat template writes a tool call as a JSON object, name and arguments in it."""
    call = {
        "id": "probe0000",  # nine letters and digits, as Mistral's templates insist
        "type": "function",
        "function": {"name": _PROBE, "arguments": _ARGUMENTS},
    }
    messages: list[Message] = [
        {"role": "user", "content": "question"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
    ]
    try:
        text = str(tokenizer.apply_chat_template(messages, tokenize=False))
    except (TemplateError, TypeError):  # it refuses calls, or cannot do with them
        return False
    return any(_is_probe(text, at) for at, char in enumerate(text) if char == "{")


def _is_probe(text: str, at: int) -> bool:
    try:
        found, _ = json.JSONDecoder().raw_decode(text, at)
    except ValueError:
        return False
    arguments = found.get("arguments", found.get("parameters"))
    return bool(found.get("name") == _PROBE and arguments == _ARGUMENTS)


def _parsed(call: dict[str, Any]) -> dict[str, Any]:
    function = call["function"]
    return {**call, "function": {**function, "arguments": json.loads(function["arguments"])}}


def _as_text(call: dict[str, Any]) -> str:
    """One call as JSON, name first and the arguments' keys sorted.

    The evaluation writes right answers so (tunedrop.documents.tool_calls); a test holds them equal.
    """
    function = call["function"]
    name = json.dumps(function["name"], ensure_ascii=False)
    arguments = json.loads(function["arguments"])
    ordered = json.dumps(arguments, ensure_ascii=False, sort_keys=True)
    return f'{{"name": {name}, "arguments": {ordered}}}'
