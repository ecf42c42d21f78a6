"""From a dropped file to checked, de-duplicated, split rows."""

from collections.abc import Sequence
from contextlib import ExitStack
from itertools import islice

from tunedrop.dataset.checks.cleaning import are_escaped
from tunedrop.dataset.checks.findings import Findings
from tunedrop.dataset.checks.inspector import Inspector
from tunedrop.dataset.checks.lengths import LengthCheck
from tunedrop.dataset.checks.near import near_twins
from tunedrop.dataset.choice import Choice
from tunedrop.dataset.document import Dataset
from tunedrop.dataset.intake import Intake
from tunedrop.dataset.outcome import Outcome
from tunedrop.dataset.readers.open import open_parts
from tunedrop.dataset.record import RowError, Table
from tunedrop.dataset.rejects import Rejects
from tunedrop.dataset.reread import rereading
from tunedrop.dataset.shapes.example import Shape
from tunedrop.dataset.shapes.infer import find_shape
from tunedrop.dataset.source import Progress, Sink, SourceFile
from tunedrop.dataset.spool import Spool
from tunedrop.dataset.statistics import TokenSample, token_statistics
from tunedrop.dataset.watched import Watch
from tunedrop.dataset.write import write_splits
from tunedrop.recipe import Recipe

SAMPLE = 1_000  # rows looked at before the reading


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
    scratch_bytes: int | None = None,
) -> Dataset:
    """Write train.jsonl, validation.jsonl, test.jsonl and rejected.jsonl, and describe them.

    Args:
        source: the dropped file, or the files of a dropped folder; each read up to five times.
        recipe: columns, shares, limits, checks, seed and system prompt.
        sink: receives the four files; dataset.json is the caller's, to be written last.
        dataset: the dataset's name, for the document.
        run: the run's id, for the document.
        source_uri: where the file came from, for the document.
        progress: told how many bytes are read, of how many.
        tokenizer: the base model's tokenizer.json, to count tokens instead of estimating them.
        scratch_bytes: of temporary disk that may be used; by default 40% of what is free. Larger
            files are read twice instead, and their rows not compared for near duplicates.

    Raises:
        DatasetError: the file cannot be read, its columns are not known, or it leaves too few
            rows; in the last case the files have been written, rejected.jsonl among them.
    """
    sources = source if isinstance(source, Sequence) else [source]
    outcome = _work(Watch(sources, progress), recipe, sink, tokenizer, scratch_bytes)
    outcome.refuse_unusable(recipe)
    outcome.note_findings()
    return outcome.described(dataset, run, source_uri)


def _work(
    watch: Watch, recipe: Recipe, sink: Sink, tokenizer: bytes | None, scratch_bytes: int | None
) -> Outcome:
    """Read everything twice: once to know the rows, once (from the spool) to place them."""
    full = recipe.checks == "full"
    with ExitStack() as resources:
        table = open_parts(watch.sources, resources)
        shape = find_shape(table, recipe)
        rejects = Rejects(resources.enter_context(sink.create("rejected.jsonl")))
        findings = Findings()
        inspector = _inspector(findings, recipe, table, shape) if full else None
        second = inspector.anew() if inspector else None
        spool = resources.enter_context(
            Spool(indexed=full, limit=scratch_bytes, again=rereading(table, shape, second))
        )
        near = near_twins(spool) if full else None
        intake = Intake(recipe.split, spool, rejects, findings, inspector, near)
        watch.begin()
        intake.read(table, shape)
        watch.end()
        choice = Choice(intake, recipe, shape)
        lengths = LengthCheck(findings, intake.characters, recipe, choice.system) if full else None
        counted = tokenizer is not None and shape.kind == "answers"
        sample = TokenSample(tokenizer or b"", len(intake.groups)) if counted else None
        written = write_splits(spool, intake, choice, sink, lengths, sample)
        if near is not None:
            findings.add_rows("not_compared", near.forgotten)
        _reject_conflicts(table, written.conflicts, rejects)
    return Outcome(
        name=watch.sources[0].name,
        format=table.format,
        columns=shape.columns,
        intake=intake,
        choice=choice,
        written=written,
        rejects=rejects,
        tokens=token_statistics(written.train_characters, sample),
        languages=inspector.languages.noted(findings) if inspector else {},
    )


def _inspector(findings: Findings, recipe: Recipe, table: Table, shape: Shape) -> Inspector:
    texts: list[str] = []
    for record in islice(table.records(), SAMPLE):
        try:
            texts += [message.content for message in shape.example(record).messages()]
        except RowError:
            continue
    return Inspector(findings, secrets=recipe.secrets, pii=recipe.pii, entities=are_escaped(texts))


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
