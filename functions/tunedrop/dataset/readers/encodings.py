"""Recognise the encoding of a text file from its first bytes.

UTF-8, and UTF-16 and UTF-32 by their marks, are certain. Any other encoding is a guess of
charset-normalizer, which the prepare layer holds. The same byte is a letter in nearly every one of
them, so only the letters that usually follow each other tell them apart. The guess is told.
"""

import codecs
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch

# If this share of the lines beyond ASCII is invalid in every encoding, and there are enough of them
# to judge, only ASCII is trusted.
MIN_LINES, INVALID_SHARE = 20, 0.95

LONGEST_SAMPLE = 1 << 16  # Bytes of the lines beyond ASCII that are examined.
MOST_NOISE = 0.15  # `chaos` of a guess: the share of its letters that no language has in a row.
LEAST_LETTERS = 0.2  # `coherence` of a guess: the share of a language's commonest letters in it.
ALIKE = 0.1  # Guesses that differ less in coherence cannot be told apart by it.
SPARSE = 0.5  # Share of Western Europe's accented letters that have another one beside them.
_RUN = re.compile(r"[^\W\d_\x00-\x7f]{2,}")  # Two or more letters beyond ASCII in a row.

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN = frozenset(  # Letters of Western Europe, typographic quotes, dashes and signs.
    "àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþßœšž ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝÞŒŠŽ"
    "\u2018\u2019\u201c\u201d\u201e\u201a\u2013\u2014\u2026\u2022€£§°\xb4«»¿¡ºª½²³·©®™\xa0"
)
_WEST = frozenset(
    (
        "English", "German", "French", "Dutch", "Italian", "Spanish", "Portuguese", "Catalan",
        "Swedish", "Norwegian", "Danish", "Finnish", "Icelandic", "Indonesian", "Irish",
    )
)  # fmt: skip
_CENTRE = frozenset(
    (
        "Polish", "Czech", "Slovak", "Slovene", "Slovenian", "Hungarian", "Romanian", "Croatian",
        "Bosnian", "Albanian",
    )
)  # fmt: skip


class _Encoding(NamedTuple):
    """How an encoding is called, and the languages that it has all letters of."""

    name: str
    languages: frozenset[str] = frozenset()
    of_pairs: bool = False  # Two bytes for a character; few other bytes are valid.


# Of several guesses that fit equally well, the first whose language belongs to it is taken.
_GUESSES = {
    "cp1254": _Encoding("Windows-1254 (Turkish)", frozenset(("Turkish",))),
    "cp1252": _Encoding("Windows-1252 (Western European)", _WEST),
    "cp1250": _Encoding("Windows-1250 (Central European)", _CENTRE),
    "cp1257": _Encoding("Windows-1257 (Baltic)", frozenset(("Estonian", "Latvian", "Lithuanian"))),
    "iso8859_2": _Encoding("ISO 8859-2 (Central European)", _CENTRE),
    "mac_roman": _Encoding("Mac Roman (Western European)", _WEST),
    "cp850": _Encoding("code page 850 (DOS, Western European)", _WEST),
    "cp1251": _Encoding("Windows-1251 (Cyrillic)"),
    "koi8_r": _Encoding("KOI8-R (Cyrillic)"),
    "cp866": _Encoding("code page 866 (DOS, Cyrillic)"),
    "cp1253": _Encoding("Windows-1253 (Greek)"),
    "cp1255": _Encoding("Windows-1255 (Hebrew)"),
    "cp1256": _Encoding("Windows-1256 (Arabic)"),
    "cp874": _Encoding("Windows-874 (Thai)"),
    "cp932": _Encoding("Shift JIS (Japanese)", of_pairs=True),
    "gb18030": _Encoding("GB 18030 (Chinese)", of_pairs=True),
    "big5": _Encoding("Big5 (Chinese)", of_pairs=True),
    "cp949": _Encoding("code page 949 (Korean)", of_pairs=True),
}


def name_of_guess(encoding: str) -> str:
    """Return how a guessed encoding is called; an empty text for one that is certain."""
    return _GUESSES[encoding].name if encoding in _GUESSES else ""


def encoding_of(head: bytes) -> str:
    """Recognise the encoding from the first bytes: UTF-8 unless there is evidence of another.

    A file with some broken rows counts as UTF-8, so that only those rows are rejected. If most
    lines beyond ASCII are invalid UTF-8, the encoding that suits their letters best is taken. If
    none does and nearly all lines are invalid, the few valid ones are valid by chance, and only
    ASCII is trusted.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    wide = _wide_encoding(head[:4_096])
    if wide:
        return wide
    accented = [line for line in head.split(b"\n")[:-1] or [head] if not line.isascii()]
    broken = sum(not _decodes(line, "utf-8") for line in accented)
    if broken * 2 > len(accented):
        guess = _guess(accented)
        if guess:
            return guess
    if len(accented) >= MIN_LINES and broken >= len(accented) * INVALID_SHARE:
        return "ascii"
    return "utf-8"


def _guess(lines: list[bytes]) -> str | None:
    """Return the encoding that suits the letters of the lines, or None when none does."""
    western = "cp1252" if _is_windows_1252(lines) else None
    try:
        from charset_normalizer import from_bytes  # noqa: PLC0415 - only the prepare layer has it
    except ModuleNotFoundError:
        return western
    sample = b"\n".join(lines)[:LONGEST_SAMPLE].rpartition(b"\n")[0] or lines[0]
    found = from_bytes(sample, cp_isolation=[*_GUESSES], preemptive_behaviour=False)
    likely = [each for each in found if _is_likely(each)]
    return _best(likely) if likely else western


def _is_likely(found: "CharsetMatch") -> bool:
    known = _GUESSES.get(found.encoding)
    if known is None or found.chaos > MOST_NOISE:
        return False
    return known.of_pairs or found.coherence >= LEAST_LETTERS


def _best(likely: list["CharsetMatch"]) -> str:
    """Return the encoding of the best guess; of several, the one whose language it is for."""
    first = likely[0]
    alike = [
        (name, each.language)
        for each in likely
        if each.chaos <= first.chaos and each.coherence >= first.coherence - ALIKE
        for name in each.could_be_from_charset
    ]
    for encoding, known in _GUESSES.items():
        if any(name == encoding and language in known.languages for name, language in alike):
            return encoding
    return first.encoding


def _is_windows_1252(lines: list[bytes]) -> bool:
    """Whether a few letters and signs beyond ASCII are those of Western European texts.

    In texts of other scripts nearly all letters are beyond ASCII, so that they follow each other.
    """
    if not all(_decodes(line, "cp1252") for line in lines):
        return False
    text = "\n".join(line.decode("cp1252") for line in lines)
    accented = [char for char in text if not char.isascii()]
    adjacent = sum(map(len, _RUN.findall(text)))
    western = sum(char in _WESTERN for char in accented)
    return adjacent <= len(accented) * SPARSE and western >= len(accented) * 0.9


def _wide_encoding(head: bytes) -> str | None:
    """Recognise UTF-16 without a byte order mark: in Latin text every other byte is NUL."""
    pairs = len(head) // 2
    if pairs < 2:  # noqa: PLR2004 - two characters at least
        return None
    if head[1::2].count(0) > pairs * 0.6 and head[0::2].count(0) < pairs * 0.1:
        return "utf-16-le"
    if head[0::2].count(0) > pairs * 0.6 and head[1::2].count(0) < pairs * 0.1:
        return "utf-16-be"
    return None


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
