"""The runs of a dataset that counted before a run, and the adapter that it can use again."""

from collections.abc import Iterator

import msgspec

from tunedrop.documents import keys
from tunedrop.documents.answers import Question
from tunedrop.documents.dataset import LIKELIHOOD_TASKS, Dataset, Task
from tunedrop.documents.run import ActualCost, Run
from tunedrop.errors import ServedDifferentlyError
from tunedrop.evaluation.reading import read_rows
from tunedrop.evaluation.repeats import repeated
from tunedrop.evaluation.since import EarlierAnswers
from tunedrop.ports.store import MissingError
from tunedrop.recipe.schema import Deploy, Evaluate, Generation, Recipe
from tunedrop.runs.answer_parts import AnswerParts
from tunedrop.runs.repository import Runs, encode

MOST_EARLIER = 10  # Runs that are looked at, so that a long history costs no time.
# What is left of a training; large models have several files of weights, but one config.json.
ADAPTER_FILE, MODEL_FILE = keys.ADAPTER, keys.MODEL_CONFIG
TRAINED_ON = ("train", "validation")


class Reuse(msgspec.Struct):
    """config/reuse-<attempt>.json: its arrival calls `deploy` in place of a training job's end.

    `run` trained the adapter at the S3 address `artifact`.
    """

    run: str
    artifact: str


def earlier_runs(run: Run, runs: Runs) -> Iterator[Run]:
    """Yield the runs that counted before this one, the latest first."""
    seen, name = {run.run}, run.previous
    for _ in range(MOST_EARLIER):
        if name is None or name in seen:
            return
        seen.add(name)
        try:
            earlier = runs.load(keys.run_folder(run.dataset, name)).run
        except MissingError:  # It was deleted, or ended before it was written.
            return
        yield earlier
        name = earlier.previous


def earlier_answers(run: Run, task: Task, runs: Runs) -> EarlierAnswers | None:
    """Return the tuned model's answers of the latest earlier run that has a report.

    None when there is no such run, or when it had another task. Likelihoods of two base models are
    of different tokens, so they are not compared either.
    """
    for earlier in earlier_runs(run, runs):
        if earlier.status != "succeeded" or not earlier.verdict:
            continue
        try:
            if runs.document(earlier, keys.DATASET, Dataset).task != task:
                return None
            recipe = runs.recipe(earlier)
            test = runs.store.read(f"{earlier.folder}/{keys.split_file('test')}").body
        except MissingError:  # Somebody has deleted the run.
            return None
        if task in LIKELIHOOD_TASKS and recipe.base_model != runs.recipe(run).base_model:
            return None
        rows = repeated(read_rows(test, task), recipe.evaluate.repeats)
        found, _ = AnswerParts(runs.store, earlier).read()
        asked = [at for at in range(len(rows)) if Question(at, "tuned") in found]
        return EarlierAnswers(
            earlier.run,
            [rows[at] for at in asked],
            [found[Question(at, "tuned")].text for at in asked],
        )
    return None


def run_to_reuse(run: Run, recipe: Recipe, runs: Runs) -> Run | None:
    """Return the earlier run whose adapter is what this run would train; None if there is none.

    Its file and its recipe are the same, except for what is used after the training, its rows were
    split alike, the same rows of another dataset were mixed in, and both start from the same
    weights. A run that was requested anew (`tunedrop-rerun`, or the same recipe again) trains anew.
    """
    for earlier in earlier_runs(run, runs):
        same_upload = earlier.source.version_id == run.source.version_id
        if run.afresh and not same_upload:
            return None
        if earlier.recipe_digest == run.recipe_digest or _served_differently(earlier):
            return None
        if _trained_the_same(earlier, run, recipe, runs):
            return earlier
    return None


def use_again(run: Run, earlier: Run) -> None:
    """Let the run use the adapter of an earlier one; the run must still be saved."""
    run.reuses = earlier.reuses or earlier.run
    run.links["artifact"] = earlier.links["artifact"]
    run.cost, run.estimate = ActualCost(0, 0.0), None


def call_deploy(run: Run, runs: Runs) -> None:
    """Have the run's endpoint created: an event tells `deploy` of this object."""
    reuse = Reuse(run=run.reuses or "", artifact=run.links["artifact"])
    key = f"{run.folder}/{keys.reuse(run.attempt)}"
    runs.store.write(key, encode(reuse), "application/json")


def _served_differently(earlier: Run) -> bool:
    """Return whether the run ended because its endpoint did not compute what was trained."""
    return earlier.error is not None and earlier.error.code == ServedDifferentlyError.code


def _trained_the_same(earlier: Run, run: Run, recipe: Recipe, runs: Runs) -> bool:
    artifact = earlier.links.get("artifact")
    old, new = earlier.source, run.source
    if artifact is None or (earlier.mixed, earlier.continues) != (run.mixed, run.continues):
        return False
    if (old.key, old.checksum, old.size) != (new.key, new.checksum, new.size):
        return False
    adapter = artifact.removeprefix(f"s3://{new.bucket}/").rstrip("/")
    try:
        if _for_training(runs.recipe(earlier)) != _for_training(recipe):
            return False
        file = MODEL_FILE if recipe.method == "full" else ADAPTER_FILE
        runs.store.head(f"{adapter}/{file}")
        return all(_etag(earlier, name, runs) == _etag(run, name, runs) for name in TRAINED_ON)
    except MissingError:  # Somebody has deleted the adapter.
        return False


def _for_training(recipe: Recipe) -> Recipe:
    """Return the recipe without the sections that are used after the training only."""
    return msgspec.structs.replace(
        recipe,
        evaluate=Evaluate(),
        generation=Generation(),
        deploy=Deploy(merge=recipe.deploy.merge),  # The training job merges.
    )


def _etag(run: Run, split: str, runs: Runs) -> str:
    return runs.store.head(f"{run.folder}/{keys.split_file(split)}").etag
