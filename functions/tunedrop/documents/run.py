"""run.json: the state of one run, and the names derived from it."""

from typing import Literal

import msgspec

from tunedrop.documents import keys
from tunedrop.documents.names import resource_name
from tunedrop.errors import Problem

Stage = Literal["prepare", "train", "deploy", "evaluate"]
Status = Literal["running", "asking", "succeeded", "failed", "superseded"]
UNENDED: tuple[Status, ...] = ("running", "asking")
Certainty = Literal["certain", "probable", "doubtful"]
"""How sure the reading of a file is: docs/data.md lists the rules."""

STAGES: tuple[Stage, ...] = ("prepare", "train", "deploy", "evaluate")
# The tags of all jobs, models and endpoints. The roles of template.yaml refer to the first.
STACK_TAG, RUN_TAG = "tunedrop:stack", "tunedrop:run"


class Part(msgspec.Struct):
    """One file of a dropped folder."""

    key: str
    version_id: str
    checksum: str
    size: int


class Source(msgspec.Struct):
    """The dropped file; `size` is in bytes.

    `checksum` identifies the content, `version_id` the upload. For a dropped folder, `key` is its
    _SUCCESS and `parts` are its files.
    """

    bucket: str
    key: str
    version_id: str
    etag: str
    checksum: str
    size: int
    modified: str
    parts: list[Part] = []


class StageTimes(msgspec.Struct):
    """When a stage started and ended (ISO 8601, UTC)."""

    started: str
    ended: str | None = None


class Lease(msgspec.Struct):
    """Who may work on the run until `expires` (epoch seconds).

    `owner` is the invocation's request id, or the name of a processing job. Lambda may execute one
    request twice, even at the same time; `execution` tells the executions apart.
    """

    owner: str
    expires: float
    execution: str = ""


class Waiting(msgspec.Struct):
    """Since when (ISO 8601, UTC) the run waits for a free instance, and what AWS said."""

    since: str
    reason: str


class Progress(msgspec.Struct):
    """The progress of a stage: `done` of `total`, counted in `unit`s."""

    done: int
    total: int
    unit: str


class Failure(msgspec.Struct):
    """Why the run failed: `code` names the kind of error, `remedy` says what to do.

    `problems` are the kinds of bad rows that led to it, the most frequent first.
    """

    stage: str
    code: str
    message: str
    remedy: str
    problems: list[Problem] = []


class CostEstimate(msgspec.Struct):
    """The estimated US dollars and hours of the training, as a range.

    The job is stopped after `cap_hours`. It is not started when `low_usd` is above `budget_usd` or
    `low_hours` is above the cap. `basis` explains how the figures were computed.
    """

    low_usd: float
    high_usd: float
    low_hours: float
    high_hours: float
    cap_hours: float
    instance: str
    budget_usd: float | None = None
    basis: str = ""

    @property
    def is_over_budget(self) -> bool:
        """Whether even the low estimate costs more than the recipe allows."""
        return self.budget_usd is not None and self.low_usd > self.budget_usd

    @property
    def is_over_time(self) -> bool:
        """Whether even the low estimate is longer than the job may run."""
        return self.low_hours > self.cap_hours


class ActualCost(msgspec.Struct):
    """The billed seconds of the training job, and US dollars where the price is known."""

    billable_seconds: int
    usd: float | None


class Processing(msgspec.Struct):
    """The processing job that prepares the run, and why the function does not do it."""

    job: str
    instance: str
    reason: str


class Continued(msgspec.Struct):
    """The folder of the run whose adapter the training starts from, and that adapter's S3 URI."""

    folder: str
    artifact: str


class Fetching(msgspec.Struct):
    """The job that fetches the run's base model. `tries` counts the jobs it has waited for."""

    job: str
    model: str
    tries: int = 1


class Run(msgspec.Struct, kw_only=True):
    """run.json, version 1.

    `stage` is the step that is being done or waited for. A run whose status is `asking` waits for a
    recipe until `answer_until`. `learns` says in one line how the file was read. `attempt` is part
    of the names of the job and the endpoint; it is raised only when the run or its processing job
    has ended. `nudges` counts how often `sweep` called each function because an event was lost, and
    how often a processing job was tried again.

    `previous` is the dataset's run that counted before. `afresh` tells that the upload asked for a
    new run even of the same content, `reuses` which run trained the adapter if this one did not.
    `mixed` is the folder of the run whose training rows are mixed in, `continues` the run whose
    adapter the training starts from.

    `tuning` says that the job is a tuning job, whose training jobs have names of their own.

    `begun_by` is the request id of the invocation that began the stage last, until it is finished.
    Only a dead letter of that invocation ends the run.

    Attempts up to the number `released` have left nothing behind. A function that worked on an
    attempt when it was ended may create something until `busy_until` (epoch seconds).
    """

    version: int = 1
    run: str
    dataset: str
    generation: int
    source: Source
    recipe_digest: str
    stage: Stage = "prepare"
    status: Status = "running"
    attempt: int = 1
    created: str
    ended: str | None = None
    stages: dict[str, StageTimes] = {}
    lease: Lease | None = None
    begun_by: str | None = None
    busy_until: float = 0.0
    released: int = 0
    waiting: Waiting | None = None
    progress: Progress | None = None
    learns: str = ""
    certainty: Certainty = "certain"
    answer_until: str | None = None
    rows: dict[str, int] = {}
    fetching: Fetching | None = None
    previous: str | None = None
    afresh: bool = False
    reuses: str | None = None
    processing: Processing | None = None
    mixed: str | None = None
    continues: Continued | None = None
    job: str | None = None
    tuning: bool = False
    endpoint: str | None = None
    endpoint_expires: str | None = None
    estimate: CostEstimate | None = None
    cost: ActualCost | None = None
    error: Failure | None = None
    verdict: str | None = None
    warnings: list[str] = []
    links: dict[str, str] = {}
    nudges: dict[str, int] = {}

    @property
    def name(self) -> str:
        """The name of this attempt's jobs, model and endpoint."""
        return self.name_of(self.attempt)

    def name_of(self, attempt: int) -> str:
        """Return the name of an attempt's jobs, model and endpoint."""
        return resource_name(self.dataset, self.run, attempt)

    def end(self, status: Status, ended: str, owner: str | None = None) -> None:
        """End the run now.

        A lease of another owner than `owner` tells that a function is still at work. A processing
        job creates nothing, so its lease does not matter.
        """
        lease, job = self.lease, self.processing.job if self.processing else None
        if lease and lease.owner not in (owner, job):
            self.busy_until = max(self.busy_until, lease.expires)
        self.status, self.ended = status, ended
        self.lease = self.progress = self.waiting = None

    def ask(self, answer_until: str) -> None:
        """Let the run wait for a recipe until this time; the step that holds the lease ends."""
        self.status, self.answer_until = "asking", answer_until
        self.lease = self.progress = self.waiting = None

    @property
    def folder(self) -> str:
        """The run's key prefix, without a slash at the end."""
        return keys.run_folder(self.dataset, self.run)


def resource_tags(run: Run, stack: str) -> list[dict[str, str]]:
    """Return the tags of the run's jobs, model and endpoint, as AWS's requests have them."""
    return [{"Key": STACK_TAG, "Value": stack}, {"Key": RUN_TAG, "Value": run.run}]
