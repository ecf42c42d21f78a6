"""A dropped file becomes checked splits: runs/<dataset>/<run>/dataset/."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from tunedrop.dataset.prepare import prepare_dataset
from tunedrop.documents import keys
from tunedrop.documents.dataset import Dataset
from tunedrop.documents.run import Run, run_id
from tunedrop.errors import DatasetError, RecipeError
from tunedrop.evaluation.tasks import check_gate
from tunedrop.jobs.base_model import model_prefix
from tunedrop.jobs.pricing import refuse_what_cannot_end
from tunedrop.jobs.processing_job import ProcessingSettings
from tunedrop.ports.store import ExistsError, MissingError, Store
from tunedrop.recipe.schema import Recipe
from tunedrop.recipe.yaml_file import read_recipe
from tunedrop.report.dataset_page import render_dataset_page
from tunedrop.runs.pointer import move_pointer, read_pointer
from tunedrop.runs.repository import Held, Runs, encode, now, seconds_since
from tunedrop.stages.dropped import Drop, DroppedFile, find_drop, parts_of, recipe_key
from tunedrop.stages.ending import supersede
from tunedrop.stages.estimating import estimate_early
from tunedrop.stages.processing import hand_over, has_processing_job
from tunedrop.stages.progress import Reporter
from tunedrop.stages.step import Outcome, Step

LABEL_TOKENS = 16  # at least, for an answer that is to be a label
WRITE_SECONDS = 60.0  # dataset.json follows the end of the step within this time


class Folder:
    """A temporary folder whose files become the run's dataset."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def create(self, name: str) -> Iterator[BinaryIO]:
        """Return a writer for one file."""
        with (self.path / name).open("wb") as file:
            yield file


def prepare(key: str, step: Step, settings: ProcessingSettings) -> Outcome:
    """Prepare the newest version of what was dropped, or have a processing job do it.

    The event that brought us here is only a hint: the objects as they are now decide.
    """
    runs = step.runs
    drop = find_drop(key, runs.store)
    if isinstance(drop, str):
        return Outcome(f"ignored: {drop}")
    recipe, digest = _recipe(runs.store, recipe_key(drop.source.key))
    run = _new_run(drop, digest)
    decision, before = move_pointer(runs, run, rerun=drop.rerun)
    if decision in ("join", "older"):
        folder = keys.run_folder(drop.dataset, before.run) if before else None
        return Outcome("joined" if decision == "join" else "ignored: an older upload", folder)
    if decision == "start" and before:
        supersede_run(runs, step, drop.dataset, before.run)
    held = _started(runs, run)
    if held is None or has_processing_job(held.run, step):
        return Outcome("nothing to do", run.folder)
    done, was_killed = "prepared", held.run.lease is not None
    with step.claimed(held, "prepare") as ours:
        if ours:
            if isinstance(recipe, RecipeError):
                raise recipe
            if hand_over(held, recipe, step, settings, was_killed=was_killed):
                done = "preparing in a processing job"
            else:
                prepare_run(held, recipe, step)
    return step.outcome(run.folder, done) if ours else Outcome("nothing to do", run.folder)


def supersede_run(runs: Runs, step: Step, dataset: str, run: str) -> None:
    """End the run that counted before, if it was ever written down."""
    try:
        supersede(keys.run_folder(dataset, run), runs, step.sagemaker)
    except MissingError:
        return


def _recipe(store: Store, key: str) -> tuple[Recipe | RecipeError, str]:
    """Return the recipe, or what is wrong with it, and the digest that names the run."""
    try:
        text = store.read(key).body
    except MissingError:
        return Recipe(), Recipe().digest
    try:
        recipe = read_recipe(text)
    except RecipeError as error:
        return error, hashlib.sha256(text).hexdigest()
    return recipe, recipe.digest


def _new_run(drop: Drop, digest: str) -> Run:
    source = drop.source
    return Run(
        run=run_id(source.bucket, source.key, source.version_id, digest),
        dataset=drop.dataset,
        generation=1,
        source=source,
        recipe_digest=digest,
        created=now(),
    )


def _started(runs: Runs, run: Run) -> Held | None:
    """Return the run to work on: new, or one that ended and for which a new upload came."""
    pointer, _ = read_pointer(runs.store, run.dataset)
    run.generation = pointer.generation if pointer else run.generation
    held = runs.create(run)
    found = held.run
    if found.status == "running":
        # `train` is legal too: prepare was killed before it could write dataset.json.
        return held if found.stage == "prepare" or _unwritten(runs, found) else None
    newer = found.ended is not None and run.source.modified > found.ended
    if found.status == "superseded" or (found.status == "failed" and newer):
        found.source = run.source
        return held if runs.revive(held) else None
    return None


def _unwritten(runs: Runs, run: Run) -> bool:
    """Say whether prepare ended a while ago, and dataset.json never came."""
    ended = run.stages["prepare"].ended if "prepare" in run.stages else None
    if run.stage != "train" or run.job or ended is None or seconds_since(ended) < WRITE_SECONDS:
        return False
    try:
        runs.store.read(f"{run.folder}/{keys.DATASET}")
    except MissingError:
        return True
    return False


def prepare_run(held: Held, recipe: Recipe, step: Step, processes: int = 1) -> None:
    """Write everything that a claimed run's preparation leaves; dataset.json calls `train`.

    A function has little more than one core: more processes are for a job.

    Raises:
        DatasetError: the files cannot be trained on.
    """
    run, store = held.run, step.runs.store
    dataset = _split_files(held, recipe, step, processes)
    check_gate(dataset.task, recipe.evaluate.gate)  # before the training is paid for
    recipe = with_answer_limit(recipe, dataset.labels)
    store.write(f"{run.folder}/{keys.RECIPE}", encode(recipe), "application/json")
    run.rows = msgspec.to_builtins(dataset.rows)
    run.warnings = [*run.warnings, *dataset.warnings]
    dataset.estimate = run.estimate = estimate_early(store, recipe, dataset)
    page = render_dataset_page(dataset).encode()
    store.write(f"{run.folder}/{keys.DATASET_PAGE}", page, "text/html; charset=utf-8")
    refuse_what_cannot_end(run.estimate)
    # The run is ready for `train` before dataset.json, whose arrival calls it.
    step.finish(held, "train")
    try:
        store.create(f"{run.folder}/{keys.DATASET}", encode(dataset))
    except ExistsError:  # a run that is tried again: same content, same recipe, new attempt
        store.write(f"{run.folder}/{keys.DATASET}", encode(dataset), "application/json")


def _split_files(held: Held, recipe: Recipe, step: Step, processes: int) -> Dataset:
    """Write the split files and rejected.jsonl, the last also of a dataset that is refused."""
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
                progress=Reporter(held, step, "bytes"),
                tokenizer=_tokenizer(store, recipe),
                processes=processes,
            )
        except DatasetError:
            _send(folder, run, store)
            run.rows = {"rejected": _lines_of(folder / "rejected.jsonl")}
            step.runs.save(held)
            raise
        _send(folder, run, store)
    return dataset


def with_answer_limit(recipe: Recipe, labels: list[str]) -> Recipe:
    """Let answers be as long as a label needs, with room for a model that says more.

    A token is at least a character; a base model that may write hundreds of tokens where a label
    is due costs minutes and proves nothing.
    """
    if recipe.generation.max_tokens or not labels:
        return recipe
    limit = max(LABEL_TOKENS, *map(len, labels))
    generation = msgspec.structs.replace(recipe.generation, max_tokens=limit)
    return msgspec.structs.replace(recipe, generation=generation)


def _tokenizer(store: Store, recipe: Recipe) -> bytes | None:
    """Return the base model's tokenizer.json, by which tokens are counted, if it is there."""
    try:
        return store.read(f"{model_prefix(recipe)}{keys.TOKENIZER}").body
    except MissingError:
        return None


def _send(folder: Path, run: Run, store: Store) -> None:
    for file in sorted(folder.iterdir()):
        store.send_file(file, f"{run.folder}/{keys.DATASET_FOLDER}/{file.name}")


def _lines_of(file: Path) -> int:
    if not file.exists():  # the file could not be read at all
        return 0
    with file.open("rb") as lines:
        return sum(1 for _ in lines)
