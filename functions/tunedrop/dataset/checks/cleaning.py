"""Repair text: garbled encodings, HTML entities, control characters, Unicode form."""

import html
import importlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from tunedrop.dataset.readers.record import RowError
from tunedrop.dataset.shapes.example import SpokenText

# All control characters except tab and line feed. A carriage return becomes a line feed. U+FEFF is
# a byte order mark inside of the text.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff]")
_CONTROL_BYTES = bytes((*range(9), 11, 12, *range(13, 32), 127))
_STRAY = "\ufeff"
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{2,7}|#x[0-9a-fA-F]{2,6});")
FEWEST_ENTITIES = 3  # Rows with an HTML entity that are needed to decode a column.
ESCAPED_SHARE = 0.8  # Share of the rows with an ampersand that must have an entity.

# UTF-8 that was read as a Western encoding shows letters (lead bytes) and signs (later bytes). A
# text whose characters beyond ASCII are all of one kind is therefore not garbled.
_LETTERS = frozenset(map(chr, range(0xC0, 0x100)))
_SIGNS = frozenset("‘’“”‚„–—…•€™°§·«»¿¡\xa0©®")  # noqa: RUF001
_ASCII = bytes(range(128))


class Cleaner:
    """Cleans the messages of a row and returns what was changed."""

    def __init__(self, *, entities: bool) -> None:
        self._entities = entities
        self._ftfy = _ftfy()

    def clean(self, messages: Sequence[SpokenText], text: str) -> set[str]:
        """Clean messages in place and return the names of the changes.

        Args:
            messages: the messages of one row.
            text: all their texts, to decide quickly whether anything must be done.

        Raises:
            RowError: the text is garbled beyond repair.
        """
        changed: set[str] = set()
        if self._is_clean(text):
            return changed
        for message in messages:
            message.content = self._cleaned(message.content, changed).strip()
            if not message.content and not message.tool_calls:
                raise RowError("empty", "Nothing is left when control characters are removed.")
        return changed

    def _is_clean(self, text: str) -> bool:
        if self._entities and "&" in text:
            return False
        raw = text.encode("utf-8", "surrogatepass")
        if len(raw.translate(None, _CONTROL_BYTES)) != len(raw):
            return False
        if text.isascii():
            return True
        if not unicodedata.is_normalized("NFC", text) or _STRAY in text:
            return False
        return not self._may_be_garbled(raw)

    def _may_be_garbled(self, raw: bytes) -> bool:
        if self._ftfy is None:
            return False
        chars = set(raw.translate(None, _ASCII).decode("utf-8", "replace"))
        return not (chars <= _LETTERS or chars <= _SIGNS)

    def _cleaned(self, text: str, changed: set[str]) -> str:
        if self._entities and "&" in text and _ENTITY.search(text):
            text = html.unescape(text)
            changed.add("html_entities")
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if _CONTROL.search(text):
            text = _CONTROL.sub("", text)
            changed.add("control_characters")
        return text if text.isascii() else self._repaired(text, changed)

    def _repaired(self, text: str, changed: set[str]) -> str:
        if self._ftfy is not None and self._ftfy.badness.is_bad(text):
            repaired: str = self._ftfy.fix_encoding(text)
            if self._ftfy.badness.is_bad(repaired):
                raise RowError(
                    "garbled_text",
                    "The characters were garbled by wrong encodings, beyond repair.",
                    fix="Export the text again as UTF-8.",
                )
            if repaired != text:
                text = repaired
                changed.add("encoding_repaired")
        if not unicodedata.is_normalized("NFC", text):
            text = unicodedata.normalize("NFC", text)
            changed.add("unicode_form")
        return text


def are_escaped(texts: Iterable[str]) -> bool:
    """Whether texts are HTML-escaped: most rows with an ampersand have an entity."""
    with_ampersand = [text for text in texts if "&" in text]
    escaped = sum(_ENTITY.search(text) is not None for text in with_ampersand)
    return escaped >= max(FEWEST_ENTITIES, ESCAPED_SHARE * len(with_ampersand))


def _ftfy() -> Any:
    try:
        importlib.import_module("ftfy.badness")
        return importlib.import_module("ftfy")
    except ImportError:
        return None
