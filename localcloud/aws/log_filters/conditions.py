"""What filter patterns and queries have in common: words, conditions, fields of JSON messages."""

from __future__ import annotations

import json
import operator
import re
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Matcher: TypeAlias = "Callable[[Any], bool]"

MISSING = object()
"""Stands for a field that an event does not have."""
COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


class PatternError(ValueError):
    """A pattern or query that is not understood; its text says where."""


def ordered(value_of: Callable[[Any], Any], sign: str, word: str) -> Matcher:
    """Return the matcher of a comparison of numbers."""
    limit = number_of(unquoted(word))
    if limit is None:
        raise PatternError(f"{word!r} is no number")

    def matches(document: Any) -> bool:
        number = number_of(value_of(document))
        return number is not None and COMPARISONS[sign](number, limit)

    return matches


def tokens_of(token: re.Pattern[str], text: str) -> list[str]:
    """Return the words of a text; raises PatternError for what is no word."""
    found, at, text = [], 0, text.rstrip()
    while at < len(text):
        match = token.match(text, at)
        if match is None:
            raise PatternError(f"{text[at:].strip()!r} is not understood")
        found.append(match.group(1))
        at = match.end()
    return found


def unquoted(word: str) -> str:
    """Return a word without its quotes and escapes."""
    if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'`":
        return re.sub(r"\\(.)", r"\1", word[1:-1])
    return word


def as_json(message: str) -> Any:
    """Return a message's JSON, or MISSING."""
    try:
        return json.loads(message)
    except ValueError:
        return MISSING


def value_at(document: Any, path: list[str]) -> Any:
    """Return what a path leads to; a name that itself contains points is found, too."""
    if isinstance(document, dict) and ".".join(path) in document:
        return document[".".join(path)]
    for name in path:
        if isinstance(document, dict):
            document = document.get(name, MISSING)
        elif isinstance(document, list) and name.isdigit():
            document = document[int(name)] if int(name) < len(document) else MISSING
        else:
            return MISSING
    return document


def path_of(selector: str) -> list[str]:
    """Return the names in a selector: `a.b[0].c` → a, b, 0, c."""
    return [part for part in re.split(r"[.\[\]]", selector) if part]


def number_of(value: Any) -> float | None:
    """Return a number, or a text that is one, as a number."""
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def text_of(value: Any) -> str:
    """Return a value as conditions on texts see it."""
    return value if isinstance(value, str) else json.dumps(value)


class Condition:
    """A Boolean expression: `or` of `and` of conditions, which parentheses may enclose."""

    AND: str
    OR: str
    NOT = ""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens_of = tokens

    def whole(self) -> Matcher:
        """Return the matcher of all tokens."""
        matcher = self._or()
        if self.tokens_of:
            raise PatternError(f"{' '.join(self.tokens_of)!r} is not understood")
        return matcher

    def _or(self) -> Matcher:
        parts = [self._and()]
        while self._take_word(self.OR):
            parts.append(self._and())
        return lambda value: any(part(value) for part in parts)

    def _and(self) -> Matcher:
        parts = [self._one()]
        while self._take_word(self.AND):
            parts.append(self._one())
        return lambda value: all(part(value) for part in parts)

    def _one(self) -> Matcher:
        if self.NOT and self._take_word(self.NOT):
            inverted = self._one()
            return lambda value: not inverted(value)
        if self._take_word("("):
            inner = self._or()
            self._need(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Matcher:
        raise NotImplementedError

    def _take(self) -> str:
        if not self.tokens_of:
            raise PatternError("the condition is not complete")
        return self.tokens_of.pop(0)

    def _take_word(self, *words: str) -> bool:
        if self.tokens_of and self.tokens_of[0].lower() in words:
            self.tokens_of.pop(0)
            return True
        return False

    def _need(self, word: str) -> None:
        if not self._take_word(word):
            raise PatternError(f"{word!r} is missing before {' '.join(self.tokens_of)!r}")
