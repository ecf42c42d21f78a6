"""How sure a reading is: certain, probable or doubtful. The rules are listed in docs/data.md."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from tunedrop.dataset.column_names import ANSWERING, ASKING, CHOICES, TEXT
from tunedrop.dataset.readers.record import Fields
from tunedrop.dataset.shapes.content import (
    LONGEST_LABEL,
    label_columns,
    sounds_like,
    sounds_like_label,
    text_columns,
    values_of,
)
from tunedrop.dataset.shapes.nested import INSIDE
from tunedrop.dataset.shapes.wording import named
from tunedrop.documents.dataset import Columns
from tunedrop.documents.run import Certainty

# Only these shapes are doubted. The others are recognised by their structure.
_DOUBTED = frozenset(("text_label", "prompt_completion"))
FEWEST_WORDS = 3.0  # Mean words of a column of text whose name is unknown; dates have fewer.
FEWEST_WORDS_ALONE = 8.0  # The same for a text that is read without an answer; titles have fewer.
FIRST_UNSPACED = "\u0e00"  # Thai, Chinese, Japanese, … write no spaces: each letter is a word.
SIMILAR_LENGTH = 3.0  # Two texts are alike when the longer is at most so many times as long.
EXAMINED_INSIDE = 100  # Rows whose lists and objects are examined for texts.
FEWEST_CHOICES = 3  # Columns such as A, B, C that are the choices of one question.
FEWEST_REPEATS = 10  # Fewer labels than this need not repeat.
INDEXES = 0.9  # Share of the answers that must look like an index of a choice.
_INDEX = re.compile(r"\(?(\d{1,2}|[A-Ha-h])[).]?")
_CHOICE = re.compile(r"(?:(?:option|choice|opt|ending|answer)[ _]?)?(?:[a-h]|\d)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2,}")


def with_certainty(columns: Columns, origin: Certainty, sample: Sequence[Fields]) -> Columns:
    """Set the certainty of a reading, and what speaks against it when it is doubtful.

    Args:
        columns: the reading.
        origin: certain for well-known names, probable for a guess by content.
        sample: the first readable rows.
    """
    columns.certainty = origin if columns.certainty == "certain" else columns.certainty
    if columns.doubt:  # A score: however well-known the names are, it may be meant as a label.
        columns.certainty = "doubtful"
    elif columns.shape == "text" and INSIDE not in columns.mapping:
        columns.doubt = next(_doubts_of_text(columns.mapping["text"], sample), "")
        if columns.doubt:
            columns.certainty = "doubtful"
    elif columns.shape in _DOUBTED and columns.template is None and INSIDE not in columns.mapping:
        evidence = _Evidence(columns, sample)
        columns.doubt = next(evidence.doubts(certain=origin == "certain"), "")
        if columns.doubt:
            columns.certainty = "doubtful"
        elif not evidence.has_expected_values():
            columns.certainty = "probable"
    return columns


def choice_columns(sample: Sequence[Fields], names: Sequence[str]) -> list[str]:
    """Return the columns with the choices of a multiple-choice question."""
    lists = [name for name in names if sounds_like(name, CHOICES) and _holds_lists(sample, name)]
    single = [name for name in names if _CHOICE.fullmatch(name) and values_of(sample, name)]
    return lists or (single if len(single) >= FEWEST_CHOICES else [])


def _doubts_of_text(text: str, sample: Sequence[Fields]) -> Iterator[str]:
    """Yield what speaks against a column as running text that is learnt without an answer."""
    names = dict.fromkeys(name for fields in sample for name in fields if name != text)
    length = _length_inside(sample, text)
    held = [name for name in names if _holds_lists(sample, name)]
    longer = [name for name in held if _length_inside(sample, name) > length]
    if longer:
        yield (
            f"{named(longer[0])} holds lists or objects with more text than {named(text)}, and it "
            "is not used."
        )
    fewest = FEWEST_WORDS if text.lower() == "text" else FEWEST_WORDS_ALONE
    if words_of(sample, text) < fewest:
        yield f"{named(text)} holds few words: titles, names or codes, not running text."


class _Evidence:
    """What the names and values of the columns say about a reading with prompt and answer."""

    def __init__(self, columns: Columns, sample: Sequence[Fields]) -> None:
        mapping = columns.mapping
        self._labelled = columns.shape == "text_label"
        self._asked = mapping.get("prompt") or mapping.get("text") or ""
        self._answer = mapping.get("completion") or mapping.get("label") or ""
        self._sample = sample
        names = dict.fromkeys(name for fields in sample for name in fields)
        self._unused = [name for name in names if name not in mapping.values()]

    def has_expected_values(self) -> bool:
        """Whether the prompt holds letters and the label repeated short texts, as names promise."""
        asked = values_of(self._sample, self._asked)
        if not any(any(map(str.isalpha, value)) for value in asked):
            return _holds_lists(self._sample, self._asked)
        labels = values_of(self._sample, self._answer)
        repeated = len(set(labels)) < len(labels) or len(labels) < FEWEST_REPEATS
        return not self._labelled or (
            repeated and max(map(len, labels), default=0) <= LONGEST_LABEL
        )

    def doubts(self, *, certain: bool) -> Iterator[str]:
        """Yield each doubt; `certain` names are doubted only when the values contradict them."""
        yield from self._choices()
        if certain:
            return
        yield from self._other_answers()
        if words_of(self._sample, self._asked) < FEWEST_WORDS:
            yield f"{named(self._asked)} holds few words: names, dates or codes, not text."
        if self._labelled:
            yield from self._labels()
            yield from self._texts()
        elif not (sounds_like(self._asked, ASKING) or sounds_like(self._answer, ANSWERING)):
            both = f"{named(self._asked)} and {named(self._answer)}"
            yield f"{both} hold text, and their names do not say which of them is the answer."

    def _choices(self) -> Iterator[str]:
        choices = choice_columns(self._sample, self._unused)
        values = values_of(self._sample, self._answer)
        indexes = sum(bool(_INDEX.fullmatch(value)) for value in values)
        if choices and values and indexes >= len(values) * INDEXES:
            yield (
                f"{named(self._answer)} holds the number or letter of a choice, and the choices in "
                f"{', '.join(map(named, choices))} are not in the prompt."
            )

    def _other_answers(self) -> Iterator[str]:
        if sounds_like(self._answer, ANSWERING):
            return
        for name in self._unused:
            if not sounds_like(name, ANSWERING):
                continue
            if _holds_lists(self._sample, name) or words_of(self._sample, name) >= 1:
                yield f"{named(name)} sounds like the answer, and it is not used."

    def _labels(self) -> Iterator[str]:
        possible = label_columns(self._sample, [self._answer, *self._unused])
        if len(possible) > 1 and not sounds_like_label(self._answer):
            yield (
                f"{', '.join(map(named, possible))} could each be the label, and no name says "
                "which of them."
            )

    def _texts(self) -> Iterator[str]:
        if self._asked.lower() in TEXT:
            return
        length = _mean_length(self._sample, self._asked)
        for name in text_columns(self._sample, self._unused):
            other = _mean_length(self._sample, name)
            if max(length, other) <= min(length, other) * SIMILAR_LENGTH:
                both = f"{named(self._asked)} and {named(name)}"
                yield f"{both} hold text of similar length, and only one of them would be read."


def words_of(sample: Sequence[Fields], name: str) -> float:
    """Return the mean number of words in a column; numbers and signs do not count."""
    values = values_of(sample, name)
    return sum(map(_words, values)) / len(values) if values else 0.0


def _words(text: str) -> int:
    words = _WORD.findall(text)
    return sum(len(word) if word[0] >= FIRST_UNSPACED else 1 for word in words)


def _mean_length(sample: Sequence[Fields], name: str) -> float:
    values = values_of(sample, name)
    return sum(map(len, values)) / max(1, len(values))


def _length_inside(sample: Sequence[Fields], name: str) -> int:
    """Return the characters of the texts in a column, also of those in lists and objects."""
    waiting: list[Any] = [fields.get(name) for fields in sample[:EXAMINED_INSIDE]]
    length = 0
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            length += len(value)
        elif isinstance(value, list | dict):
            waiting += value.values() if isinstance(value, dict) else value
    return length


def _holds_lists(sample: Sequence[Fields], name: str) -> bool:
    return any(isinstance(fields.get(name), list | dict) for fields in sample)
