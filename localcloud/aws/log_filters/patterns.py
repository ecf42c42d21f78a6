"""Filter patterns of FilterLogEvents; what is not understood is refused and never ignored.

Source: docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from localcloud.aws.log_filters.conditions import (
    COMPARISONS,
    MISSING,
    Condition,
    Matcher,
    PatternError,
    as_json,
    number_of,
    ordered,
    path_of,
    text_of,
    tokens_of,
    unquoted,
    value_at,
)

if TYPE_CHECKING:
    from collections.abc import Callable

TERM = re.compile(r'([-?]?)("(?:\\.|[^"\\])*"|%[^%]+%|\S+)')
JSON_TOKEN = re.compile(
    r"""\s*(\(|\)|&&|\|\||!=|<=|>=|=|<|>|"(?:\\.|[^"\\])*"|%[^%]*%|[^\s()=<>!&|"]+)"""
)


def message_filter(pattern: str) -> Callable[[str], bool]:
    """Return whether a message matches a filter pattern of FilterLogEvents.

    Raises PatternError.
    """
    pattern = pattern.strip()
    if pattern.startswith("["):
        raise PatternError(f"the pattern {pattern} for columns between spaces is not emulated")
    if not pattern.startswith("{"):
        return _terms(pattern)
    if not pattern.endswith("}"):
        raise PatternError(f"the pattern {pattern} has no closing brace")
    matches = _JsonPattern(tokens_of(JSON_TOKEN, pattern[1:-1])).whole()

    def matches_message(message: str) -> bool:
        document = as_json(message)
        return document is not MISSING and matches(document)

    return matches_message


def _terms(pattern: str) -> Callable[[str], bool]:
    """Terms are case-sensitive; all must occur, `-` excludes one, of those with `?` one must."""
    found: dict[str, list[Callable[[str], bool]]] = {"": [], "-": [], "?": []}
    for sign, term in TERM.findall(pattern):
        found[sign].append(_occurs(term))

    def matches(message: str) -> bool:
        return (
            all(occurs(message) for occurs in found[""])
            and not any(occurs(message) for occurs in found["-"])
            and (not found["?"] or any(occurs(message) for occurs in found["?"]))
        )

    return matches


def _occurs(term: str) -> Callable[[str], bool]:
    if term.startswith("%") and term.endswith("%") and len(term) > 1:
        expression = re.compile(term[1:-1])
        return lambda message: expression.search(message) is not None
    text = unquoted(term)
    return lambda message: text in message


class _JsonPattern(Condition):
    """`$.level = "ERROR" && $.count > 3`."""

    AND, OR = "&&", "||"

    def _comparison(self) -> Matcher:
        selector = self._take()
        if not selector.startswith("$."):
            raise PatternError(f"{selector!r} is no property such as $.level")
        path = path_of(selector[2:])
        if self._take_word("not"):
            self._need("exists")
            return lambda document: value_at(document, path) is MISSING
        if self._take_word("is"):
            wanted = {"null": None, "true": True, "false": False}
            word = self._take().lower()
            if word not in wanted:
                raise PatternError(f"IS {word!r} is not understood")
            return lambda document: value_at(document, path) is wanted[word]
        return _json_comparison(path, self._take(), self._take())


def _json_comparison(path: list[str], sign: str, word: str) -> Matcher:
    if sign in COMPARISONS:
        return ordered(lambda document: value_at(document, path), sign, word)
    if sign not in {"=", "!="}:
        raise PatternError(f"{sign!r} is no comparison")
    if word.startswith("%"):
        expression = re.compile(word.strip("%"))
        equal: Matcher = lambda value: expression.search(text_of(value)) is not None  # noqa: E731
    else:
        number, text = number_of(word), unquoted(word)
        equal = lambda value: (  # noqa: E731
            (number is not None and number_of(value) == number)
            or fnmatchcase(text_of(value), text.replace("[", "[[]"))
        )

    def matches(document: Any) -> bool:
        value = value_at(document, path)
        return value is not MISSING and equal(value) is (sign == "=")

    return matches
