"""Digests by which twins are known: equal but for white space, letter case and Unicode form."""

import hashlib
import unicodedata
from collections.abc import Iterable

from tunedrop.dataset.document import Message
from tunedrop.dataset.shapes.example import Example, JudgedAnswer, PreferencePair

_SPACE = b" \t\n\r\v\f"
_LOWER = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz")
_TURN = {"system": "\x01", "user": "\x02", "assistant": "\x03", "tool": "\x05"}


class Keys:
    """Digests of prompts and of whole rows.

    SHA-256, so that nobody can make two different rows collide. The seed is part of the digest:
    the order of the digests is the order in which rows are drawn for the splits.
    """

    def __init__(self, seed: int) -> None:
        self._start = hashlib.sha256(seed.to_bytes(8, "big"))

    def of(self, example: Example) -> tuple[int, int]:
        """Return (the prompt's key of 64 bits, the whole row's key of 128 bits)."""
        state = self._start.copy()
        state.update(_plain(example.prompt or example.completion))
        group = int.from_bytes(state.digest()[:8], "big")
        state.update(b"\x04" + _plain(example.completion))
        if isinstance(example, PreferencePair):
            state.update(b"\x06" + _plain(example.rejected))
        elif isinstance(example, JudgedAnswer):
            state.update(b"\x07" if example.label else b"\x08")
        return group, int.from_bytes(state.digest()[:16], "big")

    def of_value(self, value: str) -> int:
        """Return the key of a column's value, by which rows are grouped."""
        state = self._start.copy()
        state.update(b"\x0e" + value.encode("utf-8", "surrogatepass"))
        return int.from_bytes(state.digest()[:8], "big")


def _plain(messages: Iterable[Message]) -> bytes:
    text = "".join([_TURN[message.role] + message.content for message in messages])
    if not text.isascii():
        text = unicodedata.normalize("NFC", "".join(text.casefold().split()))
    return text.encode("utf-8", "surrogatepass").translate(_LOWER, _SPACE)
