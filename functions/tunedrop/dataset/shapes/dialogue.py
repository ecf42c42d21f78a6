"""Conversations with tools, tool calls or weights."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from tunedrop.dataset.shapes.example import Example, SpokenText
from tunedrop.dataset.shapes.tools import Tool
from tunedrop.documents.rows import Message, Row, SplitRow


class Dialogue(Example, gc=False):
    """An example with tools, calls, weights, or parts that are not learnt (`left_out`)."""

    tools: list[Tool] | None = None
    left_out: str = ""

    def as_row(self, row: int) -> SplitRow:
        """Return the line of the split file."""
        return Row(row, self.prompt, self.completion, self.tools)

    def texts(self) -> Sequence[SpokenText]:
        """Return the messages, and every text in the calls' arguments and in the tools."""
        texts: list[SpokenText] = [*self.messages()]
        for message in self.messages():
            for call in message.tool_calls or ():
                texts += _argument_texts(call["function"])
        texts += _texts_in(self.tools or [])
        return texts

    def label_text(self) -> str | None:
        """Return the answer as a label; None for a call or for several trained answers."""
        last = self.completion[-1]
        several = any(message.weight for message in self.prompt)
        return None if last.tool_calls or several else last.content

    def remarks(self) -> Sequence[tuple[str, str]]:
        """Report the parts that are not learnt."""
        return [("left_out", self.left_out)] if self.left_out else []

    def characters(self) -> int:
        """Return the length of all texts, with calls and tools as JSON."""
        length = sum(len(message.text) for message in self.messages())
        return length + (len(msgspec.json.encode(self.tools)) if self.tools else 0)


def example_of(
    prompt: list[Message],
    completion: list[Message],
    tools: list[Tool] | None,
    left_out: str = "",
) -> Example:
    """Return a `Dialogue` if there are tools, calls, weights or parts left out, else an `Example`.

    Args:
        prompt: the messages before the answer.
        completion: the answer.
        tools: the row's tools.
        left_out: the beginning of what the row has and the model does not learn.
    """
    has_more = any(
        message.tool_calls or message.weight is not None for message in (*prompt, *completion)
    )
    if tools or has_more or left_out:
        return Dialogue(prompt, completion, tools, left_out)
    return Example(prompt, completion)


class _Text:
    """A text inside of JSON; setting `content` changes the JSON."""

    tool_calls: list[dict[str, Any]] | None = None

    def __init__(self, holder: Any, key: Any, whole: "_Arguments | None" = None) -> None:
        self._holder = holder
        self._key = key
        self._whole = whole
        self.role = "assistant" if whole else "tool"

    @property
    def content(self) -> str:
        text: str = self._holder[self._key]
        return text

    @content.setter
    def content(self, text: str) -> None:
        if text != self._holder[self._key]:
            self._holder[self._key] = text
            if self._whole is not None:
                self._whole.write()


class _Arguments:
    """The parsed arguments of a call, so that single texts can be corrected."""

    def __init__(self, function: dict[str, Any]) -> None:
        self._function = function
        self.parsed = msgspec.json.decode(function["arguments"])

    def write(self) -> None:
        """Write the corrected arguments back to the call."""
        self._function["arguments"] = msgspec.json.encode(self.parsed).decode()


def _argument_texts(function: dict[str, Any]) -> list[_Text]:
    whole = _Arguments(function)
    return list(_texts_in(whole.parsed, whole))


def _texts_in(value: Any, whole: _Arguments | None = None) -> Iterator[_Text]:
    """Yield every text in the values, at any depth."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in list(parts):
        if isinstance(part, str):
            yield _Text(value, key, whole)
        elif isinstance(part, dict | list):
            yield from _texts_in(part, whole)
