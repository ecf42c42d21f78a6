"""Prepare the rows of a claimed run, in a function or in a processing job."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from tunedrop.dataset.prepare import prepare_dataset
from tunedrop.dataset.sizing.chat_template import ChatTemplate
from tunedrop.documents import keys
from tunedrop.documents.dataset import ANSWER_TASKS, Dataset
from tunedrop.documents.run import Run
from tunedrop.errors import DatasetError
from tunedrop.evaluation.power import expected_power
from tunedrop.evaluation.scoring.tasks import check_evaluation
from tunedrop.jobs.base_model import model_prefix
from tunedrop.jobs.pricing import refuse_what_cannot_end
from tunedrop.lifecycle.asking import DoubtfulReading, ask, consider, send_notice
from tunedrop.lifecycle.dropped import DroppedFile, parts_of
from tunedrop.lifecycle.estimating import plan_early
from tunedrop.lifecycle.step import ProgressWriter, Step
from tunedrop.ports.store import MissingError, Store
from tunedrop.recipe.schema import Recipe
from tunedrop.report.dataset_page import render_dataset_page
from tunedrop.runs.repository import Held, encode, now

LABEL_TOKENS = 16  # The answers of a classification may have at least this many tokens.


class Folder:
    """A temporary folder; its files are uploaded as the run's dataset."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def create(self, name: str) -> Iterator[BinaryIO]:
        """Return a writer for one file."""
        with (self.path / name).open("wb") as file:
            yield file


def prepare_run(held: Held, recipe: Recipe, step: Step, processes: int = 1) -> None:
    """Prepare a claimed run and write all its documents. dataset.json, the last one, calls `train`.

    If it is doubtful how the files are meant, the run asks instead.

    A function has little more than one core, so only a processing job uses several processes.

    Raises:
        DatasetError: the files cannot be used for training.
    """
    run, store = held.run, step.runs.store
    try:
        dataset = _split_files(held, recipe, step, processes)
    except DoubtfulReading as doubtful:
        ask(held, doubtful.question, step)
        return
    check_evaluation(dataset.task, recipe.evaluate)  # before the training costs money
    recipe = with_answer_limit(recipe, dataset.labels)
    store.write(f"{run.folder}/{keys.RECIPE}", encode(recipe), "application/json")
    run.rows = msgspec.to_builtins(dataset.rows)
    run.warnings = [*run.warnings, *dataset.warnings]
    if dataset.task in ANSWER_TASKS:  # How much likelihoods differ from row to row is not known.
        dataset.power = expected_power(dataset, recipe)
    if plan := plan_early(step.runs, recipe, dataset):
        dataset.estimate = run.estimate = plan.estimate
        dataset.hyperparameters = plan.chosen.choices
    page = render_dataset_page(dataset).encode()
    store.write(f"{run.folder}/{keys.DATASET_PAGE}", page, "text/html; charset=utf-8")
    refuse_what_cannot_end(run.estimate)
    if recipe.stop_after == "prepare":
        _stop(held, dataset, step)
        return
    # The run moves to `train` before dataset.json is written, because its arrival calls `train`.
    step.finish(held, "train")
    _write_dataset(run, dataset, store)


def _stop(held: Held, dataset: Dataset, step: Step) -> None:
    """End a run whose recipe says `stop_after: prepare`, and have its email sent.

    The arrival of dataset.json calls `train`, which leaves a run of the stage `prepare` alone. The
    email needs dataset.json, so the run ends after it is written.
    """
    run = held.run
    _write_dataset(run, dataset, step.runs.store)
    run.end("succeeded", now(), step.invocation.id)
    run.stages["prepare"].ended = run.ended
    step.runs.save(held)
    send_notice(run, step)


def _write_dataset(run: Run, dataset: Dataset, store: Store) -> None:
    store.write(f"{run.folder}/{keys.DATASET}", encode(dataset), "application/json")


def _split_files(held: Held, recipe: Recipe, step: Step, processes: int) -> Dataset:
    """Write the split files and rejected.jsonl, also for a dataset that is refused."""
    run, store = held.run, step.runs.store
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        try:
            dataset = prepare_dataset(
                [DroppedFile(store, part) for part in parts_of(run.source)],
                recipe,
                Folder(folder),
                dataset=run.dataset,
                run=run.run,
                source_uri=f"s3://{store.name}/{run.source.key}",
                progress=ProgressWriter(held, step, "bytes"),
                tokenizer=_file_of_model(keys.TOKENIZER, store, recipe),
                chat_template=_chat_template(store, recipe),
                processes=processes,
                consider=lambda table, columns: consider(run, table, columns, recipe),
            )
        except DatasetError:
            _send(folder, run, store)
            run.rows = {"rejected": _lines_of(folder / "rejected.jsonl")}
            step.runs.save(held)
            raise
        _send(folder, run, store)
    return dataset


def with_answer_limit(recipe: Recipe, labels: list[str]) -> Recipe:
    """Limit the answers of a classification to the length of the longest label.

    A token has at least one character. Without the limit, a base model writes hundreds of tokens
    instead of a label, which costs minutes and changes no result.
    """
    if recipe.generation.max_tokens or not labels:
        return recipe
    limit = max(LABEL_TOKENS, *map(len, labels))
    generation = msgspec.structs.replace(recipe.generation, max_tokens=limit)
    return msgspec.structs.replace(recipe, generation=generation)


def _file_of_model(name: str, store: Store, recipe: Recipe) -> bytes | None:
    """Return one of the base model's files, if it is in the bucket."""
    try:
        return store.read(f"{model_prefix(recipe)}{name}").body
    except MissingError:
        return None


def _chat_template(store: Store, recipe: Recipe) -> ChatTemplate | None:
    """Return the base model's chat template, if it is in the bucket and can be used."""
    config = _file_of_model(keys.TOKENIZER_CONFIG, store, recipe)
    template = _file_of_model(keys.CHAT_TEMPLATE, store, recipe)
    try:
        return ChatTemplate(config or b"{}", template)
    except ValueError:
        return None


def _send(folder: Path, run: Run, store: Store) -> None:
    for file in sorted(folder.iterdir()):
        store.send_file(file, f"{run.folder}/{keys.DATASET_FOLDER}/{file.name}")


def _lines_of(file: Path) -> int:
    if not file.exists():  # The dropped file could not be read.
        return 0
    with file.open("rb") as lines:
        return sum(1 for _ in lines)
