"""Keys that equal rows share and most different rows do not: who might be a twin of whom.

Rows are compared without white space, ASCII letter case and Unicode form. To bring all of every
text to that form takes longer than all the rest of the preparation, so that only its end is: rows
whose ends are equal are compared in full afterwards (`exact.py`).
"""

import unicodedata

from xxhash import xxh3_64_intdigest

from tunedrop.documents.rows import Turn

SPACE = b" \t\n\r\v\f"
LOWER = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz")
ENOUGH = 32  # bytes compared
LOOKED_AT = 64  # characters, in which most texts have so many bytes that count


def candidate(last: Turn, seed: int) -> int:
    """Return a key of 64 bits that all rows with the same prompt share, of its last message.

    Not collision-proof, and need not be. The order of these keys is the order in which rows are
    drawn for the splits; the seed changes it.
    """
    text = last.content
    if text.isascii():
        end = text[-LOOKED_AT:].encode().translate(LOWER, SPACE)[-ENOUGH:]
        if len(end) == ENOUGH or len(text) <= LOOKED_AT:
            return xxh3_64_intdigest(end, seed)
    return xxh3_64_intdigest(plain(text)[-ENOUGH:], seed)


def plain(text: str) -> bytes:
    """Return the form in which texts are compared."""
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return text.encode("utf-8", "surrogatepass").translate(LOWER, SPACE)
