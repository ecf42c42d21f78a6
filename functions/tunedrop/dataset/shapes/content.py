"""Suggest mappings from the contents of the columns."""

import re
from collections import Counter
from collections.abc import Container, Sequence
from typing import Any

from tunedrop.dataset.column_names import ANSWERING, ASKING, CONTEXT, LABEL, TEXT
from tunedrop.dataset.duplicates.scripts import is_unspaced
from tunedrop.dataset.readers.record import Fields
from tunedrop.documents.dataset import Columns

LONGEST_LABEL = 64  # Characters that a label may have.
MOST_LABELS = 200  # Distinct labels that a classification may have.
MAX_VARIETY = 0.2  # Distinct values of a column of labels, as a share of its rows.
MIN_ONE_HOT = 0.5  # Share of the rows with one 1, for one-hot columns that may also be all 0.
FULL = 0.9  # Share of the rows in which a column of labels has a value.
LEAST_FULL = 0.3  # The same for a column that is taken for labels if no other is found.
MIN_TEXT_LENGTH = 12  # Average characters of a column of text.
MIN_UNSPACED_LENGTH = 6  # The same in a script that has no spaces between words.
# A capital begins a word; scripts without capitals are one word up to the next sign.
_PART_OF_NAME = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+")
_FRACTION = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+)")


def by_content(sample: Sequence[Fields], names: Sequence[str]) -> list[Columns]:
    """Return the mappings that the values suggest, the most likely first."""
    texts = text_columns(sample, names)
    labels = label_columns(sample, [name for name in names if name not in texts])
    found = _one_hot(sample, names, texts)
    found += _asked_and_answered(texts)
    found += [
        Columns(
            "text_label",
            {"text": text, "label": label},
            f"{text!r} has long, varied text and {label!r} has few, short, repeated values.",
        )
        for text in texts
        for label in labels
    ]
    if len(texts) == 2:  # noqa: PLR2004 - prompt and completion
        asks, answers = sorted(texts, key=list(names).index)
        found += _without_a_hint(asks, answers)
    found += _with_blanks(sample, [name for name in names if name not in texts], texts)
    alone = [name for name in names if name.lower() in TEXT] or (names if len(names) == 1 else [])
    if not found and alone:
        why = f"{alone[0]!r} has text, and no other column has answers, so it is for pretraining."
        found.append(Columns("text", {"text": alone[0]}, why))
    return found


def _with_blanks(
    sample: Sequence[Fields], others: Sequence[str], texts: Sequence[str]
) -> list[Columns]:
    """Return the mappings to columns that look like labels and have no value in some rows."""
    return [
        Columns(
            "text_label",
            {"text": text, "label": label},
            f"{label!r} looks like a label and is empty in "
            f"{len(sample) - len(values_of(sample, label))} of {len(sample)} rows, which are "
            f"rejected; {text!r} is the text.",
        )
        for text in texts
        for label in label_columns(sample, others, LEAST_FULL)
        if len(values_of(sample, label)) < len(sample) * FULL
    ]


def _asked_and_answered(texts: Sequence[str]) -> list[Columns]:
    """Return the pairs of texts whose names say that one of them answers the other."""
    answers = [name for name in texts if sounds_like(name, ANSWERING)]
    others = [name for name in texts if name not in answers]
    asks = [name for name in others if sounds_like(name, ASKING)]
    if len(texts) == 2:  # noqa: PLR2004 - the name of one says what the other is
        asks = asks or (others if answers else [])
        answers = answers or [
            name for name in others if name not in asks and not sounds_like(name, CONTEXT)
        ]
    return [
        Columns(
            "prompt_completion",
            {"prompt": ask, "completion": answer},
            f"{ask!r} and {answer!r} have text, and their names say that the second answers the "
            "first.",
        )
        for ask in asks
        for answer in answers
    ]


def _without_a_hint(first: str, second: str) -> list[Columns]:
    """Return both directions of two texts; no direction when the names say one."""
    if any(sounds_like(name, {*ASKING, *ANSWERING, *CONTEXT}) for name in (first, second)):
        return []
    why = "{!r} and {!r} have text; the first is taken as the prompt, the second as the answer."
    return [
        Columns("prompt_completion", {"prompt": ask, "completion": answer}, why.format(ask, answer))
        for ask, answer in ((first, second), (second, first))
    ]


def label_columns(sample: Sequence[Fields], names: Sequence[str], full: float = FULL) -> list[str]:
    """Return the columns that look like labels, sorted by their names and number of values.

    Args:
        sample: the first rows.
        names: the columns that may be labels.
        full: the share of the rows in which such a column must have a value.
    """
    found = []
    for name in names:
        values = values_of(sample, name)
        distinct = set(values)
        if not values or len(values) < len(sample) * full or len(distinct) > MOST_LABELS:
            continue
        few = len(distinct) <= max(2, len(values) * MAX_VARIETY)
        short = max(map(len, distinct)) <= LONGEST_LABEL
        if few and short and not _is_measure(distinct):
            found.append((not sounds_like_label(name), len(distinct) == 1, len(distinct), name))
    return [name for *_, name in sorted(found)]


def sounds_like_label(name: str) -> bool:
    """Whether the name contains a usual word for labels: `airline_sentiment`."""
    return sounds_like(name, LABEL)


def sounds_like(name: str, words: Container[str]) -> bool:
    """Whether the name contains one of the words: `customer_question`, `agentReply`."""
    words_of_name = _PART_OF_NAME.findall(name)
    return any(part.lower() in words for part in words_of_name)


def text_columns(sample: Sequence[Fields], names: Sequence[str]) -> list[str]:
    """Return the columns that look like prose, the longest first."""
    found = []
    for name in names:
        values = values_of(sample, name)
        if not values or len(values) < len(sample) * 0.5:
            continue
        mean = sum(map(len, values)) / len(values)
        unspaced = sum(map(is_unspaced, values)) >= len(values) * 0.5
        spaced = unspaced or sum(" " in value for value in values) >= len(values) * 0.5
        varied = len(set(values)) > max(1, len(values) * 0.3)
        shortest = MIN_UNSPACED_LENGTH if unspaced else MIN_TEXT_LENGTH
        if mean >= shortest and spaced and varied:
            found.append((-mean, name))
    return [name for _, name in sorted(found)]


def _one_hot(sample: Sequence[Fields], names: Sequence[str], texts: Sequence[str]) -> list[Columns]:
    """Recognise one-hot labels: each row has one 1, or a few rows have none."""
    binary = [name for name in names if {*values_of(sample, name)} in ({"0", "1"}, {"0.0", "1.0"})]
    if len(binary) < 2 or not texts:  # noqa: PLR2004 - one label is no assignment
        return []
    ones = Counter(
        sum(_text(fields.get(name)) in ("1", "1.0") for name in binary) for fields in sample
    )
    exclusive = ones[0] + ones[1] == len(sample) and ones[1] >= len(sample) * MIN_ONE_HOT
    if ones[1] < len(sample) * 0.9 and not exclusive:
        return []
    mapping = {"text": texts[0]} | {f"label {n}": name for n, name in enumerate(binary, 1)}
    return [Columns("one_hot", mapping, f"In every row, one of {', '.join(binary)} is 1.")]


def values_of(sample: Sequence[Fields], name: str) -> list[str]:
    """Return the texts, numbers and booleans of a column as texts, without the empty ones."""
    return [text for fields in sample if (text := _text(fields.get(name)))]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, bool | float) or _is_plain_int(value) else ""


def _is_plain_int(value: Any) -> bool:
    return isinstance(value, int) and value.bit_length() <= 64  # noqa: PLR2004 - printable


def _is_measure(values: set[str]) -> bool:
    """Whether the values are numbers with fractions: a score, not a class."""
    return any(_FRACTION.fullmatch(value) for value in values)
