"""The email at the end of a run: the verdict, the reasons, the cost, and what to do."""

from collections.abc import Iterable

import msgspec

from tunedrop.documents.figures import SCALES, Scale, duration, moment, p_value, usd
from tunedrop.documents.report import Comparison, Report
from tunedrop.documents.run import Certainty, Failure, Run, slug
from tunedrop.report import letter
from tunedrop.report.commands import ask_tuned, delete_endpoint, download

SUBJECTS = {
    "better": "the tuned model is better",
    "worse": "the tuned model is worse",
    "no_difference": "the tuned model is no better",
    "too_small_to_tell": "too few test rows to tell",
}
WHERE = {
    "prepare": "while the dataset was prepared, before any training",
    "train": "in the training",
    "deploy": "while the endpoint was started, after the training",
    "evaluate": "in the evaluation, after the training",
}
SENTENCES = 6  # Sentences of evidence in the email; the report has all of them.


class Email(msgspec.Struct, frozen=True):
    """An email as SNS publishes it; the subject is one line of at most 99 ASCII characters."""

    subject: str
    body: str


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """Where the reader finds more: s3:// URIs and, where there is one, a console address.

    `logs` is the name of a log group, `recipe` the URI of the dataset's recipe, `source` that of an
    upload. `region` is added to the commands when it is known.
    """

    folder: str
    report: str | None = None
    report_console: str | None = None
    logs: str | None = None
    recipe: str | None = None
    source: str | None = None
    region: str | None = None


def success_email(report: Report, links: Links) -> Email:
    """Return the email of a successful run: verdict, evidence, cost, and how to use the model."""
    metric = report.primary_metric
    base, tuned = report.base.metrics[metric].value, report.tuned.metrics[metric].value
    title, value = report.metrics[metric].title, SCALES[report.metrics[metric].scale].value
    return Email(
        letter.subject(
            f"{dataset_name(report.dataset)}: {SUBJECTS[report.verdict]}, {title} "
            f"{value(base)} -> {value(tuned)}"
        ),
        letter.body(
            (
                guess(report.learns, report.certainty),
                letter.paragraph(report.headline),
                letter.paragraph(report.gate.sentence if report.gate else ""),
                _figures(report),
                letter.section("Why", letter.bullets(report.sentences[:SENTENCES])),
                learnt(report.learns, report.certainty),
                letter.section("Read with care", letter.bullets(report.warnings)),
                letter.section("What it cost", _cost(report)),
                letter.section("The whole report", _report_at(links)),
                *_endpoint(report, links),
            )
        ),
    )


def failure_email(run: Run, failure: Failure, links: Links) -> Email:
    """Return the email of a failed run: the error, what to do, and what still costs money."""
    where = WHERE.get(failure.stage, f"in the step {failure.stage!r}")
    file = run.source.key.rpartition("/")[2]
    rejected = f"{links.folder}dataset/rejected.jsonl" if run.rows.get("rejected") else None
    return Email(
        letter.subject(
            f"{dataset_name(run.dataset)}: failed in {failure.stage}: {failure.message}"
        ),
        letter.body(
            (
                letter.paragraph(f"The run for {file} failed {where}."),
                guess(run.learns, run.certainty),
                letter.section("What went wrong", letter.paragraph(failure.message)),
                letter.section("The commonest problems", letter.problem_list(failure.problems)),
                letter.section(
                    "What to do", letter.paragraph(failure.remedy), _listed(rejected, links)
                ),
                learnt(run.learns, run.certainty),
                letter.section("What still costs money", _still_running(run, links)),
                letter.section(
                    "Where to look",
                    letter.facts(
                        (
                            ("File", f"s3://{run.source.bucket}/{run.source.key}"),
                            ("Dropped", moment(run.source.modified)),
                            ("Run", links.folder),
                            ("Rejected rows", rejected),
                            ("Log group", links.logs),
                        )
                    ),
                ),
            )
        ),
    )


def guess(learns: str, certainty: Certainty) -> str:
    """Return how the file was read, for the beginning of an email, unless it is certain."""
    if certainty == "certain" or not learns:
        return ""
    text = f"This is a guess ({certainty}). {learns}"
    return letter.section("How the file was read", letter.paragraph(text))


def learnt(learns: str, certainty: Certainty) -> str:
    """Return how the file was read if it is certain; else the email begins with it."""
    if certainty != "certain":
        return ""
    return letter.section("How the file was read", letter.paragraph(learns))


def _listed(rejected: str | None, links: Links) -> str:
    """Return how to fetch the rejected rows, if there are any."""
    if rejected is None:
        return ""
    text = "One file lists every rejected row with its line, its reason and its content:"
    return f"{letter.paragraph(text)}\n{download(rejected, links.region)}"


def dataset_name(dataset: str) -> str:
    """Return the dataset's name for a subject; names that are not ASCII become slugs."""
    return dataset if dataset.isascii() else slug(dataset)


def _figures(report: Report) -> str:
    """Return a table of both models and the baselines, with one column for each metric."""
    names = list(report.base.metrics)
    gaps = {each.metric: each for each in report.comparisons if each.rival == "base"}
    rivals = dict.fromkeys(each.name for each in report.baselines)
    scales = {name: SCALES[report.metrics[name].scale] for name in names}
    values = {
        (each.name, each.metric): scales[each.metric].value(each.value.value)
        for each in report.baselines
    }
    rows = [
        ["", *(report.metrics[name].title for name in names)],
        *(
            [title, *(scales[name].value(model.metrics[name].value) for name in names)]
            for title, model in (("Tuned model", report.tuned), ("Base model", report.base))
        ),
        *([rival, *(values[rival, name] for name in names)] for rival in rivals),
        [_gain_in(scales.values()), *(_gap(scales[name], gaps[name])[0] for name in names)],
        [
            f"  {report.confidence * 100:g}% interval",
            *(_gap(scales[name], gaps[name])[1] for name in names),
        ],
        ["  p value", *(p_value(gaps[name].p_value) for name in names)],
    ]
    return letter.table(rows)


def _gain_in(scales: Iterable[Scale]) -> str:
    """Return the name of the row with the gains, with their unit if all have the same."""
    units = {scale.unit for scale in scales}
    return f"Gain in {units.pop()}" if len(units) == 1 else "Gain"


def _gap(scale: Scale, comparison: Comparison) -> tuple[str, str]:
    """Return a gain and its interval."""
    gap = comparison.difference
    return scale.signed(gap.value), f"{scale.signed(gap.low)} to {scale.signed(gap.high)}"


def _cost(report: Report) -> str:
    cost = report.cost
    seconds = cost.billable_seconds
    billed = f", billed for {duration(seconds)}" if seconds is not None else ""
    on = f" on {cost.instance}" if cost.instance else ""
    stays = "billed by the hour until it is deleted" if report.endpoint_kept else "deleted"
    return letter.facts(
        (
            ("Training", f"{usd(cost.training_usd)}{on}{billed}"),
            ("Estimated", cost.estimate),
            ("Endpoint", stays),
        )
    )


def _report_at(links: Links) -> str:
    fetch = download(links.report, links.region) if links.report else None
    return letter.facts(
        (
            ("Browser", links.report_console),
            ("Report", links.report),
            ("Everything", links.folder),
            ("Fetch it", fetch),
        )
    )


def _endpoint(report: Report, links: Links) -> list[str]:
    """Return how to call the model and how to delete the endpoint, or that it is deleted."""
    if not report.endpoint_kept:
        text = (
            "The endpoint is being deleted, so this run causes no further costs. To keep the "
            "endpoint whatever the verdict, write `deploy: {keep: always}` in recipe.yaml."
        )
        return [letter.section("The endpoint", letter.paragraph(text))]
    until = f" on {moment(report.endpoint_expires)}" if report.endpoint_expires else " by hand only"
    ask = ask_tuned(report.endpoint, report.example, links.region) if report.example else ""
    return [
        letter.section("Ask the tuned model", ask),
        letter.section(
            "Stop paying",
            letter.paragraph(f"The endpoint will be deleted{until}. To delete it now:"),
            delete_endpoint(report.endpoint, links.region),
        ),
    ]


def _still_running(run: Run, links: Links) -> str:
    spent = ""
    if run.cost is not None:
        spent = f"The training was billed for {duration(run.cost.billable_seconds)}"
        spent += f" ({usd(run.cost.usd)})." if run.cost.usd is not None else "."
    if run.endpoint:
        return "\n".join(
            (
                letter.paragraph(
                    f"{spent} The endpoint {run.endpoint} is being deleted now. If it still exists "
                    "in an hour, delete it:"
                ),
                delete_endpoint(run.endpoint, links.region),
            )
        )
    if run.job:
        return letter.paragraph(
            f"{spent} Nothing: the training job {run.job} has ended or is being stopped, and there "
            "is no endpoint."
        )
    return "Nothing: no training job and no endpoint was started."
