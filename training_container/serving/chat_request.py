"""Read a request in OpenAI's form, a chat or a completion, with vLLM's `prompt_logprobs`.

Fields that are not supported are refused, not ignored.
"""

import json
import math
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from tool_calls import Message, for_template

ROLES: Final = ("system", "user", "assistant", "tool")
"""The roles that a message may have."""

MAX_STOPS: Final = 4
"""The largest number of stop strings, as in OpenAI's API."""

COMPLETION_TOKENS: Final = 16
"""The tokens of a completion that names no `max_tokens`, as in OpenAI's API."""


class RequestError(Exception):
    """A request that cannot be answered, with the HTTP status and the name of the wrong field."""

    def __init__(self, status: HTTPStatus, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.field = field


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatRequest:
    """A request whose every field has been checked.

    `text` is the prompt of a completion, which has no messages; it is None in a chat.
    `add_generation_prompt` (in chats) ends the prompt with the beginning of an answer;
    `add_special_tokens` (in completions) begins it as the tokenizer begins a text. With
    `prompt_logprobs` the answer also has the log likelihood of each token of the prompt.
    """

    model: str
    messages: list[Message]
    text: str | None
    add_generation_prompt: bool
    add_special_tokens: bool
    prompt_logprobs: bool
    tools: list[dict[str, Any]]
    max_tokens: int | None
    temperature: float
    top_p: float
    seed: int | None
    stop: tuple[str, ...]


def read_chat_request(body: bytes, *, served: Collection[str], default: str) -> ChatRequest:
    """Parse and check a request.

    Args:
        body: the body of the HTTP request.
        served: the names of the models.
        default: the model that answers when the request names none.

    Raises:
        RequestError: with status 404 for an unknown model, and 400 for any other wrong field.
    """
    fields = _object(body)
    _refuse_unknown(fields)
    text = _text(fields)
    return ChatRequest(
        model=_model(fields, served, default),
        messages=_messages(fields.get("messages")) if text is None else [],
        text=text,
        add_generation_prompt=_flag(fields, "add_generation_prompt", default=True),
        add_special_tokens=_flag(fields, "add_special_tokens", default=True),
        prompt_logprobs=_prompt_logprobs(fields),
        tools=_tools(fields),
        max_tokens=_max_tokens(fields, None if text is None else COMPLETION_TOKENS),
        temperature=_number(fields, "temperature", 1.0, low=0.0, high=2.0),
        top_p=_number(fields, "top_p", 1.0, low=1e-6, high=1.0),
        seed=_integer(fields, "seed", low=-(2**63)),
        stop=_stop(fields.get("stop")),
    )


def _bad(field: str | None, message: str) -> RequestError:
    return RequestError(HTTPStatus.BAD_REQUEST, message, field)


def _object(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except ValueError as error:
        raise _bad(None, f"the body is not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise _bad(None, "the body must be a JSON object")
    return fields


_KNOWN = frozenset(
    ("model", "max_tokens", "max_completion_tokens", "temperature", "top_p", "seed", "stop", "user",
     "prompt_logprobs")
)  # fmt: skip
_OF_CHATS = frozenset(("messages", "tools", "tool_choice", "add_generation_prompt"))
_OF_COMPLETIONS = frozenset(("prompt", "add_special_tokens"))
_WITHOUT_EFFECT: Final[dict[str, Any]] = {"n": 1, "stream": False, "logprobs": False}
"""Fields that are not supported, and the value with which they change nothing."""


def _refuse_unknown(fields: dict[str, Any]) -> None:
    known = _KNOWN | (_OF_COMPLETIONS if "prompt" in fields else _OF_CHATS)
    for name, value in fields.items():
        if name in known or value is None or _WITHOUT_EFFECT.get(name, ...) == value:
            continue
        raise _bad(name, f"`{name}` = {json.dumps(value)[:40]} is not supported")


def _model(fields: dict[str, Any], served: Collection[str], default: str) -> str:
    model = fields.get("model", default)
    if not isinstance(model, str):
        raise _bad("model", "`model` must be a string")
    if model not in served:
        raise RequestError(
            HTTPStatus.NOT_FOUND,
            f"the model `{model}` does not exist; served: {', '.join(served)}",
            "model",
        )
    return model


def _text(fields: dict[str, Any]) -> str | None:
    """Return the prompt of a completion; None in a chat."""
    if "prompt" not in fields:
        return None
    if not _is_text(fields["prompt"]) or not fields["prompt"]:
        raise _bad("prompt", "`prompt` must be a string of Unicode text that is not empty")
    return str(fields["prompt"])


def _prompt_logprobs(fields: dict[str, Any]) -> bool:
    """Return whether the likelihoods of the prompt's own tokens are wanted: vLLM's value 0.

    Above 0, vLLM adds the likeliest other tokens.
    """
    if fields.get("prompt_logprobs") not in (None, 0) or fields.get("prompt_logprobs") is False:
        raise _bad("prompt_logprobs", "`prompt_logprobs` must be 0: the prompt's own tokens only")
    return fields.get("prompt_logprobs") == 0


def _flag(fields: dict[str, Any], name: str, *, default: bool) -> bool:
    value = fields.get(name)
    if value is not None and not isinstance(value, bool):
        raise _bad(name, f"`{name}` must be true or false")
    return default if value is None else value


def _messages(value: Any) -> list[Message]:
    if not isinstance(value, list) or not value:
        raise _bad("messages", "`messages` must be a list with at least one message")
    return [_message(message, f"messages[{index}]") for index, message in enumerate(value)]


def _message(message: Any, where: str) -> Message:
    if not isinstance(message, dict):
        raise _bad(where, f"`{where}` must be an object with `role` and `content`")
    if message.get("role") not in ROLES:
        raise _bad(f"{where}.role", f"`{where}.role` must be one of {', '.join(ROLES)}")
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list) or not all(map(_is_call, calls)):
        field = f"{where}.tool_calls"
        raise _bad(field, f"`{field}` must be calls of functions, their arguments a JSON object")
    content = message.get("content")
    if content is None and calls:
        content = ""
    if not _is_text(content):
        raise _bad(f"{where}.content", f"`{where}.content` must be a string of Unicode text")
    return for_template({**message, "content": content}, calls_as_text=False)


def _is_call(call: Any) -> bool:
    try:
        name, arguments = call["function"]["name"], json.loads(call["function"]["arguments"])
    except (TypeError, KeyError, ValueError):
        return False
    return isinstance(name, str) and isinstance(arguments, dict) and _is_unicode([name, arguments])


def _tools(fields: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the tools, which the prompt lists.

    A tool call is answered as text. As in vLLM, the request must ask for that: `tool_choice` is
    "none".
    """
    tools, choice = fields.get("tools") or [], fields.get("tool_choice")
    if choice not in (None, "none") or (tools and choice is None):
        raise _bad("tool_choice", '`tool_choice` must be "none": calls are answered as text')
    objects = isinstance(tools, list) and all(isinstance(tool, dict) for tool in tools)
    if not objects or not _is_unicode(tools):
        raise _bad("tools", "`tools` must be a list of objects")
    return list(tools)


def _is_unicode(value: Any) -> bool:
    return _is_text(json.dumps(value, ensure_ascii=False))


def _is_text(value: Any) -> bool:
    """Return whether a value is text. No tokenizer accepts half a surrogate pair."""
    return isinstance(value, str) and not any("\ud800" <= c <= "\udfff" for c in value)


def _max_tokens(fields: dict[str, Any], default: int | None) -> int | None:
    newer = _integer(fields, "max_completion_tokens", low=1)
    older = _integer(fields, "max_tokens", low=1)
    return next((value for value in (newer, older) if value is not None), default)


def _integer(fields: dict[str, Any], name: str, *, low: int) -> int | None:
    value = fields.get(name)
    if value is None:
        return None
    if type(value) is not int or not low <= value < 2**63:
        raise _bad(name, f"`{name}` must be an integer of at least {low}")
    return value


def _number(fields: dict[str, Any], name: str, default: float, *, low: float, high: float) -> float:
    value = fields.get(name)
    if value is None:
        return default
    if type(value) not in (int, float) or math.isnan(value) or not low <= value <= high:
        raise _bad(name, f"`{name}` must be a number between {low:g} and {high:g}")
    return float(value)


def _stop(value: Any) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value or []
    if not isinstance(listed, list) or not all(isinstance(s, str) and s for s in listed):
        raise _bad("stop", "`stop` must be a string or a list of strings, none empty")
    if len(listed) > MAX_STOPS:
        raise _bad("stop", f"`stop` takes at most {MAX_STOPS} strings")
    return tuple(listed)
