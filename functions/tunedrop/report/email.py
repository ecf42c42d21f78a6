"""The email at the end of a run: the verdict, the reasons, the cost, and what to do."""

import msgspec

from tunedrop.documents.figures import duration, moment, usd
from tunedrop.documents.names import slug
from tunedrop.documents.run import Certainty, Failure, Run
from tunedrop.errors import CancelledError
from tunedrop.report import letter
from tunedrop.report.commands import delete_endpoint, download

WHERE = {
    "prepare": "while the dataset was prepared, before any training",
    "train": "in the training",
    "deploy": "while the endpoint was started, after the training",
    "evaluate": "in the evaluation, after the training",
}


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


def failure_email(run: Run, failure: Failure, links: Links) -> Email:
    """Return the email of a failed run: the error, what to do, and what still costs money."""
    where = WHERE.get(failure.stage, f"in the step {failure.stage!r}")
    file = run.source.key.rpartition("/")[2]
    rejected = f"{links.folder}dataset/rejected.jsonl" if run.rows.get("rejected") else None
    cancelled = failure.code == CancelledError.code
    did, title = ("was cancelled", "Why") if cancelled else ("failed", "What went wrong")
    subject = f"{did.rpartition(' ')[2]} in {failure.stage}: {failure.message}"
    return Email(
        letter.subject(f"{dataset_name(run.dataset)}: {subject}"),
        letter.body(
            (
                letter.paragraph(f"The run for {file} {did} {where}."),
                guess(run.learns, run.certainty),
                letter.section(title, letter.paragraph(failure.message)),
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
        kind = "tuning" if run.tuning else "training"
        return letter.paragraph(
            f"{spent} Nothing: the {kind} job {run.job} has ended or is being stopped, and there "
            "is no endpoint."
        )
    return "Nothing: no training job and no endpoint was started."
