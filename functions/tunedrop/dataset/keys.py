"""Digests by which twins are known: white space, letter case (ASCII), Unicode form do not count."""

import hashlib
import unicodedata

from tunedrop.dataset.shapes.example import Example

_SPACE = b" \t\n\r\v\f"
_LOWER = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz")
_ANSWER = "\x04"  # between prompt and answer
_ANSWER_BYTES = _ANSWER.encode()


class Keys:
    """Digests of prompts and of whole rows.

    SHA-256, so that nobody can make two different rows collide. The seed is part of the digest:
    the order of the digests is the order in which rows are drawn for the splits.
    """

    def __init__(self, seed: int) -> None:
        self._start = hashlib.sha256(seed.to_bytes(8, "big"))

    def of(self, example: Example) -> tuple[int, int]:
        """Return (the prompt's key of 64 bits, the whole row's key of 128 bits)."""
        turns = [message.role + message.content for message in example.prompt]
        turns.append(_ANSWER)
        turns += [message.role + message.content for message in example.completion]
        turns += example.further_texts()
        plain = _plain("\n".join(turns))
        end = plain.index(_ANSWER_BYTES) or len(plain)  # text without a prompt is all key
        state = self._start.copy()
        state.update(plain[:end])
        group = int.from_bytes(state.digest()[:8])
        state.update(plain[end:])
        return group, int.from_bytes(state.digest()[:16])

    def of_value(self, value: str) -> int:
        """Return the key of a column's value, by which rows are grouped."""
        state = self._start.copy()
        state.update(b"\x0e" + value.encode("utf-8", "surrogatepass"))
        return int.from_bytes(state.digest()[:8], "big")


def _plain(text: str) -> bytes:
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return text.encode("utf-8", "surrogatepass").translate(_LOWER, _SPACE)
