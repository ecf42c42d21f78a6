"""Evaluate an endpoint in service: ask both models, write the report, send the email."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tunedrop.documents import keys
from tunedrop.documents.answers import Answer, Answers
from tunedrop.documents.dataset import LIKELIHOOD_TASKS, Dataset, Task
from tunedrop.documents.judgement import Judgement
from tunedrop.documents.names import tuned_name
from tunedrop.documents.report import Report
from tunedrop.documents.rows import Row
from tunedrop.documents.run import Run
from tunedrop.evaluation.asking import MODELS, AskOne
from tunedrop.evaluation.few_shot import FewShot, examples_for, with_examples
from tunedrop.evaluation.judging import judge
from tunedrop.evaluation.reading import read_rows
from tunedrop.evaluation.repeats import repeat_of, repeated
from tunedrop.jobs.chat import chat_request
from tunedrop.jobs.pricing import hosting_price
from tunedrop.lifecycle.answering import AskEndpoint, call_again, obtain_answers
from tunedrop.lifecycle.earlier import earlier_answers
from tunedrop.lifecycle.ending import Ending
from tunedrop.lifecycle.likelihoods import likelihood_asker
from tunedrop.lifecycle.reporting import (
    EvaluationSettings,
    Training,
    TrainingSummary,
    compose_report,
    lineage_of,
    read_summary,
)
from tunedrop.lifecycle.serving import serve_tuned
from tunedrop.lifecycle.serving_check import check_served
from tunedrop.lifecycle.step import Step, StepResult
from tunedrop.lifecycle.trained import Trained, how_trained
from tunedrop.ports.sagemaker import Endpoint
from tunedrop.ports.services import Inference
from tunedrop.recipe.schema import Recipe
from tunedrop.report.page import render_page
from tunedrop.runs.repository import Held, Runs, encode, now


class Material(NamedTuple):
    """What is asked and judged: the run's documents and rows.

    `examples` are the training rows in the prompt of the few-shot baseline, none if it is not
    asked. `train` has the rows that were mixed in too.
    """

    recipe: Recipe
    dataset: Dataset
    summary: TrainingSummary
    trained: Trained
    rows: Sequence[Row]
    train: Sequence[Row]
    examples: Sequence[Row]

    @property
    def asked_models(self) -> Sequence[str]:
        """The names under which the models are asked."""
        return (*MODELS, "few_shot") if self.examples else MODELS


def evaluate(
    subject: str,
    step: Step,
    inference: Inference,
    ending: Ending,
    settings: EvaluationSettings,
) -> StepResult:
    """Ask both models, write the report, send the email, and keep or delete the endpoint.

    `subject` is the endpoint, or the key of the object that an earlier invocation left for this
    one to go on.
    """
    held = step.runs.find_by(subject, keys.continuation)
    if held is None:
        return StepResult("ignored: not an endpoint of a run that counts")
    run = held.run
    if run.status != "running":  # The email may still have to be sent.
        ending.settle(run.folder)
        return StepResult("settled", run.folder)
    found = step.sagemaker.endpoint(run.name)
    if found is None or found.status != "InService" or run.stage not in ("deploy", "evaluate"):
        return StepResult("nothing to do", run.folder)
    updating = False
    with step.claimed(held, "evaluate") as ours:
        if ours:
            updating = _evaluate(held, found, step, inference, settings)
    if not ours or updating:  # The next event of the endpoint calls this function again.
        done = "the endpoint is updated to the tuned weights" if updating else "nothing to do"
        return StepResult(done, run.folder)
    if step.runs.load(run.folder).run.status == "running":
        call_again(run, step)
        return StepResult("goes on in a fresh invocation", run.folder)
    ending.settle(run.folder)
    return step.result(run.folder, "evaluated")


def _evaluate(
    held: Held,
    endpoint: Endpoint,
    step: Step,
    inference: Inference,
    settings: EvaluationSettings,
) -> bool:
    """Write the report; the run stays as it is when a fresh invocation has to go on.

    Returns whether the endpoint is updated first, because it serves one model after the other.
    """
    run, runs = held.run, step.runs
    run.stages["deploy"].ended = run.stages["evaluate"].started
    material = _material(held, step)
    shown = _models_shown(run, material.recipe, endpoint)
    as_text = material.summary.tool_calls == "text"
    served = check_served(run, runs, inference, shown, calls_as_text=as_text)
    models = material.asked_models
    if "tuned" not in shown:
        models = [each for each in models if each != "tuned"]
    asker = _asker(run.name, material)
    asked = obtain_answers(held, step, material.rows, inference, asker, models)
    updates = asked.is_complete and "tuned" not in shown
    if updates:
        trained = material.trained.used.hyperparameters
        serve_tuned(run, material.recipe, trained, endpoint, step.sagemaker, settings.hosting)
    elif asked.is_complete:
        report = _report(run, runs, material, asked.answers(), settings)
        report.served = served
        _end(run, runs, report)
    step.finish(held, "evaluate")
    return updates


def _material(held: Held, step: Step) -> Material:
    run, runs = held.run, step.runs
    recipe, dataset = runs.recipe(run), runs.document(run, keys.DATASET, Dataset)
    rows = repeated(_rows(held, step, "test", dataset.task), recipe.evaluate.repeats)
    train = _rows(held, step, "train", dataset.task)
    trained = how_trained(run, runs)
    examples = examples_for(dataset, trained.used.hyperparameters.max_length, train, rows)
    if run.mixed:  # Rows that are mixed in may have the test rows among them.
        train = [*train, *_rows(held, step, "train", dataset.task, run.mixed)]
    return Material(recipe, dataset, read_summary(run, runs), trained, rows, train, examples)


def _report(
    run: Run, runs: Runs, material: Material, answers: Answers, settings: EvaluationSettings
) -> Report:
    """Judge the answers; returns the report."""
    recipe, dataset, summary, trained, rows, train, examples = material
    few_shot = FewShot(examples, answers.few_shot) if examples else None
    earlier = earlier_answers(run, dataset.task, runs)
    judgement = judge(dataset, rows, answers, recipe, train, few_shot, earlier)
    asking = judgement.asking
    asking.instance, asking.hourly_usd = hosting_price(recipe, runs.catalogue())
    run.endpoint_expires = _expiry(recipe, judgement)
    lineage = lineage_of(run, recipe, summary, settings)
    known = Training(summary, trained.used.choices, trained.trials)
    return compose_report(run, dataset, judgement, known, lineage)


def _end(run: Run, runs: Runs, report: Report) -> None:
    """Write the report and let the run succeed; the run must still be saved."""
    page = render_page(report).encode()
    runs.store.write(f"{run.folder}/{keys.REPORT_PAGE}", page, "text/html; charset=utf-8")
    runs.store.write(f"{run.folder}/{keys.REPORT}", encode(report), "application/json")
    run.verdict, run.status, run.ended = report.verdict, "succeeded", now()
    run.stages["evaluate"].ended = run.ended
    run.links["report"] = f"s3://{run.source.bucket}/{run.folder}/{keys.REPORT_PAGE}"


def _models_shown(run: Run, recipe: Recipe, endpoint: Endpoint) -> tuple[str, ...]:
    """Return the models that the endpoint serves now: both, or one with all weights trained."""
    if recipe.method != "full":
        return MODELS
    return ("tuned",) if endpoint.config == tuned_name(run.name) else ("base",)


def _rows(
    held: Held, step: Step, split: str, task: Task, folder: str | None = None
) -> Sequence[Row]:
    key = f"{folder or held.run.folder}/{keys.split_file(split)}"
    return read_rows(step.runs.store.read(key).body, task)


def _asker(endpoint: str, material: Material) -> AskEndpoint:
    """Return what asks the endpoint for one row's answer, or for its likelihoods."""
    recipe = material.recipe
    if material.dataset.task in LIKELIHOOD_TASKS:
        return likelihood_asker(endpoint, material.trained.used.hyperparameters.max_length)
    as_text = material.summary.tool_calls == "text"

    def asker(inference: Inference) -> AskOne:
        async def ask_one(model: str, row: Row) -> Answer:
            if model == "few_shot":
                model, row = "base", with_examples(row, material.examples)
            request = chat_request(recipe, model, row.prompt, row.tools, calls_as_text=as_text)
            request["seed"] += repeat_of(row)
            return await inference.chat(endpoint, request)

        return ask_one

    return asker


def _expiry(recipe: Recipe, judgement: Judgement) -> str | None:
    """Return when the endpoint is to be deleted (ISO 8601, UTC); None for at once."""
    keep = recipe.deploy.keep
    if keep == "never" or (keep == "if_better" and not judgement.passed_gate):
        return None
    until = datetime.now(UTC) + timedelta(hours=recipe.deploy.ttl_hours)
    return until.isoformat(timespec="seconds")
