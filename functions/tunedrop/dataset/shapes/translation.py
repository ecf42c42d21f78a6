"""Translations as Hugging Face stores them: {"translation": {"en": …, "fr": …}}."""

from collections.abc import Mapping, Sequence

from tunedrop.dataset.readers.record import Fields, Record, RowError
from tunedrop.dataset.shapes.example import Example, Kind, text_of
from tunedrop.documents.dataset import Columns
from tunedrop.documents.rows import Message

LANGUAGES = 2


def translations(sample: Sequence[Fields], known: Mapping[str, str]) -> list[Columns]:
    """Return the mappings for a column with a text in two languages, in the order of the file.

    Args:
        sample: the first rows.
        known: the columns' names by their names in lower case.
    """
    column = known.get("translation")
    if column is None:
        return []
    pairs = {
        tuple(value) if isinstance(value := fields.get(column), dict) else () for fields in sample
    }
    if len(pairs) != 1 or len(languages := pairs.pop()) != LANGUAGES:
        return []
    return [
        Columns(
            "translation",
            {"translation": column, "from": asked, "to": answered},
            f"{column!r} has texts in {asked!r} and {answered!r}; {asked!r} is translated into "
            f"{answered!r}.",
        )
        for asked, answered in (languages, languages[::-1])
    ]


class Translation:
    """The text in one language is the prompt, that in the other the answer."""

    kind: Kind = "answers"

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        mapping = columns.mapping
        self._column, self._from, self._to = (
            mapping[role] for role in ("translation", "from", "to")
        )

    def example(self, record: Record) -> Example:
        """Turn a pair of texts into an example."""
        texts = record.fields().get(self._column)
        if not isinstance(texts, dict):
            raise RowError("wrong_type", f"{self._column} is not an object.", self._column)
        asked, answered = (
            text_of(texts.get(name), f"{self._column}.{name}") for name in (self._from, self._to)
        )
        return Example([Message("user", asked)], [Message("assistant", answered)])
