"""`python -m localcloud run FILE`: drops the file, follows its run and shows the result."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.aws.mail import find_mail, mail_text
from localcloud.cli.dataset_summary import dataset_text
from localcloud.cli.drop import DropFiles, drop
from localcloud.cli.follow import Follower
from localcloud.cli.run_documents import RunDocuments
from localcloud.cli.training_log import TrainingLog

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from localcloud.cli.follow import Followed
    from localcloud.cli.run_documents import Document
    from localcloud.stack.launcher import LocalCloud

    Say = Callable[[str], None]

REPORT = "report/report.html"
DATASET_PAGE = "dataset/dataset.html"
DATASET = "dataset/dataset.json"
PREPARED = "prepared"
"""The value of `--until` that checks the data and trains nothing."""
ENDED = ("succeeded", "failed", "asking")
"""The statuses for which the product sends an email; a run that asks waits for a recipe."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunResult:
    """The result of the command; `--json` prints it."""

    dataset: str
    run: str
    status: str
    reached: bool
    joined: bool
    folder: str
    """The local copy of the run's folder."""
    s3_uri: str
    report: str | None
    email: str | None
    """The .eml file."""
    dataset_page: str | None
    """dataset.html: how the file was read and what became of its rows."""

    @property
    def exit_code(self) -> int:
        """0 when the stage was reached, 1 when the run ended before."""
        return 0 if self.reached else 1


def run_file(cloud: LocalCloud, options: argparse.Namespace, say: Say) -> RunResult:
    """Drop the file and follow its run until the stage is reached or the run has ended."""
    documents = RunDocuments(cloud.client("s3"), cloud.bucket)
    dataset = options.dataset or options.file.stem
    before = _run_before(documents, dataset)
    cut_off = before is not None and before["status"] == "running"
    if before and cut_off:
        say(f"run {before['run']} was cut off when an earlier localcloud ended: starting a new run")
    files = DropFiles(
        dataset=dataset,
        file=options.file,
        recipe=options.recipe,
        rerun=options.force or cut_off,
    )
    dropped = drop(cloud.client("s3"), cloud.bucket, files, before["run"] if before else None)
    say(f"dropped {options.file} as s3://{cloud.bucket}/{dropped.key}; waiting for its run")
    follower = Follower(
        documents, TrainingLog(cloud.client("logs")), cloud.emulator.idle_seconds, say
    )
    followed = follower.follow(dropped, options.until)
    ended = followed.run["status"] in ENDED
    message_id = follower.wait_for_email(followed.run) if ended else None
    return _result(cloud, options, documents, followed, message_id)


def _run_before(documents: RunDocuments, dataset: str) -> Document | None:
    """The dataset's current run. If it is `running`, its jobs ended with an earlier localcloud."""
    pointer = documents.current(dataset)
    return documents.run(dataset, pointer["run"]) if pointer else None


def _result(
    cloud: LocalCloud,
    options: argparse.Namespace,
    documents: RunDocuments,
    followed: Followed,
    message_id: str | None,
) -> RunResult:
    run = followed.run
    name = f"{run['dataset']}/{run['run']}"
    folder: Path = options.out or cloud.settings.state_dir / "runs" / name
    documents.copy_run(run["dataset"], run["run"], folder)
    report, page = folder / REPORT, folder / DATASET_PAGE
    mail = find_mail(cloud.outbox, message_id) if message_id else None
    return RunResult(
        dataset=run["dataset"],
        run=run["run"],
        status=run["status"],
        reached=followed.reached,
        joined=followed.joined,
        folder=str(folder.resolve()),
        s3_uri=f"s3://{cloud.bucket}/runs/{name}/",
        report=str(report.resolve()) if report.exists() else None,
        email=str(mail.resolve()) if mail else None,
        dataset_page=str(page.resolve()) if page.exists() else None,
    )


def as_json(result: RunResult) -> str:
    """The result as one JSON object."""
    return json.dumps(asdict(result), indent=2)


def as_text(result: RunResult, until: str) -> str:
    """The email, or with `--until prepared` the dataset's summary, and the paths of all results."""
    lines = []
    if until == PREPARED and result.dataset_page:
        dataset = json.loads((Path(result.folder) / DATASET).read_text(encoding="utf-8"))
        lines += [dataset_text(dataset), "", f"dataset:    {result.dataset_page}"]
    elif result.email:
        lines += [mail_text(Path(result.email)), "", f"email:      {result.email}"]
    elif result.status in ENDED:
        lines += ["no email was sent", ""]
    lines += [f"report:     {result.report}"] if result.report else []
    lines += [f"run folder: {result.folder}"]
    return "\n".join(lines)
