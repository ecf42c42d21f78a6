"""The text that the base model's chat template makes of a row, to count all tokens of the training.

A template adds marks to every message, and many add a system prompt where the row has none: in a
short row that is more than the row itself.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from tunedrop.documents.rows import Message

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

_PROBE = "probe_of_calls"  # The name of a call that shows whether the template writes calls.


class ChatTemplate:
    """A chat template, rendered as transformers renders it.

    https://huggingface.co/docs/transformers/chat_templating_writing

    Args:
        config: tokenizer_config.json: the special tokens and, in older models, the template.
        template: chat_template.jinja, which newer models have instead.

    Raises:
        ValueError: there is no template, or it cannot be used.
    """

    def __init__(self, config: bytes, template: bytes | None = None) -> None:
        import jinja2  # noqa: PLC0415 - its import takes 20 ms, and few invocations need it

        try:
            settings: dict[str, Any] = msgspec.json.decode(config, type=dict[str, Any])
            source = template.decode() if template else _template_of(settings)
            self._render = _environment().from_string(source).render
        except (msgspec.MsgspecError, jinja2.TemplateError) as error:
            raise ValueError(f"the chat template cannot be used: {error}") from error
        self._tokens = {
            name: _text_of(settings.get(name)) for name in ("bos_token", "eos_token", "pad_token")
        }

    @cached_property
    def calls_as_text(self) -> bool:
        """Whether the template leaves tool calls out; then they are trained on as text."""
        call = {"id": "probe0000", "type": "function", "function": {"name": _PROBE}}
        asked = {"role": "user", "content": "question"}
        called = {"role": "assistant", "content": "", "tool_calls": [_parsed(call)]}
        return _PROBE not in (self._rendered([asked, called], None) or "")

    def text(self, messages: Sequence[Message], tools: Any) -> str | None:
        """Return a conversation as the model sees it in training, up to its last end of turn.

        None when the template refuses it; the training job then says why.
        """
        try:
            turns = [_turn(message, calls_as_text=self.calls_as_text) for message in messages]
        except (KeyError, TypeError, ValueError):  # A call that is no call.
            return None
        text = self._rendered(turns, tools)
        end = self._tokens["eos_token"]
        at = text.rfind(end) if text and end else -1
        return text[: at + len(end)] if text and at >= 0 else text

    def _rendered(self, turns: list[dict[str, Any]], tools: Any) -> str | None:
        try:
            return self._render(messages=turns, tools=tools, **self._tokens)
        except Exception:  # noqa: BLE001 - a template is a program and fails as it likes
            return None


def _turn(message: Message, *, calls_as_text: bool) -> dict[str, Any]:
    """Return a message for a template, as `training_container/tool_calls.py` does."""
    turn: dict[str, Any] = {"role": message.role, "content": message.content}
    if calls_as_text:
        turn["content"] = message.text
    elif message.tool_calls:
        turn["tool_calls"] = [_parsed(call) for call in message.tool_calls]
    if message.role == "tool":
        named = {"tool_call_id": message.tool_call_id, "name": message.name}
        turn |= {key: value for key, value in named.items() if value is not None}
    return turn


def _parsed(call: dict[str, Any]) -> dict[str, Any]:
    """Return a call with its arguments parsed, as templates expect them."""
    function = call["function"]
    arguments = json.loads(function.get("arguments") or "{}")
    return {**call, "function": {**function, "arguments": arguments}}


def _template_of(settings: dict[str, Any]) -> str:
    """Return the template of tokenizer_config.json; of several the one for chats."""
    found = settings.get("chat_template")
    if isinstance(found, list):
        found = {each["name"]: each["template"] for each in found}.get("default")
    if not isinstance(found, str):
        raise ValueError("the base model has no chat template")  # noqa: TRY004 - one kind of error
    return found


def _text_of(token: Any) -> str:
    """Return a special token's text; tokenizer_config.json may describe it by an object."""
    return str(token.get("content", "") if isinstance(token, dict) else token or "")


def _environment() -> "ImmutableSandboxedEnvironment":
    from jinja2.ext import loopcontrols  # noqa: PLC0415 - as above
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[loopcontrols],
    )
    environment.filters["tojson"] = _to_json
    environment.globals |= {"raise_exception": _refuse, "strftime_now": _now}
    return environment


def _to_json(value: Any, indent: int | None = None, **_: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _refuse(message: str) -> NoReturn:
    from jinja2 import TemplateError  # noqa: PLC0415 - as above

    raise TemplateError(message)


def _now(form: str) -> str:
    return datetime.now().strftime(form)  # noqa: DTZ005 - as transformers does
