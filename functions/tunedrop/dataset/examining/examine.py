"""Examine each row by itself: convert it, check it and encode it. Any process may do this."""

from array import array
from contextlib import suppress

import msgspec

from tunedrop.dataset.duplicates.keys import candidate, key_of_value
from tunedrop.dataset.examining.batch import Batch
from tunedrop.dataset.examining.chat_lines import ChatLines
from tunedrop.dataset.readers.parts import records_of
from tunedrop.dataset.readers.record import Chunk, Record, RowError
from tunedrop.dataset.shapes.content import LONGEST_LABEL
from tunedrop.dataset.shapes.example import Example
from tunedrop.dataset.shapes.infer import shape_of
from tunedrop.documents.dataset import Columns
from tunedrop.recipe.schema import Recipe


class Examination(msgspec.Struct):
    """What an examiner needs: the recipe, the columns, and whether texts are HTML-escaped."""

    recipe: Recipe
    columns: Columns
    entities: bool = False


class Examiner:
    """Examines chunks independently of each other."""

    def __init__(self, examination: Examination) -> None:
        recipe = examination.recipe
        self._shape = shape_of(examination.columns, recipe)
        self._split, group = recipe.split, examination.columns.group
        self._group = group.name if group else None
        self._encode = msgspec.json.Encoder().encode_into
        self._inspector = None
        self._chat: ChatLines | None = None
        if recipe.checks == "full":
            # Imported here, because loading the checks' libraries takes as long as a small file.
            from tunedrop.dataset.checks.inspector import Inspector  # noqa: PLC0415

            self._inspector = Inspector(
                secrets=recipe.secrets, pii=recipe.pii, entities=examination.entities
            )
        elif examination.columns.mapping.keys() == {"messages"} and group is None:
            column = examination.columns.mapping["messages"]
            with suppress(ValueError):  # msgspec refuses the name: use the slower path
                self._chat = ChatLines(column, recipe.split.seed)

    def examine(self, chunk: Chunk) -> Batch:
        """Return the batch of a chunk; rows that do not pass are in its rejects."""
        batch = Batch(chunk.file, chunk.split)
        if self._inspector is not None:
            self._inspector.begin(batch.findings, batch.spoken)
        if chunk.lines and self._chat is not None:
            self._examine_chat(self._chat, chunk, batch)
        else:
            for record in records_of(chunk):
                self._take(record, batch)
        return batch

    def _examine_chat(self, chat: ChatLines, chunk: Chunk, batch: Batch) -> None:
        def other(number: int, line: bytes) -> None:
            one = Chunk([], [line], chunk.row + number - 1, chunk.line + number - 1)
            one.file, one.split = chunk.file, chunk.split
            for record in records_of(one):
                self._take(record, batch)

        chat.examine(chunk, batch, other)
        batch.seen = len(batch.rows) + batch.rejects.total()
        shift = chunk.row - chunk.line
        batch.lines = array("I", (row - shift for row in batch.rows)) if shift else batch.rows[:]

    def _take(self, record: Record, batch: Batch) -> None:
        batch.seen += 1
        try:
            example = self._shape.example(record)
            if self._inspector is not None:
                self._inspector.inspect(record, example)
            group_value = self._group_value_of(record)
        except RowError as error:
            batch.rejects.add(record, error)
            return
        if group_value is not None:
            batch.group_values.append(group_value)
        self._add(record, example, batch)

    def _group_value_of(self, record: Record) -> int | None:
        """Return the key of the row's group: 0 for an empty value, None without such a column."""
        if self._group is None:
            return None
        value = record.fields().get(self._group)
        empty = value is None or value == ""
        return 0 if empty else key_of_value(str(value), self._split.seed)

    def _add(self, record: Record, example: Example, batch: Batch) -> None:
        before = len(batch.encoded)
        self._encode(example.as_row(record.row), batch.encoded, -1)
        batch.encoded += b"\n"
        batch.sizes.append(len(batch.encoded) - before)
        batch.rows.append(record.row)
        batch.lines.append(record.line or 0)
        batch.characters.append(example.characters())
        last = (example.prompt or example.completion)[-1]
        batch.candidates.append(candidate(last, self._split.seed))
        batch.add_answer(example.label_text(), LONGEST_LABEL)
