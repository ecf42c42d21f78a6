"""`filter` in queries of Logs Insights; what is not understood is refused and never ignored.

Source: docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Filter.html
"""

from __future__ import annotations

import re
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
    from collections.abc import Callable, Mapping

    Record = Mapping[str, Any]

TOKEN = re.compile(
    r"""\s*(\(|\)|\[|\]|,|!=|=~|<=|>=|=|<|>|/(?:\\.|[^/\\])*/i?"""
    r"""|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|[^\s()=<>!,\[\]"'`/]+)"""
)


def query_filter(text: str) -> Callable[[Record], bool]:
    """Return whether a record matches the condition of a query's `filter`.

    A record has `@message`, `@timestamp` and so on; fields of a JSON message are found in it.
    Raises PatternError.
    """
    return _QueryCondition(tokens_of(TOKEN, text)).whole()


class _QueryCondition(Condition):
    """`level = "ERROR" and not (@message like /retry/i) and count > 3`."""

    AND, OR, NOT = "and", "or", "not"

    def _comparison(self) -> Matcher:
        word = self._take()
        if word.lower() == "ispresent":
            value = self._in_parentheses()
            return lambda record: value(record) is not MISSING
        if word.lower() == "tomillis":
            self._in_parentheses()
            return ordered(lambda record: record["_timestamp_ms"], self._take(), self._take())
        return self._compared(_field(word))

    def _in_parentheses(self) -> Callable[[Record], Any]:
        self._need("(")
        value = _field(self._take())
        self._need(")")
        return value

    def _compared(self, value: Callable[[Record], Any]) -> Matcher:
        wanted = not self._take_word("not")
        sign = self._take().lower()
        if sign in {"like", "=~"}:
            found = _contains(self._take())
            return lambda record: (
                (value(record) is not MISSING and found(text_of(value(record)))) is wanted
            )
        if sign == "in":
            equals = [_equals(value, word) for word in self._list()]
            return lambda record: any(equal(record) for equal in equals) is wanted
        if sign in COMPARISONS:
            return ordered(value, sign, self._take())
        if sign not in {"=", "!="}:
            raise PatternError(f"{sign!r} is no comparison")
        equal = _equals(value, self._take())
        return lambda record: equal(record) is (sign == "=")

    def _list(self) -> list[str]:
        self._need("[")
        words = [self._take()]
        while self._take_word(","):
            words.append(self._take())
        self._need("]")
        return words


def _field(name: str) -> Callable[[Record], Any]:
    """Return a function that looks a field up: `@message`, or a property of a JSON message."""
    name = unquoted(name)
    if not re.match(r"[@A-Za-z_]", name):
        raise PatternError(f"{name!r} is no field")
    if name.startswith("@"):
        return lambda record: record.get(name, MISSING)
    return lambda record: value_at(as_json(str(record.get("@message", ""))), path_of(name))


def _contains(word: str) -> Callable[[str], bool]:
    if word.startswith("/"):
        flags = re.IGNORECASE if word.endswith("i") else 0
        try:
            expression = re.compile(word[1 : word.rindex("/")], flags)
        except re.error as error:
            raise PatternError(f"{word} is no regular expression: {error}") from None
        return lambda text: expression.search(text) is not None
    wanted = unquoted(word)
    return lambda text: wanted in text


def _equals(value: Callable[[Record], Any], word: str) -> Matcher:
    number = number_of(word)
    if number is not None:
        return lambda record: number_of(value(record)) == number
    if word[0] not in "\"'":  # A word without quotes is another field.
        other = _field(word)
        return lambda record: value(record) is not MISSING and value(record) == other(record)
    wanted = unquoted(word)
    return lambda record: value(record) is not MISSING and text_of(value(record)) == wanted
