"""Keys that equal rows share and most different rows do not, to find possible duplicates.

Rows are compared without white space, ASCII letter case and Unicode form. Normalising every text
completely would take longer than the rest of the preparation, so only the end of the prompt is
normalised. Rows with equal ends are compared completely afterwards (`exact.py`).
"""

import unicodedata

from xxhash import xxh3_64_intdigest

from tunedrop.documents.rows import Turn

SPACE = b" \t\n\r\v\f"
LOWER = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz")
ENOUGH = 32  # Bytes of the normalised end that make the key.
LOOKED_AT = 64  # Characters at the end that usually contain this many bytes without white space.


def candidate(last: Turn, seed: int) -> int:
    """Return a key of 64 bits, made of the last message, that all rows with the same prompt share.

    Different prompts may have the same key. The order of the keys is the order in which rows are
    drawn for the splits; the seed changes it.
    """
    text = last.content
    if text.isascii():
        end = text[-LOOKED_AT:].encode().translate(LOWER, SPACE)[-ENOUGH:]
        if len(end) == ENOUGH or len(text) <= LOOKED_AT:
            return xxh3_64_intdigest(end, seed)
    return xxh3_64_intdigest(plain(text)[-ENOUGH:], seed)


def plain(text: str) -> bytes:
    """Return the normalised form in which texts are compared."""
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return text.encode("utf-8", "surrogatepass").translate(LOWER, SPACE)
