"""How every run ends: one email is sent, and jobs and endpoints are removed.

`settle` does this. It can be called at any time and any number of times.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from tunedrop.documents import keys
from tunedrop.documents.report import Report
from tunedrop.documents.run import Run
from tunedrop.errors import StageError, TunedropError
from tunedrop.ports.services import Mail, SageMaker
from tunedrop.ports.store import ExistsError
from tunedrop.report.email import Email, Links, failure_email, success_email, unstarted_email
from tunedrop.runs.repository import Runs, now

# An email that was claimed this many seconds ago, but not recorded, was probably never sent.
UNRECORDED_SECONDS = 900.0


class Announcement(msgspec.Struct):
    """email/<attempt>.json: written before the email is published, completed afterwards."""

    claimed: float
    subject: str
    message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Everything that is needed to end a run."""

    runs: Runs
    sagemaker: SageMaker
    mail: Mail
    region: str

    def fail(self, folder: str, stage: str, error: TunedropError) -> None:
        """End a running run as failed, and settle it."""
        self.runs.fail(folder, stage, error)
        self.settle(folder)

    def report_unstarted(self, key: str, error: TunedropError) -> None:
        """Send an email about a drop that has no run; a letter that comes twice sends two."""
        email = unstarted_email(f"s3://{self.runs.store.name}/{key}", error, self.region)
        self.mail.publish(email.subject, email.body)

    def settle(self, folder: str) -> None:
        """Send the email of an ended run and release its resources; then remove its marker.

        Nothing is done for a running run.
        """
        run = self.runs.load(folder).run
        if run.status == "running":
            return
        if run.status != "superseded":
            self._announce(run)
        if not keeps_endpoint(run) and release(run, self.runs, self.sagemaker):
            self.runs.forget(run)

    def _announce(self, run: Run) -> None:
        """Claim the email, publish it, and record that it was sent.

        Only if the function is killed before the record is written can the email be sent twice.
        """
        key = f"{run.folder}/{keys.email(run.attempt)}"
        store = self.runs.store
        email = self._email(run)
        claim = Announcement(claimed=time.time(), subject=email.subject)
        try:
            etag = store.create(key, msgspec.json.encode(claim))
        except ExistsError:
            stored = store.read(key)
            before = msgspec.json.decode(stored.body, type=Announcement)
            if before.message_id or time.time() - before.claimed < UNRECORDED_SECONDS:
                return
            etag = store.replace(key, msgspec.json.encode(claim), stored.etag)
        self._warn_of(run, self.mail.unconfirmed())
        claim.message_id = self.mail.publish(email.subject, email.body)
        store.replace(key, msgspec.json.encode(claim), etag)

    def _email(self, run: Run) -> Email:
        root = f"s3://{run.source.bucket}/{run.folder}"
        if run.status == "failed" and run.error:
            links = Links(folder=f"{root}/", logs=run.links.get("logs"), region=self.region)
            return failure_email(run, run.error, links)
        report = self.runs.document(run, keys.REPORT, Report)
        return success_email(
            report,
            Links(
                folder=f"{root}/",
                report=f"{root}/{keys.REPORT_PAGE}",
                report_console=console_link(run, self.region),
                region=self.region,
            ),
        )

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
    """Stop the run's jobs and delete its endpoint; True when nothing is left.

    They are found by their names, because a function that was killed may have created resources
    that run.json does not contain. Only a processing job is always in run.json before it exists.
    """
    if run.processing:
        sagemaker.stop_processing_job(run.processing.job)
    sagemaker.stop_training_job(run.name)
    if not sagemaker.delete_endpoint(run.name):
        return False
    if run.endpoint:

        def removed(newest: Run) -> bool:
            newest.endpoint = newest.endpoint_expires = None
            return newest.attempt == run.attempt

        runs.update(run.folder, removed)
    return True


def supersede(folder: str, runs: Runs, sagemaker: SageMaker) -> None:
    """End a running run, without an email, because a newer source or recipe came."""

    def end(run: Run) -> bool:
        if run.status != "running":
            return False
        run.status, run.ended, run.lease, run.progress = "superseded", now(), None, None
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
