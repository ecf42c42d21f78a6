"""Texts with a score: numbers with fractions are no labels, so the user is asked what to learn."""

import math
from collections.abc import Sequence

from tunedrop.dataset.column_names import SCORE
from tunedrop.dataset.readers.record import Fields
from tunedrop.dataset.shapes.content import FULL, MAX_VARIETY, sounds_like, text_columns, values_of
from tunedrop.dataset.shapes.template import prompt_of
from tunedrop.dataset.shapes.wording import named
from tunedrop.documents.dataset import Columns

MOST_TEXTS = 2  # Texts that one score is about, such as two sentences.
MOST_STEPS = 20  # Distinct values of a score that may be learnt as labels, such as half stars.


def is_score(sample: Sequence[Fields], name: str) -> bool:
    """Whether a column holds numbers only, and some of them have fractions."""
    values = values_of(sample, name)
    numbers = [number for value in values if (number := _number(value)) is not None]
    return bool(values) and len(numbers) == len(values) and any(n % 1 for n in numbers)


def scored(texts: Sequence[str], score: str, sample: Sequence[Fields]) -> list[Columns]:
    """Return the readings of texts with a score, all of them doubtful, the likelier first.

    Args:
        texts: the one or two columns that the score is about.
        score: the column with the numbers.
        sample: the first rows.
    """
    values = values_of(sample, score)
    example = next((value for value in values if (_number(value) or 0) % 1), values[0])
    kind = "numbers with fractions" if is_score(sample, score) else "many different numbers"
    doubt = f"{named(score)} holds {kind}, such as {example}: a score, which is no label."
    few = len(set(values)) <= min(MOST_STEPS, max(2, len(values) * MAX_VARIETY))
    as_label = f"Each number in {named(score)} is taken as a label."
    as_text = (
        f"The number in {named(score)} is learnt as text. To learn it as a label, round it to a "
        "few values in the file."
    )
    return [
        *(_reading(texts, score, "label", as_label, doubt) if few else ()),
        *_reading(texts, score, "completion", as_text, doubt),
    ]


def scored_by_content(sample: Sequence[Fields], names: Sequence[str]) -> list[Columns]:
    """Return the readings of a file with a score beside one or two texts."""
    texts = [name for name in names if name in text_columns(sample, names)]
    scores = [name for name in names if name not in texts and _looks_like_score(sample, name)]
    asked = [texts] if len(texts) == MOST_TEXTS else [[text] for text in texts]
    return [each for score in scores for some in asked for each in scored(some, score, sample)]


def _looks_like_score(sample: Sequence[Fields], name: str) -> bool:
    """Whether a column holds fractions, or whole numbers below a name such as `rating`."""
    values = values_of(sample, name)
    if len(values) < max(1, len(sample) * FULL):
        return False
    is_number = all(_number(value) is not None for value in values)
    return is_score(sample, name) or (is_number and sounds_like(name, SCORE))


def _reading(texts: Sequence[str], score: str, role: str, why: str, doubt: str) -> list[Columns]:
    shape = "text_label" if role == "label" else "prompt_completion"
    if len(texts) == 1:
        asks = "text" if role == "label" else "prompt"
        return [Columns(shape, {asks: texts[0], role: score}, why, doubt=doubt)]
    template = prompt_of(texts, shown=texts, between="\n\n")
    if template is None:
        return []
    return [Columns(shape, {role: score}, why, doubt=doubt, template=template)]


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
