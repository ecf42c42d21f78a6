"""Evaluate an endpoint in service: ask both models, write the report, send the email."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from tunedrop.documents import keys
from tunedrop.documents.answers import Answer, Answers
from tunedrop.documents.dataset import Dataset
from tunedrop.documents.report import Judgement
from tunedrop.documents.rows import Row
from tunedrop.evaluation.asking import MODELS, AskOne, Model, ask
from tunedrop.evaluation.few_shot import FewShot, examples_for, with_examples
from tunedrop.evaluation.judging import judge
from tunedrop.jobs.endpoint import chat_request
from tunedrop.lifecycle.ending import Ending
from tunedrop.lifecycle.reporting import (
    EvaluationSettings,
    TrainingSummary,
    compose_report,
    lineage_of,
    read_summary,
)
from tunedrop.lifecycle.step import ProgressWriter, Step, StepResult
from tunedrop.ports.services import Inference
from tunedrop.recipe.schema import Recipe
from tunedrop.report.page import render_page
from tunedrop.runs.repository import Held, encode, now

CONCURRENCY = 32  # Requests to the endpoint at the same time.
SPARE_SECONDS = 60.0  # Reserved at the end of the function's time for the report and the email.


def evaluate(
    endpoint: str,
    step: Step,
    inference: Inference,
    ending: Ending,
    settings: EvaluationSettings,
) -> StepResult:
    """Ask both models, write the report, send the email, and keep or delete the endpoint."""
    held = step.runs.find(endpoint)
    if held is None:
        return StepResult("ignored: not an endpoint of a run that counts")
    run = held.run
    if run.status != "running":  # The email may still have to be sent.
        ending.settle(run.folder)
        return StepResult("settled", run.folder)
    found = step.sagemaker.endpoint(endpoint)
    if found is None or found.status != "InService" or run.stage not in ("deploy", "evaluate"):
        return StepResult("nothing to do", run.folder)
    with step.claimed(held, "evaluate") as ours:
        if ours:
            _evaluate(held, step, inference, settings)
    if ours:
        ending.settle(run.folder)
    return step.result(run.folder, "evaluated") if ours else StepResult("nothing to do", run.folder)


def _evaluate(held: Held, step: Step, inference: Inference, settings: EvaluationSettings) -> None:
    run, runs = held.run, step.runs
    run.stages["deploy"].ended = run.stages["evaluate"].started
    recipe = runs.recipe(run)
    dataset = runs.document(run, keys.DATASET, Dataset)
    rows = _rows(held, step, "test")
    train = _rows(held, step, "train")
    summary = read_summary(run, runs)
    examples = examples_for(dataset, recipe, train, rows)
    ask_one = _asker(run.name, recipe, inference, summary, examples)
    answers = _answers(held, step, ask_one, rows, (*MODELS, "few_shot") if examples else MODELS)
    few_shot = FewShot(examples, answers.few_shot) if examples else None
    judgement = judge(dataset, rows, answers, recipe, train, few_shot)
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


def _rows(held: Held, step: Step, split: str) -> list[Row]:
    key = f"{held.run.folder}/{keys.split_file(split)}"
    lines = step.runs.store.read(key).body.splitlines()
    return [msgspec.json.decode(line, type=Row) for line in lines]


def _answers(
    held: Held, step: Step, ask_one: AskOne, rows: list[Row], models: Sequence[Model]
) -> Answers:
    return ask(
        rows,
        ask_one,
        models=models,
        concurrency=CONCURRENCY,
        progress=ProgressWriter(held, step, "answers"),
        deadline_seconds=max(1.0, step.invocation.seconds - SPARE_SECONDS),
    )


def _asker(
    endpoint: str,
    recipe: Recipe,
    inference: Inference,
    summary: TrainingSummary,
    examples: Sequence[Row],
) -> AskOne:
    as_text = summary.tool_calls == "text"

    def ask_one(model: Model, row: Row) -> Answer:
        if model == "few_shot":
            model, row = "base", with_examples(row, examples)
        request = chat_request(recipe, model, row.prompt, row.tools, calls_as_text=as_text)
        return inference.chat(endpoint, request)

    return ask_one


def _expiry(recipe: Recipe, judgement: Judgement) -> str | None:
    """Return when the endpoint is to be deleted (ISO 8601, UTC); None for at once."""
    keep = recipe.deploy.keep
    if keep == "never" or (keep == "if_better" and not judgement.passed_gate):
        return None
    until = datetime.now(UTC) + timedelta(hours=recipe.deploy.ttl_hours)
    return until.isoformat(timespec="seconds")
