"""Digests by which twins are known: white space, letter case (ASCII), Unicode form do not count."""

import hashlib
from typing import Any

import msgspec

from tunedrop.dataset.candidates import plain
from tunedrop.dataset.document import Message

_ANSWER = "\x04"  # between prompt and answer
_ANSWER_BYTES = _ANSWER.encode()
_FURTHER = "\x05"  # before what is no text of the conversation


class Encoded(msgspec.Struct):
    """A line of a split file of any task, as far as it tells one row from another."""

    prompt: list[Message] = []
    completion: list[Message] = []
    chosen: list[Message] = []
    rejected: list[Message] = []
    label: bool | None = None
    text: str = ""
    tools: list[dict[str, Any]] | None = None

    @property
    def answer(self) -> list[Message]:
        """What is to be learnt."""
        return self.completion or self.chosen or [Message("assistant", self.text)]

    def further_texts(self) -> list[str]:
        """What tells rows apart whose prompts and answers read the same."""
        messages = [*self.prompt, *self.answer]
        calls = [message.text for message in messages if message.tool_calls]
        weights = "".join(str(message.weight) for message in messages if message.weight is not None)
        tools = msgspec.json.encode(self.tools, order="sorted").decode() if self.tools else ""
        worse = [message.content for message in self.rejected]
        return [*worse, str(self.label), _FURTHER, *calls, _FURTHER, tools, weights]

    @property
    def asked_text(self) -> str:
        """What is asked, without the system prompt; of running text, the text."""
        asked = [message.content for message in self.prompt if message.role != "system"]
        return "\n".join(asked) or self.answer[0].content


class Keys:
    """Digests of prompts and of whole rows.

    SHA-256, so that nobody can make two different rows collide; the seed is part of the digest.
    """

    def __init__(self, seed: int) -> None:
        self._start = _start(seed)
        self._decode = msgspec.json.Decoder(Encoded).decode

    def of(self, line: bytes) -> tuple[int, int]:
        """Return (the prompt's key of 64 bits, the whole row's key of 128 bits) of a split line."""
        row = self._decode(line)
        turns = [message.role + message.content for message in row.prompt]
        turns.append(_ANSWER)
        turns += [message.role + message.content for message in row.answer]
        turns += row.further_texts()
        text = plain("\n".join(turns))
        end = text.index(_ANSWER_BYTES) or len(text)  # text without a prompt is all key
        state: Any = self._start.copy()
        state.update(text[:end])
        group = int.from_bytes(state.digest()[:8])
        state.update(text[end:])
        return group, int.from_bytes(state.digest()[:16])


def key_of_value(value: str, seed: int) -> int:
    """Return the key, above zero, of a column's value by which rows are grouped."""
    state = _start(seed)
    state.update(b"\x0e" + value.encode("utf-8", "surrogatepass"))
    return int.from_bytes(state.digest()[:8], "big") or 1


def _start(seed: int) -> Any:
    return hashlib.sha256(seed.to_bytes(8, "big"))
