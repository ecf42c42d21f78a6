"""A conversation with tools, calls or weights, which says more than its messages' texts do."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from tunedrop.dataset.shapes.example import Example, Said
from tunedrop.dataset.shapes.tools import Tool
from tunedrop.documents.rows import Message, Row, SplitRow


class Dialogue(Example, gc=False):
    """An example whose tools, calls and weights are kept, checked and told apart."""

    tools: list[Tool] | None = None

    def as_row(self, row: int) -> SplitRow:
        """Return the line of the split file."""
        return Row(row, self.prompt, self.completion, self.tools)

    def texts(self) -> Sequence[Said]:
        """Return the messages, then every text in a call's arguments or in a tool."""
        said: list[Said] = [*self.messages()]
        for message in self.messages():
            for call in message.tool_calls or ():
                said += _argument_texts(call["function"])
        said += _texts_in(self.tools or [])
        return said

    def label_text(self) -> str | None:
        """Return the answer as it would be a label; a call, or one of several answers, is none."""
        last = self.completion[-1]
        several = any(message.weight for message in self.prompt)
        return None if last.tool_calls or several else last.content

    def characters(self) -> int:
        """Return the length of all that is said, calls and tools as JSON included."""
        said = sum(len(message.text) for message in self.messages())
        return said + (len(msgspec.json.encode(self.tools)) if self.tools else 0)


def example_of(
    prompt: list[Message], completion: list[Message], tools: list[Tool] | None
) -> Example:
    """Return an example, of the richer kind only where there is something to keep."""
    told = any(
        message.tool_calls or message.weight is not None for message in (*prompt, *completion)
    )
    if tools or told:
        return Dialogue(prompt, completion, tools)
    return Example(prompt, completion)


class _Text:
    """A text somewhere inside JSON; what is written to `content` is written there."""

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
    """A call's arguments, parsed so that their texts can be read and corrected one by one."""

    def __init__(self, function: dict[str, Any]) -> None:
        self._function = function
        self.parsed = msgspec.json.decode(function["arguments"])

    def write(self) -> None:
        """Put the corrected arguments back."""
        self._function["arguments"] = msgspec.json.encode(self.parsed).decode()


def _argument_texts(function: dict[str, Any]) -> list[_Text]:
    whole = _Arguments(function)
    return list(_texts_in(whole.parsed, whole))


def _texts_in(value: Any, whole: _Arguments | None = None) -> Iterator[_Text]:
    """Yield every text among the values, however deep."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in list(parts):
        if isinstance(part, str):
            yield _Text(value, key, whole)
        elif isinstance(part, dict | list):
            yield from _texts_in(part, whole)
