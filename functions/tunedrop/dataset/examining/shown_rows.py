"""Rows as the model is trained on them, cut and without secrets, for pages and emails."""

from collections.abc import Iterator
from itertools import islice

import msgspec

from tunedrop.dataset.checks.private import redacted
from tunedrop.dataset.examining.rejects import shown
from tunedrop.dataset.readers.record import RowError, Table
from tunedrop.dataset.shapes.example import Shape
from tunedrop.documents.dataset import Columns, ShownRow, ShownText, UnusedColumn
from tunedrop.documents.figures import cut
from tunedrop.documents.rows import AnyRow, Message, read_row

ROWS = 3  # Example rows on the page and in emails.
TRIED_ROWS = 200  # Rows at the beginning among which example rows are looked for.
LONGEST_TEXT = 600  # Characters of a text of an example row.
LONGEST_VALUE = 120  # Characters of the example value of an unused column.


def first_rows(lines: bytes, *, labelled: bool) -> list[ShownRow]:
    """Return the first rows of a split file.

    Args:
        lines: the beginning of the file; an incomplete line at its end is left out.
        labelled: whether the answers are labels.
    """
    whole = lines.split(b"\n")[:-1]
    return [shown_row(read_row(line), labelled=labelled) for line in whole[:ROWS]]


def rows_read_as(shape: Shape, table: Table) -> list[ShownRow]:
    """Return the first rows that a shape can read; none when it can read no row."""
    labelled = shape.columns.shape == "text_label"
    found = []
    for record in islice(table.records(), TRIED_ROWS):
        try:
            row = shape.example(record).as_row(record.row)
        except RowError:
            continue
        found.append(shown_row(read_row(msgspec.json.encode(row)), labelled=labelled))
        if len(found) == ROWS:
            break
    return found


def shown_row(row: AnyRow, *, labelled: bool) -> ShownRow:
    """Return the texts of a row with their names, in the order in which the model gets them."""
    answer = "label" if labelled else "answer"
    return ShownRow(
        row.row, [ShownText(name, _beginning(text)) for name, text in _texts(row, answer)]
    )


def without_private_data(columns: Columns) -> None:
    """Take secrets and personal data out of the example values of the unused columns."""
    columns.unused = [
        UnusedColumn(each.name, shown(each.example, LONGEST_VALUE), each.characters, each.is_text)
        for each in columns.unused
    ]


def _texts(row: AnyRow, answer: str) -> Iterator[tuple[str, str]]:
    turns = sum(message.role != "system" for message in row.prompt)
    for message in row.prompt:
        yield "prompt" if message.role == "user" and turns == 1 else message.role, message.text
    yield from _named(answer, row.completion)
    yield from _named("better answer", row.chosen)
    yield from _named("worse answer", row.rejected)
    if row.label is not None:
        yield "judged", "good" if row.label else "bad"
    if row.text:
        yield "text", row.text
    if row.tools:
        yield "tools", ", ".join(tool["function"]["name"] for tool in row.tools)


def _named(name: str, messages: list[Message]) -> Iterator[tuple[str, str]]:
    for message in messages:
        yield name if message.role == "assistant" else message.role, message.text


def _beginning(text: str) -> str:
    """Return the beginning of a text; private data is looked for in a longer part of it."""
    return cut(redacted(text[: LONGEST_TEXT * 4]), LONGEST_TEXT)
