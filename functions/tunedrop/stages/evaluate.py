"""Evaluate an endpoint in service: ask both models, write the report, send the email."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tunedrop.documents import keys
from tunedrop.documents.answers import Answer
from tunedrop.documents.dataset import LIKELIHOOD_TASKS, Dataset, Task
from tunedrop.documents.report import Judgement
from tunedrop.documents.rows import Row
from tunedrop.documents.run import Run, tuned_name
from tunedrop.evaluation.asking import MODELS, AskOne
from tunedrop.evaluation.few_shot import FewShot, examples_for, with_examples
from tunedrop.evaluation.judging import judge
from tunedrop.evaluation.reading import read_rows
from tunedrop.evaluation.repeats import repeat_of, repeated
from tunedrop.jobs.endpoint import chat_request
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
from tunedrop.lifecycle.trained import how_trained
from tunedrop.ports.services import Endpoint, Inference
from tunedrop.recipe.schema import Recipe
from tunedrop.report.page import render_page
from tunedrop.runs.repository import Held, encode, now


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
    recipe = runs.recipe(run)
    dataset = runs.document(run, keys.DATASET, Dataset)
    rows = repeated(_rows(held, step, "test", dataset.task), recipe.evaluate.repeats)
    summary = read_summary(run, runs)
    shown = _models_shown(run, recipe, endpoint)
    served = check_served(run, runs, inference, shown, calls_as_text=summary.tool_calls == "text")
    train = _rows(held, step, "train", dataset.task)
    trained = how_trained(run, runs)
    hyperparameters = trained.used.hyperparameters
    max_length = hyperparameters.max_length
    examples = examples_for(dataset, max_length, train, rows)
    if run.mixed:  # Rows that are mixed in may have the test rows among them.
        train = [*train, *_rows(held, step, "train", dataset.task, run.mixed)]
    if dataset.task in LIKELIHOOD_TASKS:
        asker = likelihood_asker(run.name, max_length)
    else:
        asker = _asker(run.name, recipe, summary, examples)
    models: Sequence[str] = (*MODELS, "few_shot") if examples else MODELS
    serves_base = "tuned" not in shown
    if serves_base:
        models = [each for each in models if each != "tuned"]
    asked = obtain_answers(held, step, rows, inference, asker, models)
    if serves_base and asked.is_complete:
        serve_tuned(run, recipe, hyperparameters, endpoint, step.sagemaker, settings.hosting)
    if serves_base or not asked.is_complete:
        step.finish(held, "evaluate")
        return serves_base and asked.is_complete
    answers = asked.answers()
    few_shot = FewShot(examples, answers.few_shot) if examples else None
    earlier = earlier_answers(run, dataset.task, runs)
    judgement = judge(dataset, rows, answers, recipe, train, few_shot, earlier)
    asking = judgement.asking
    asking.instance, asking.hourly_usd = hosting_price(recipe, runs.catalogue())
    run.endpoint_expires = _expiry(recipe, judgement)
    lineage = lineage_of(run, recipe, summary, settings)
    known = Training(summary, trained.used.choices, trained.trials)
    report = compose_report(run, dataset, judgement, known, lineage)
    report.served = served
    page = render_page(report).encode()
    runs.store.write(f"{run.folder}/{keys.REPORT_PAGE}", page, "text/html; charset=utf-8")
    runs.store.write(f"{run.folder}/{keys.REPORT}", encode(report), "application/json")
    run.verdict, run.status, run.ended = report.verdict, "succeeded", now()
    run.stages["evaluate"].ended = run.ended
    run.links["report"] = f"s3://{run.source.bucket}/{run.folder}/{keys.REPORT_PAGE}"
    step.finish(held, "evaluate")
    return False


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


def _asker(
    endpoint: str, recipe: Recipe, summary: TrainingSummary, examples: Sequence[Row]
) -> AskEndpoint:
    as_text = summary.tool_calls == "text"

    def asker(inference: Inference) -> AskOne:
        async def ask_one(model: str, row: Row) -> Answer:
            if model == "few_shot":
                model, row = "base", with_examples(row, examples)
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
