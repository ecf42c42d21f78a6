"""Keys of prompts and rows, which ignore white space, ASCII letter case and Unicode form.

A candidate key is quickly computed and may be shared by different prompts. A digest is exact.
"""

import hashlib
import unicodedata
from typing import Any

import msgspec
from xxhash import xxh3_64_intdigest

from tunedrop.documents.rows import Message, Turn, read_row

SPACE = b" \t\n\r\v\f"
LOWER = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz")
KEY_BYTES = 32  # Bytes of the normalised end of a prompt from which its candidate key is made.
END_CHARACTERS = 64  # This many characters usually have `KEY_BYTES` bytes without white space.


def candidate(last: Turn, seed: int) -> int:
    """Return a key of 64 bits that all rows with the same prompt share.

    Only the end of the prompt's last message is normalised, because normalising every text
    completely would take longer than the rest of the preparation. Different prompts may therefore
    have the same key; `exact.py` compares their rows completely. The order of the keys is the order
    in which rows are drawn for the splits; the seed changes it.
    """
    text = last.content
    if text.isascii():
        end = text[-END_CHARACTERS:].encode().translate(LOWER, SPACE)[-KEY_BYTES:]
        if len(end) == KEY_BYTES or len(text) <= END_CHARACTERS:
            return xxh3_64_intdigest(end, seed)
    return xxh3_64_intdigest(plain(text)[-KEY_BYTES:], seed)


def plain(text: str) -> bytes:
    """Return the normalised form in which texts are compared."""
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return text.encode("utf-8", "surrogatepass").translate(LOWER, SPACE)


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
    # No digest of a prompt begins with this byte, so that a value never has the key of a prompt.
    state.update(b"\x0e" + value.encode("utf-8", "surrogatepass"))
    return int.from_bytes(state.digest()[:8], "big") or 1


def _start(seed: int) -> Any:
    return hashlib.sha256(seed.to_bytes(8, "big"))
