"""Evaluate an endpoint in service: ask both models, write the report, send the email."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from tunedrop.documents import keys
from tunedrop.documents.answers import Answer
from tunedrop.documents.dataset import LIKELIHOOD_TASKS, Dataset, Task
from tunedrop.documents.report import Judgement
from tunedrop.documents.rows import Row, read_row
from tunedrop.documents.run import tuned_name
from tunedrop.evaluation.asking import MODELS, AskOne
from tunedrop.evaluation.few_shot import FewShot, examples_for, with_examples
from tunedrop.evaluation.judging import judge
from tunedrop.evaluation.scoring.likelihood import LikelihoodRow
from tunedrop.jobs.endpoint import chat_request
from tunedrop.jobs.pricing import hosting_price
from tunedrop.lifecycle.answering import AskEndpoint, call_again, obtain_answers
from tunedrop.lifecycle.ending import Ending
from tunedrop.lifecycle.likelihoods import likelihood_asker
from tunedrop.lifecycle.reporting import (
    EvaluationSettings,
    TrainingSummary,
    compose_report,
    lineage_of,
    read_summary,
)
from tunedrop.lifecycle.serving import serve_tuned
from tunedrop.lifecycle.step import Step, StepResult
from tunedrop.ports.services import Endpoint, Inference
from tunedrop.ports.store import MissingError
from tunedrop.recipe.schema import Recipe
from tunedrop.report.page import render_page
from tunedrop.runs.repository import Held, Runs, encode, now


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
    held = _find(subject, step.runs)
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


def _find(subject: str, runs: Runs) -> Held | None:
    """Return the run of an endpoint or of a key; None when it does not count."""
    if not subject.startswith(keys.RUNS):
        return runs.find(subject)
    try:
        held = runs.load(keys.folder_of(subject))
    except MissingError:
        return None
    run = held.run
    return held if subject == f"{run.folder}/{keys.continuation(run.attempt)}" else None


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
    recipe = runs.recipe(run)
    dataset = runs.document(run, keys.DATASET, Dataset)
    rows = _rows(held, step, "test", dataset.task)
    summary = read_summary(run, runs)
    train = _rows(held, step, "train", dataset.task)
    examples = examples_for(dataset, recipe, train, rows)
    if run.mixed:  # Rows that are mixed in may have the test rows among them.
        train = [*train, *_rows(held, step, "train", dataset.task, run.mixed)]
    if dataset.task in LIKELIHOOD_TASKS:
        asker = likelihood_asker(run.name, recipe)
    else:
        asker = _asker(run.name, recipe, summary, examples)
    models: Sequence[str] = (*MODELS, "few_shot") if examples else MODELS
    serves_base = recipe.method == "full" and endpoint.config != tuned_name(run.name)
    if serves_base:
        models = [each for each in models if each != "tuned"]
    asked = obtain_answers(held, step, rows, inference, asker, models)
    if serves_base and asked.is_complete:
        serve_tuned(run, recipe, endpoint, step.sagemaker, settings.hosting)
    if serves_base or not asked.is_complete:
        step.finish(held, "evaluate")
        return serves_base and asked.is_complete
    answers = asked.answers()
    few_shot = FewShot(examples, answers.few_shot) if examples else None
    judgement = judge(dataset, rows, answers, recipe, train, few_shot)
    asking = judgement.asking
    asking.instance, asking.hourly_usd = hosting_price(recipe, runs.catalogue())
    run.endpoint_expires = _expiry(recipe, judgement)
    lineage = lineage_of(run, recipe, summary, settings)
    report = compose_report(run, dataset, judgement, summary, lineage)
    page = render_page(report).encode()
    runs.store.write(f"{run.folder}/{keys.REPORT_PAGE}", page, "text/html; charset=utf-8")
    runs.store.write(f"{run.folder}/{keys.REPORT}", encode(report), "application/json")
    run.verdict, run.status, run.ended = report.verdict, "succeeded", now()
    run.stages["evaluate"].ended = run.ended
    run.links["report"] = f"s3://{run.source.bucket}/{run.folder}/{keys.REPORT_PAGE}"
    step.finish(held, "evaluate")
    return False


def _rows(
    held: Held, step: Step, split: str, task: Task, folder: str | None = None
) -> Sequence[Row]:
    key = f"{folder or held.run.folder}/{keys.split_file(split)}"
    lines = step.runs.store.read(key).body.splitlines()
    if task in LIKELIHOOD_TASKS:
        return [LikelihoodRow.of(read_row(line)) for line in lines]
    return [msgspec.json.decode(line, type=Row) for line in lines]


def _asker(
    endpoint: str, recipe: Recipe, summary: TrainingSummary, examples: Sequence[Row]
) -> AskEndpoint:
    as_text = summary.tool_calls == "text"

    def asker(inference: Inference) -> AskOne:
        async def ask_one(model: str, row: Row) -> Answer:
            if model == "few_shot":
                model, row = "base", with_examples(row, examples)
            request = chat_request(recipe, model, row.prompt, row.tools, calls_as_text=as_text)
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
