"""The one email at the end of a run."""

import msgspec

from tunedrop.report.document import Report
from tunedrop.run import Failure, Run


class Email(msgspec.Struct, frozen=True):
    """What SNS publishes: the subject is ASCII, one line, under 100 characters."""

    subject: str
    body: str


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """Where a reader finds the rest: s3:// URIs, console addresses where there are any."""

    folder: str
    report: str | None = None
    report_console: str | None = None
    logs: str | None = None
    region: str | None = None


def success_email(report: Report, links: Links) -> Email:
    """Say the verdict, the evidence, the cost, and how to use or remove the model."""
    raise NotImplementedError


def failure_email(run: Run, failure: Failure, links: Links) -> Email:
    """Say what went wrong, where, what to do, and what still costs money."""
    raise NotImplementedError
