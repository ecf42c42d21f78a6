"""Compose report.json: the judgement with the training, the cost and the lineage."""

import msgspec

from tunedrop.documents import keys
from tunedrop.documents.choices import Choice
from tunedrop.documents.dataset import Dataset
from tunedrop.documents.judgement import Judgement
from tunedrop.documents.report import Cost, Lineage, LossPoint, Report, TokenCount
from tunedrop.documents.run import Certainty, Run
from tunedrop.documents.trials import Probe, Trials
from tunedrop.jobs.endpoint import HostingSettings
from tunedrop.lifecycle.learning import learning_of
from tunedrop.lifecycle.trained import with_probe
from tunedrop.ports.store import MissingError
from tunedrop.recipe.schema import Recipe
from tunedrop.report.page import tokens_in_words
from tunedrop.runs.repository import Runs, now

REPORT_VERSION = 1
# The difference of the two counts that is reported, as a share of the job's count. Counts by the
# tokenizer are exact to 1%. Estimates from characters are off by a fifth in English, which the
# range of the price covers, and by much more in other scripts.
LARGE_DIFFERENCE = {"tokenizer": 0.05, "characters": 0.25}


class EvaluationSettings(msgspec.Struct):
    """The images that the report names, and what an endpoint is updated with."""

    training_image: str
    serving_image: str
    hosting: HostingSettings


class TrainingSummary(msgspec.Struct):
    """training_summary.json in the model artifact, written by the training job.

    `planned_steps` is more than `steps` when the training has stopped early.
    """

    steps: int = 0
    planned_steps: int = 0
    epochs: float = 0.0
    best_step: int = 0
    best_eval_loss: float | None = None
    eval_reward_margin: float | None = None
    eval_reward_accuracy: float | None = None
    first_loss: float | None = None
    last_loss: float | None = None
    train_rows: int = 0
    mixed_rows: int = 0
    train_tokens: int = 0
    tool_calls: str = "template"
    seconds: float = 0.0
    seed: int = 0
    precision: str | None = None
    packages: dict[str, str] = {}
    curve: list[LossPoint] = []
    probe: Probe | None = None


class Training(msgspec.Struct):
    """What is known of the training: its summary, its hyperparameters, and the trials, if any."""

    summary: TrainingSummary
    choices: list[Choice]
    trials: Trials | None = None


class ReportContext(msgspec.Struct, kw_only=True):
    """The facts about the run that the judgement does not contain.

    Attributes:
        dataset: the dataset's name, as dropped.
        run: the run's id.
        rows: where every row went, as in dataset.json ("in", "train", "test", …).
        training: figures of the training job by name (training_summary.json: steps, epochs,
            first_loss, last_loss, best_eval_loss, train_tokens, seconds, …).
        curve: the losses that the job logged; empty when unknown.
        learning: what the losses tell about the training, in words.
        tokens: of the training rows, counted by the job and estimated before; None if not counted.
        endpoint: its name.
        endpoint_kept: whether it stays after this evaluation.
        endpoint_expires: when it will be removed (ISO 8601, UTC), if it stays.
        warnings: those of the earlier stages.
        hyperparameters: those of the training, each with its reason.
        trials: the training jobs of the tuning job, if there was one.
        probe: the learning rates that the job tried first, if it did.
        learns: how the file was read, in one line.
        certainty: how sure that reading is.
        reuses: the run that trained the adapter, if this one did not.
        created: now (ISO 8601, UTC).
    """

    dataset: str
    run: str
    rows: dict[str, int]
    cost: Cost
    lineage: Lineage
    endpoint: str
    endpoint_kept: bool
    created: str
    endpoint_expires: str | None = None
    training: dict[str, float] = {}
    curve: list[LossPoint] = []
    tokens: TokenCount | None = None
    learning: list[str] = []
    warnings: list[str] = []
    hyperparameters: list[Choice] = []
    trials: Trials | None = None
    probe: Probe | None = None
    learns: str = ""
    certainty: Certainty = "certain"
    reuses: str | None = None


def read_summary(run: Run, runs: Runs) -> TrainingSummary:
    """Return the training job's summary; an empty one when the artifact has none."""
    body = artifact_file(run, runs, keys.TRAINING_SUMMARY)
    return msgspec.json.decode(body, type=TrainingSummary) if body else TrainingSummary()


def artifact_file(run: Run, runs: Runs, name: str) -> bytes | None:
    """Return a file of the run's model artifact, None when it has no such file."""
    artifact = run.links["artifact"].removeprefix(f"s3://{run.source.bucket}/")
    try:
        return runs.store.read(f"{artifact.rstrip('/')}/{name}").body
    except MissingError:
        return None


def compose_report(
    run: Run,
    dataset: Dataset,
    judgement: Judgement,
    known: Training,
    lineage: Lineage,
) -> Report:
    """Return the report: the judgement with the run's lineage, cost and endpoint."""
    summary = known.summary
    numbers = msgspec.to_builtins(summary)
    training = {k: float(v) for k, v in numbers.items() if isinstance(v, int | float)}
    tokens = _tokens(dataset, summary)
    context = ReportContext(
        dataset=run.dataset,
        run=run.run,
        rows=msgspec.to_builtins(dataset.rows),
        cost=_cost(run),
        lineage=lineage,
        endpoint=run.name,
        endpoint_kept=run.endpoint_expires is not None,
        endpoint_expires=run.endpoint_expires,
        created=now(),
        training=training,
        curve=summary.curve,
        tokens=tokens,
        learning=[
            *_continued(run),
            *_mixed(run, summary),
            *learning_of(summary, run.cost.usd if run.cost else None),
        ],
        warnings=[*run.warnings, *token_warnings(tokens)],
        hyperparameters=with_probe(known.choices, summary.probe),
        trials=known.trials,
        probe=summary.probe,
        learns=dataset.learns,
        certainty=dataset.columns.certainty,
        reuses=run.reuses,
    )
    return build_report(context, judgement)


def lineage_of(
    run: Run, recipe: Recipe, summary: TrainingSummary, settings: EvaluationSettings
) -> Lineage:
    """Return the versions and seeds that are needed to repeat the comparison."""
    return Lineage(
        source=f"s3://{run.source.bucket}/{run.source.key}",
        source_version=run.source.version_id,
        recipe=msgspec.to_builtins(recipe),
        base_model=recipe.model_name,
        training_image=settings.training_image,
        serving_image=settings.serving_image,
        packages=summary.packages,
        mixed=run.mixed,
        continues=run.continues.folder if run.continues else None,
        precision=summary.precision,
        seeds={
            "split": recipe.split.seed,
            "training": recipe.hyperparameters.seed,
            "generation": recipe.generation.seed,
        },
    )


def _continued(run: Run) -> list[str]:
    if run.continues is None:
        return []
    return [f"The training started from the adapter of {run.continues.folder}."]


def _mixed(run: Run, summary: TrainingSummary) -> list[str]:
    if not run.mixed or not summary.mixed_rows:
        return []
    rows = summary.train_rows + summary.mixed_rows
    told = f"Of the {rows:,} rows that the model was trained on, {summary.mixed_rows:,}"
    return [f"{told} were mixed in from {run.mixed}."]


def _tokens(dataset: Dataset, summary: TrainingSummary) -> TokenCount | None:
    if not summary.train_tokens:
        return None
    return TokenCount(summary.train_tokens, dataset.tokens.total, dataset.tokens.method)


def _cost(run: Run) -> Cost:
    return Cost(
        estimated_low_usd=run.estimate.low_usd if run.estimate else None,
        estimated_usd=run.estimate.high_usd if run.estimate else None,
        training_usd=run.cost.usd if run.cost else None,
        billable_seconds=run.cost.billable_seconds if run.cost else None,
        instance=run.estimate.instance if run.estimate else None,
    )


def build_report(context: ReportContext, judgement: Judgement) -> Report:
    """Return the report made of the judgement and its context."""
    known = {**msgspec.structs.asdict(context), **msgspec.structs.asdict(judgement)}
    known["warnings"] = list(dict.fromkeys([*context.warnings, *judgement.warnings]))
    return Report(version=REPORT_VERSION, **known)


def token_warnings(tokens: TokenCount | None) -> list[str]:
    """Return a warning when the two counts differ so much that the price estimate was wrong."""
    if tokens is None or abs(tokens.difference) <= LARGE_DIFFERENCE[tokens.method]:
        return []
    warning = (
        f"The training rows have {tokens_in_words(tokens)}: the price estimate was off by as much."
    )
    return [warning]
