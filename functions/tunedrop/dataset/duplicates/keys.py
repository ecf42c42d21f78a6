"""Digests of prompts and rows that ignore white space, ASCII letter case and Unicode form."""

import hashlib
from typing import Any

import msgspec

from tunedrop.dataset.duplicates.candidates import plain
from tunedrop.documents.rows import Message, read_row


class Keys:
    """Digests of prompts and of whole rows.

    They use SHA-256, so that nobody can construct two different rows with the same key. The seed is
    part of the digest.
    """

    def __init__(self, seed: int) -> None:
        self._start = _start(seed)

    def of(self, line: bytes) -> tuple[int, int]:
        """Return (the prompt's key of 64 bits, the whole row's key of 128 bits) of a split line."""
        row = read_row(line)
        prompt = _joined(row.prompt)
        tools = msgspec.json.encode(row.tools, order="sorted") if row.tools else b""
        answer = (
            _joined(row.learned)
            + _joined(row.rejected)
            + _with_lengths(str(row.label).encode(), tools)
        )
        state: Any = self._start.copy()
        state.update(prompt or answer)  # Plain text has no prompt, so its text is the key.
        group = int.from_bytes(state.digest()[:8])
        state.update(b"/" + answer)
        return group, int.from_bytes(state.digest()[:16])


def _joined(messages: list[Message]) -> bytes:
    parts = (
        _with_lengths(
            f"{message.role} {message.weight} {message.name}".encode(), plain(message.text)
        )
        for message in messages
    )
    return b"%d[" % len(messages) + b"".join(parts) if messages else b""


def _with_lengths(*parts: bytes) -> bytes:
    """Join parts, each after its length, so that different parts never give the same bytes."""
    return b"".join(b"%d:%b" % (len(part), part) for part in parts)


def key_of_value(value: str, seed: int) -> int:
    """Return the key of a `group_by` column's value; it is never zero."""
    state = _start(seed)
    state.update(b"\x0e" + value.encode("utf-8", "surrogatepass"))
    return int.from_bytes(state.digest()[:8], "big") or 1


def _start(seed: int) -> Any:
    return hashlib.sha256(seed.to_bytes(8, "big"))
