"""Follows a dropped file through the pipeline, by reading what the product writes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.cli.progress import ProgressLines
from localcloud.cli.run_documents import STAGES, UNTIL
from localcloud.service import LocalCloudError

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.cli.drop import Drop
    from localcloud.cli.run_documents import Document, RunDocuments
    from localcloud.cli.training_log import TrainingLog

POLL_SECONDS = 0.5
SETTLED_SECONDS = 2.0
"""When no event was processed for this time, the product has handled the upload."""
EMAIL_SECONDS = 60.0
"""An email that is not sent within this time after the end of the run will not come."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """The run as it was when following ended."""

    run: Document
    joined: bool
    """Whether the run existed before the upload."""
    reached: bool
    """Whether the run has completed the stage."""


class Follower:
    """Polls the bucket until a stage is reached or the run has ended.

    Args:
        documents: the bucket's documents.
        training_log: the log of training jobs.
        idle_seconds: returns the seconds since an event was last processed.
        say: called with each line of progress.
    """

    def __init__(
        self,
        documents: RunDocuments,
        training_log: TrainingLog,
        idle_seconds: Callable[[], float],
        say: Callable[[str], None],
    ) -> None:
        self._documents = documents
        self._log = training_log
        self._idle_seconds = idle_seconds
        self._say = say

    def follow(self, drop: Drop, until: str) -> Followed:
        """Return when the stage is reached or the run has ended.

        Raises LocalCloudError when the upload started no run.
        """
        run_id, joined = self._find(drop)
        if joined:
            self._say(f"this content already has a run: {run_id}")
        lines = ProgressLines(self._say, self._log, UNTIL[until])
        while True:
            run = self._documents.run(drop.dataset, run_id)
            if run:
                lines.update(run)
                reached = _reached(run, UNTIL[until])
                if reached or run["status"] != "running":
                    return Followed(run=run, joined=joined, reached=reached)
            time.sleep(POLL_SECONDS)

    def wait_for_email(self, run: Document) -> str | None:
        """Return the message id of the run's email, or None when none comes."""
        self._say("waiting for the email")
        deadline = time.monotonic() + EMAIL_SECONDS
        while time.monotonic() < deadline:
            announced = self._documents.email(run)
            if announced and announced.get("message_id"):
                message_id: str = announced["message_id"]
                return message_id
            time.sleep(POLL_SECONDS)
        return None

    def _find(self, drop: Drop) -> tuple[str, bool]:
        """The id of the upload's run, and whether the run existed before the upload."""
        while True:
            pointer = self._documents.current(drop.dataset)
            if pointer and pointer["source"]["version_id"] == drop.version_id:
                return pointer["run"], False
            # The pointer names another version of the same content: a changed recipe has started a
            # run of it, or the upload joins its run.
            same = pointer and not drop.rerun and _same_content(pointer["source"], drop)
            if pointer and same and pointer["run"] != drop.run_before:
                return pointer["run"], False
            if self._idle_seconds() > SETTLED_SECONDS:
                if pointer and same:
                    return pointer["run"], True
                raise LocalCloudError(
                    f"no run was started for s3://{self._documents.bucket}/{drop.key}: the log of "
                    "the prepare function, in CloudWatch Logs, says why"
                )
            time.sleep(POLL_SECONDS)


def _same_content(source: dict[str, Any], drop: Drop) -> bool:
    return bool(source["etag"].strip('"') == drop.etag and source["size"] == drop.size)


def _reached(run: Document, stage: str) -> bool:
    if run["status"] == "succeeded":
        return True
    if stage == STAGES[-1]:
        return False  # the last stage is complete when the run has succeeded
    later = STAGES.index(run["stage"]) > STAGES.index(stage)
    return later or bool(run.get("stages", {}).get(stage, {}).get("ended"))
