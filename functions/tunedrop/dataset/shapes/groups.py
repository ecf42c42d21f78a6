"""The column whose rows belong together: the id of a person, a document or a conversation."""

import re
from collections.abc import Container, Sequence

from tunedrop.dataset.column_names import GROUPS, ID_WORDS, NAMES_OF_PERSONS
from tunedrop.dataset.readers.record import Fields
from tunedrop.dataset.shapes.content import values_of
from tunedrop.documents.dataset import GroupColumn

LEAST_FULL = 0.5  # Share of the rows in which such a column must have a value.
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


def find_group(
    sample: Sequence[Fields], names: Sequence[str], used: Container[str]
) -> GroupColumn | None:
    """Return the column that looks like such an id and has the same value in several rows.

    The id of a person goes first, because one person has several documents and conversations.

    Args:
        sample: the first rows.
        names: the names of all columns.
        used: the columns that the model sees; none of these is returned.
    """
    found = []
    for at, name in enumerate(names):
        looks = None if name in used else _looks_like(name)
        values = values_of(sample, name) if looks else []
        if looks and len(values) > max(1, len(sample) * LEAST_FULL):
            distinct = len({*values})
            if 1 < distinct < len(values):
                found.append((list(GROUPS).index(looks.kind), looks.certainty, at, looks))
    return min(found)[-1] if found else None


def _looks_like(name: str) -> GroupColumn | None:
    """Return what a name says: certain for `user_id`, probable for `speaker`."""
    parts = [part.lower() for part in _PART.findall(name)]
    if len(parts) > 1 and parts[-1] in ID_WORDS:
        for kind, words in GROUPS.items():
            if parts[-2] in words:
                return GroupColumn(name, kind=kind, certainty="certain")
    if "".join(parts) in NAMES_OF_PERSONS:
        return GroupColumn(name, kind="a person", certainty="probable")
    return None
