"""How every run ends: one email is sent, and jobs and endpoints are removed.

`settle` does this. It can be called at any time and any number of times.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote

from tunedrop.documents import keys
from tunedrop.documents.dataset import Dataset
from tunedrop.documents.question import Question
from tunedrop.documents.report import Report
from tunedrop.documents.run import UNENDED, Run
from tunedrop.errors import StageError, TunedropError, UnansweredError
from tunedrop.lifecycle.announcement import announce
from tunedrop.lifecycle.dropped import recipe_key
from tunedrop.lifecycle.index import list_run
from tunedrop.ports.sagemaker import SageMaker
from tunedrop.ports.services import Mail, Measures
from tunedrop.ports.store import Listed
from tunedrop.report.email import Email, Links, failure_email
from tunedrop.report.question_email import prepared_email, question_email
from tunedrop.report.success_email import success_email
from tunedrop.report.unstarted_email import unstarted_email
from tunedrop.runs.repository import Runs, now

UPLOAD_DIGEST = 16  # Hex digits that tell two uploads apart.


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Everything that is needed to end a run."""

    runs: Runs
    sagemaker: SageMaker
    mail: Mail
    measures: Measures
    region: str

    def fail(self, folder: str, stage: str, error: TunedropError) -> None:
        """End a running run as failed, and settle it."""
        self.runs.fail(folder, stage, error)
        self.settle(folder)

    def expire(self, run: Run) -> None:
        """End a run that nobody has answered as failed, and settle it."""
        file = run.source.key.rpartition("/")[2]
        error = UnansweredError(
            f"Nobody said how {file} is to be read, so nothing was trained.",
            f"Drop a recipe.yaml that names the columns as {recipe_key(run.source.key)}; it starts "
            "the run. The earlier email about this file has one for each reading.",
        )
        self.runs.fail(run.folder, "prepare", error, statuses=("asking",))
        self.settle(run.folder)

    def report_unstarted(self, upload: Listed, reason: str) -> None:
        """Send an email about an upload for which no run could be started, once.

        Raises StageError while another invocation may be sending it, so that the dead letter comes
        again.
        """
        uri = f"s3://{self.runs.store.name}/{upload.key}"
        named = f"{upload.key}\n{upload.etag}\n{upload.modified}"
        key = keys.unstarted(sha256(named.encode()).hexdigest()[:UPLOAD_DIGEST])
        email = unstarted_email(uri, reason, self.region)
        if not announce(key, self.runs.store, self.mail, lambda: email):
            raise gave_up("report_failure", "another invocation may be sending the email")

    def settle(self, folder: str) -> None:
        """Send the email of an ended run and release its resources; then remove its marker.

        The marker stays until the email is recorded and nothing is left, so that `sweep` comes
        back. A failing email does not keep the endpoint alive. Nothing is done for a running run,
        and for one that asks only the email is sent.
        """
        run = self.runs.load(folder).run
        if run.status == "running":
            return
        if run.status == "asking":
            self._announce(run)
            return
        released = False
        try:
            told = run.status == "superseded" or self._announce(run)
        finally:
            if not keeps_endpoint(run):
                released = release(run, self.runs, self.sagemaker)
        if told and released:
            self.runs.forget(run)

    def _announce(self, run: Run) -> bool:
        """Send the email of a run once; True when it is recorded."""
        asks = run.status == "asking"
        name = keys.question_email(run.attempt) if asks else keys.email(run.attempt)
        key = f"{run.folder}/{name}"
        return announce(key, self.runs.store, self.mail, lambda: self._composed(run))

    def _composed(self, run: Run) -> Email:
        """Return the email, after the run was listed and its unconfirmed readers were noted.

        An ended run is counted too, again when its email has to be sent again.
        """
        report = self._report(run)
        email = self._email(run, report)
        if run.status != "asking":
            list_run(run, report, self.runs.store)
            self.measures.run_ended(run)
        self._warn_of_unconfirmed(run)
        return email

    def _report(self, run: Run) -> Report | None:
        """Return the report; None of a run that failed, asks, or was only to be prepared."""
        if run.status in ("failed", "asking") or run.stage == "prepare":
            return None
        return self.runs.document(run, keys.REPORT, Report)

    def _email(self, run: Run, report: Report | None) -> Email:
        root = f"s3://{run.source.bucket}/{run.folder}"
        if run.status == "failed" and run.error:
            links = Links(folder=f"{root}/", logs=run.links.get("logs"), region=self.region)
            return failure_email(run, run.error, links)
        recipe = f"s3://{run.source.bucket}/{recipe_key(run.source.key)}"
        links = Links(folder=f"{root}/", region=self.region, recipe=recipe)
        if run.status == "asking":
            return question_email(run, self.runs.document(run, keys.QUESTION, Question), links)
        if report is None:  # The recipe says stop_after: prepare.
            return prepared_email(run, self.runs.document(run, keys.DATASET, Dataset), links)
        return success_email(
            report,
            Links(
                folder=f"{root}/",
                report=f"{root}/{keys.REPORT_PAGE}",
                report_console=console_link(run, self.region),
                region=self.region,
            ),
        )

    def _warn_of_unconfirmed(self, run: Run) -> None:
        """Add a warning to run.json. The email matters more: no error of this is raised."""
        with suppress(Exception):
            self._warn_of(run, self.mail.unconfirmed())

    def _warn_of(self, run: Run, unconfirmed: Sequence[str]) -> None:
        warnings = [
            f"{address} has not confirmed its subscription and gets no email: "
            "the link is in the message that AWS sent there."
            for address in unconfirmed
        ]

        def add(newest: Run) -> bool:
            missing = [text for text in warnings if text not in newest.warnings]
            newest.warnings = [*newest.warnings, *missing]
            return bool(missing)

        if warnings:
            self.runs.update(run.folder, add)


def console_link(run: Run, region: str) -> str:
    """Return the address of the report in the S3 console."""
    return (
        f"https://{region}.console.aws.amazon.com/s3/object/{run.source.bucket}"
        f"?region={region}&prefix={quote(f'{run.folder}/{keys.REPORT_PAGE}')}"
    )


def keeps_endpoint(run: Run) -> bool:
    """Return whether the run's endpoint stays for now; ISO 8601 times in UTC sort as text."""
    return (
        run.status == "succeeded"
        and run.endpoint_expires is not None
        and now() < run.endpoint_expires
    )


def release(run: Run, runs: Runs, sagemaker: SageMaker) -> bool:
    """Stop the jobs and delete the endpoints of the run's ended attempts.

    Returns True when nothing is left and nothing can come any more. Resources are found by their
    names, because a function that was killed may have created some that run.json does not contain.
    A function that is still at work may create an endpoint at any moment, so configs and models
    stay until its lease is over.
    """
    is_busy = time.time() < run.busy_until
    last = run.attempt - 1 if run.status in UNENDED else run.attempt
    attempts = range(run.released + 1, last + 1)
    names = [run.name_of(attempt) for attempt in attempts]
    gone = [release_name(name, sagemaker, alone=is_busy) for name in names]
    if not all(gone) or is_busy:
        return False

    def removed(newest: Run) -> bool:
        if newest.attempt != run.attempt or newest.busy_until > run.busy_until:
            return False
        newest.released = last
        if newest.status not in UNENDED:
            newest.endpoint = newest.endpoint_expires = None
        return True

    if attempts:
        runs.update(run.folder, removed)
    return True


def release_name(name: str, sagemaker: SageMaker, *, alone: bool = False) -> bool:
    """Stop the jobs and delete the endpoint of an attempt; True when all are gone or stopping.

    With `alone`, the endpoint's configs and models stay.
    """
    sagemaker.stop_processing_job(name)
    sagemaker.stop_tuning_job(name)
    sagemaker.stop_training_job(name)
    return sagemaker.delete_endpoint(name, alone=alone)


def supersede(folder: str, runs: Runs, sagemaker: SageMaker, owner: str | None = None) -> None:
    """End a run that is running or asks, without an email, because something newer came.

    `owner` is the invocation's id if a step ends its own run.
    """

    def end(run: Run) -> bool:
        if run.status not in UNENDED:
            return False
        run.end("superseded", now(), owner)
        return True

    run = runs.update(folder, end).run
    if run.status == "superseded" and release(run, runs, sagemaker):
        runs.forget(run)


def gave_up(stage: str, reason: str) -> StageError:
    """Return the error of a run whose function failed repeatedly."""
    return StageError(
        f"The {stage} function gave up: {reason}",
        f"Read the log group of the {stage} function; then drop the file again to try again.",
    )
