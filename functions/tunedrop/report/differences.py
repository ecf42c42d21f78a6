"""Where an answer differs from the right one, word by word."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
MAX_WORDS = 600  # Words and signs of a text that is compared; the time grows with their square.


class Piece(NamedTuple):
    """Part of a text; `differs` is true where the other text has something else, or nothing."""

    text: str
    differs: bool


def differences(answer: str, expected: str) -> list[Piece]:
    """Return the answer in pieces; letter case and the length of gaps make no difference."""
    mine, right = _WORDS.findall(answer), _WORDS.findall(expected)
    if max(len(mine), len(right)) > MAX_WORDS:
        return [Piece(answer, differs=False)]
    matcher = SequenceMatcher(None, [*map(_plain, mine)], [*map(_plain, right)], autojunk=False)
    return list(_joined(mine, matcher))


def _plain(word: str) -> str:
    return word.casefold().strip() or " "


def _joined(words: list[str], matcher: "SequenceMatcher[str]") -> Iterator[Piece]:
    """Yield neighbouring words with the same mark as one piece."""
    for kind, start, end, _, _ in matcher.get_opcodes():
        if end > start:
            yield Piece("".join(words[start:end]), differs=kind != "equal")
