"""Turn a dropped file into checked, de-duplicated and split rows."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import compress, islice
from typing import NamedTuple

from tunedrop.dataset.checks.lengths import note_lengths
from tunedrop.dataset.examining.examine import Examination
from tunedrop.dataset.examining.rejects import Rejects
from tunedrop.dataset.examining.shown_rows import without_private_data
from tunedrop.dataset.examining.workers import examined
from tunedrop.dataset.outcome import Preparation
from tunedrop.dataset.readers.open import open_parts
from tunedrop.dataset.readers.parts import Parts
from tunedrop.dataset.readers.record import RowError, Table
from tunedrop.dataset.readers.source import Progress, Sink, SourceFile
from tunedrop.dataset.readers.watched import Watch
from tunedrop.dataset.shapes.example import Shape
from tunedrop.dataset.shapes.infer import find_shape
from tunedrop.dataset.sizing.chat_template import ChatTemplate
from tunedrop.dataset.sizing.tokens import Mean, TokenSample, mean_row, token_statistics
from tunedrop.dataset.splits.assignment import SplitAssignment
from tunedrop.dataset.splits.columns import RowColumns
from tunedrop.dataset.splits.places import SPLIT_PLACES
from tunedrop.dataset.splits.spool import Spool, reader_of_rows
from tunedrop.dataset.splits.write import Written, write_splits
from tunedrop.documents.dataset import Columns, Dataset
from tunedrop.recipe.schema import Recipe

Consider = Callable[[Table, Columns], None]
"""Receives the table and how its columns are read."""

SAMPLE = 1_000  # Rows at the beginning that decide whether the texts are HTML-escaped.


def prepare_dataset(  # noqa: PLR0913 - the three names only go into the document
    source: SourceFile | Sequence[SourceFile],
    recipe: Recipe,
    sink: Sink,
    *,
    dataset: str,
    run: str,
    source_uri: str,
    progress: Progress | None = None,
    tokenizer: bytes | None = None,
    chat_template: ChatTemplate | None = None,
    scratch_bytes: int | None = None,
    processes: int = 1,
    consider: Consider | None = None,
) -> Dataset:
    """Write train.jsonl, validation.jsonl, test.jsonl and rejected.jsonl, and describe them.

    Args:
        source: the dropped file, or the files of a dropped folder; each read up to five times.
        recipe: columns, shares, limits, checks, seed and system prompt.
        sink: receives the four files; the caller writes dataset.json last.
        dataset: the dataset's name, for the document.
        run: the run's id, for the document.
        source_uri: where the file came from, for the document.
        progress: called with the bytes that are read and the bytes in all.
        tokenizer: the base model's tokenizer.json, to count the tokens instead of estimating them.
        chat_template: the base model's, to count what it adds to each row, too.
        scratch_bytes: temporary disk space that may be used, by default 40% of what is free. Larger
            files are read twice instead, and their near duplicates are not searched.
        processes: number of processes that examine rows; the result does not depend on it.
        consider: is told how the file is read before any row is examined; it may raise an error
            to end the preparation.

    Raises:
        DatasetError: the file cannot be read, its columns are not recognised, or too few rows are
            left; in the last case the files, also rejected.jsonl, have been written.
    """
    sources = source if isinstance(source, Sequence) else [source]
    options = _Options(tokenizer, chat_template, scratch_bytes, processes, consider)
    with ExitStack() as resources:
        preparation = _prepared(Watch(sources, progress), recipe, sink, options, resources)
    preparation.refuse_unusable(recipe)
    preparation.note_findings()
    return preparation.described(dataset, run, source_uri)


class _Options(NamedTuple):
    """Arguments of `prepare_dataset` that are described there."""

    tokenizer: bytes | None
    chat_template: ChatTemplate | None
    scratch_bytes: int | None
    processes: int
    consider: Consider | None


def _prepared(
    watch: Watch, recipe: Recipe, sink: Sink, options: _Options, resources: ExitStack
) -> Preparation:
    """Read all rows twice: from the source to examine them, from the spool to write them."""
    table = open_parts(watch.sources, resources)
    shape = find_shape(table, recipe)
    without_private_data(shape.columns)
    if options.consider is not None:
        options.consider(table, shape.columns)
    examination = Examination(recipe, shape.columns, _is_escaped(table, shape, recipe))
    rejected = resources.enter_context(sink.create("rejected.jsonl"))
    again = reader_of_rows(table, examination)
    spool = resources.enter_context(Spool(limit=options.scratch_bytes, again=again))
    has_labels = shape.kind == "answers"
    group = shape.columns.group
    row_columns = RowColumns(recipe.split, spool, labels_possible=has_labels, group=group)
    watch.begin()
    for batch in examined(table.chunks(), examination, options.processes):
        row_columns.take(batch)
        row_columns.rejects.write(rejected)
    watch.end()
    row_columns.leave_out_duplicates(noted=recipe.checks == "full")
    if recipe.checks == "full":
        _compare(row_columns, spool)
    assignment = SplitAssignment(row_columns, recipe, shape)
    sample = _token_sample(options, len(row_columns.groups))
    written = write_splits(spool, row_columns, assignment, sink, sample)
    if recipe.checks == "full":
        _note_lengths(row_columns, spool.rows, written, recipe, assignment.system)
    _reject_conflicts(table, written.conflicts, row_columns.rejects)
    row_columns.rejects.write(rejected)
    mean = _mean_row(spool, shape, assignment)
    return Preparation(
        name=watch.sources[0].name,
        format=table.format,
        columns=shape.columns,
        row_columns=row_columns,
        assignment=assignment,
        written=written,
        tokens=token_statistics(written.train_characters, sample, mean),
        skipped=table.skipped,
        guessed=table.guessed,
    )


def _note_lengths(
    row_columns: RowColumns,
    numbers: Sequence[int],
    written: Written,
    recipe: Recipe,
    system: str | None,
) -> None:
    """Note the rows of the splits that are unusually long; `numbers` are those of all rows."""
    in_split = map(SPLIT_PLACES.__contains__, written.places)
    rows = list(compress(zip(numbers, row_columns.characters, strict=True), in_split))
    note_lengths(row_columns.findings, rows, recipe, system)


def _token_sample(options: _Options, rows: int) -> TokenSample | None:
    if options.tokenizer is None:
        return None
    return TokenSample(options.tokenizer, rows, options.chat_template)


def _mean_row(spool: Spool, shape: Shape, assignment: SplitAssignment) -> Mean:
    """Return the mean of the first rows, with a system prompt; plain text has no messages."""
    mean = mean_row(islice(spool.lines(), SAMPLE))
    if shape.kind == "pretraining":
        return mean._replace(messages=0.0, learned=0.0)
    return mean._replace(messages=mean.messages + bool(assignment.system))


def _is_escaped(table: Parts, shape: Shape, recipe: Recipe) -> bool:
    """Whether the texts of the first rows are HTML-escaped."""
    if recipe.checks != "full":
        return False
    from tunedrop.dataset.checks.cleaning import are_escaped  # noqa: PLC0415 - as in Examiner

    texts: list[str] = []
    for record in islice(table.records(), SAMPLE):
        try:
            texts += [message.content for message in shape.example(record).messages()]
        except RowError:
            continue
    return are_escaped(texts)


def _compare(row_columns: RowColumns, spool: Spool) -> None:
    """Link near duplicates, if the library for it is installed."""
    from tunedrop.dataset.duplicates.near import near_duplicates  # noqa: PLC0415 - as in Examiner
    from tunedrop.dataset.splits.likeness import link_near_duplicates  # noqa: PLC0415

    near = near_duplicates(spool.line_at)
    if near is not None:
        link_near_duplicates(row_columns, spool, near)


def _reject_conflicts(table: Parts, rows: set[int], rejects: Rejects) -> None:
    """Reject the rows whose label contradicts the label of the same text in other rows."""
    if not rows:
        return
    error = RowError(
        "conflicting_label",
        "The same text carries another label in another row.",
        fix="Choose one label and remove the other rows.",
    )
    for record in table.records():
        if record.row in rows:
            rejects.add(record, error)
