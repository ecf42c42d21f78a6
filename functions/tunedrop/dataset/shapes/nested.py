"""Rows inside of one column: OpenAI's batch (`body`), a dataset viewer (`row`), and the like."""

from collections.abc import Callable, Sequence

import msgspec

from tunedrop.dataset.readers.record import Fields, Record, RowError
from tunedrop.dataset.shapes.example import Example, Shape
from tunedrop.documents.dataset import Columns

INSIDE = "inside"
"""The role of the column that holds the row."""

Finder = Callable[[Sequence[Fields], Sequence[str]], list[Columns]]


def nested(sample: Sequence[Fields], names: Sequence[str], find: Finder) -> list[Columns]:
    """Return the mappings of rows that stand in a column of objects.

    No recipe can name a column inside of another one, so that a doubtful mapping is only told.

    Args:
        sample: the first rows.
        names: their columns.
        find: finds the mappings of the inner rows, by the names of their columns.
    """
    found: list[Columns] = []
    for name in names:
        inner = [fields.get(name) for fields in sample]
        rows = [row for row in inner if isinstance(row, dict)]
        if not rows or len(rows) < len(inner):
            continue
        columns = list(dict.fromkeys(key for row in rows for key in row))
        found += [
            msgspec.structs.replace(
                each,
                mapping={INSIDE: name, **each.mapping},
                why=f"The rows are inside of {name!r}. {each.why}",
                certainty="probable" if each.doubt else each.certainty,
                doubt="",
            )
            for each in find(rows, columns)
            if each.template is None
        ]
    return found


class Nested:
    """A shape whose rows stand in one column."""

    def __init__(self, shape: Shape, columns: Columns) -> None:
        self.kind = shape.kind
        self.columns = columns
        self._shape = shape
        self._column = columns.mapping[INSIDE]

    def example(self, record: Record) -> Example:
        """Turn the inner row into an example."""
        inner = record.fields().get(self._column)
        if not isinstance(inner, dict):
            raise RowError("wrong_type", f"{self._column} is not an object.", self._column)
        return self._shape.example(Record(record.row, record.line, b"", inner))
