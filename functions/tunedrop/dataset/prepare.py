"""From a dropped file to checked, de-duplicated, split rows."""

from collections.abc import Sequence
from contextlib import ExitStack

import msgspec

from tunedrop.dataset.choice import Choice
from tunedrop.dataset.document import TRAINABLE, Columns, Dataset, RowCounts
from tunedrop.dataset.intake import Intake
from tunedrop.dataset.readers.open import open_parts
from tunedrop.dataset.record import RowError, Table
from tunedrop.dataset.rejects import Rejects
from tunedrop.dataset.shapes.infer import find_shape
from tunedrop.dataset.source import Progress, Sink, SourceFile
from tunedrop.dataset.spool import Spool
from tunedrop.dataset.statistics import estimated_tokens
from tunedrop.dataset.warnings import warnings_of
from tunedrop.dataset.watched import Watch
from tunedrop.dataset.write import Written, write_splits
from tunedrop.errors import DatasetError
from tunedrop.recipe import Recipe

FEWEST_ROWS = 3  # one to learn from, one to validate with, one to test on


class Prepared(msgspec.Struct):
    """Everything that the work on one file has found."""

    table: Table
    columns: Columns
    intake: Intake
    choice: Choice
    written: Written
    rejects: Rejects


def prepare_dataset(  # noqa: PLR0913 - the three names only go into the document
    source: SourceFile | Sequence[SourceFile],
    recipe: Recipe,
    sink: Sink,
    *,
    dataset: str,
    run: str,
    source_uri: str,
    progress: Progress | None = None,
) -> Dataset:
    """Write train.jsonl, validation.jsonl, test.jsonl and rejected.jsonl, and describe them.

    Args:
        source: the dropped file, or the files of a dropped folder; each read up to four times.
        recipe: columns, shares, limits, seed and system prompt.
        sink: receives the four files; dataset.json is the caller's, to be written last.
        dataset: the dataset's name, for the document.
        run: the run's id, for the document.
        source_uri: where the file came from, for the document.
        progress: told how many bytes are read, of how many.

    Raises:
        DatasetError: the file cannot be read, its columns are not known, or it leaves too few
            rows; in the last case the files have been written, rejected.jsonl among them.
    """
    sources = source if isinstance(source, Sequence) else [source]
    found = _work(Watch(sources, progress), recipe, sink)
    splits, rejects = found.written.splits, found.rejects
    rows = RowCounts(
        source=found.intake.rows,
        train=splits["train"].rows,
        validation=splits["validation"].rows,
        test=splits["test"].rows,
        rejected=rejects.total(),
        duplicates=found.intake.duplicates + found.written.leaks,
        not_sampled=found.written.not_sampled,
    )
    usable = rows.train + rows.validation + rows.test
    shares = {"validation": recipe.split.validation, "test": recipe.split.test, "train": 1.0}
    if usable < FEWEST_ROWS or any(shares[name] and not splits[name].rows for name in shares):
        raise rejects.as_error(sources[0].name, usable, FEWEST_ROWS)
    if found.choice.task not in TRAINABLE:
        raise _not_built(found)
    reasons = dict(rejects.reasons.most_common())
    return Dataset(
        version=1,
        dataset=dataset,
        run=run,
        source=source_uri,
        format=found.table.format,
        task=found.choice.task,
        columns=found.columns,
        rows=rows,
        rejected_reasons=reasons,
        labels=found.choice.labels,
        system=found.choice.system,
        splits=splits,
        tokens=estimated_tokens(found.written.train_characters),
        warnings=warnings_of(found.choice, rows, reasons),
    )


def _work(watch: Watch, recipe: Recipe, sink: Sink) -> Prepared:
    with ExitStack() as resources:
        table = open_parts(watch.sources, resources)
        shape = find_shape(table, recipe)
        file = resources.enter_context(sink.create("rejected.jsonl"))
        spool = resources.enter_context(Spool())
        rejects = Rejects(file)
        intake = Intake(recipe.split, spool, rejects)
        watch.begin()
        intake.read(table, shape)
        watch.end()
        choice = Choice(intake, recipe, shape)
        written = write_splits(spool, intake, choice, sink)
        _reject_conflicts(table, written.conflicts, rejects)
    return Prepared(table, shape.columns, intake, choice, written, rejects)


def _not_built(found: Prepared) -> DatasetError:
    return DatasetError(
        f"The rows are for the task {found.choice.task}, whose training is not built yet: "
        f"{found.columns.why}",
        "Name the columns to learn from in recipe.yaml, for example columns: "
        "{prompt: …, completion: …}.",
    )


def _reject_conflicts(table: Table, rows: set[int], rejects: Rejects) -> None:
    """Write down the rows whose label contradicts the same text elsewhere."""
    if not rows:
        return
    error = RowError(
        "conflicting_label",
        "The same text carries another label in another row.",
        fix="Decide for one label and remove the other rows.",
    )
    for record in table.records():
        if record.row in rows:
            rejects.add(record, error)
