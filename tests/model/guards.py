"""The guards of docs/reliability.md, each with a way to remove it from the running product."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec
import pytest

from tests.model.faults import CallFault, EventFault
from tunedrop.aws.bucket import Bucket
from tunedrop.documents.run import Lease, Run, StageTimes
from tunedrop.lifecycle import ending, fetching, step
from tunedrop.lifecycle.announcement import Announcement, find_announcement
from tunedrop.lifecycle.ending import Ending
from tunedrop.lifecycle.step import Step
from tunedrop.ports.store import ChangedError
from tunedrop.runs.repository import Held, Runs, now
from tunedrop.stages import prepare, report_failure, sweep

Removal = Callable[[pytest.MonkeyPatch], None]


def without_conditions(patch: pytest.MonkeyPatch) -> None:
    """Conditional writes: every write succeeds, whatever was written since."""

    def replace(self: Bucket, key: str, body: bytes, etag: str) -> str:  # noqa: ARG001
        self.write(key, body, "application/json")
        return self.read(key).etag

    patch.setattr(Bucket, "replace", replace)


def without_lease(patch: pytest.MonkeyPatch) -> None:
    """Lease: everybody may work on a running run."""

    def claim(self: Runs, held: Held, stage: Any, lease: Lease) -> bool:
        if held.run.status != "running":
            return False
        held.run.lease, held.run.stage = lease, stage
        held.run.stages.setdefault(stage, StageTimes(started=now()))
        with suppress(ChangedError):
            self.save(held)
            return True
        return False

    patch.setattr(Runs, "claim", claim)


def without_execution(patch: pytest.MonkeyPatch) -> None:
    """Execution: two executions of a request take each other for themselves."""

    def is_ours(self: Step, run: Run) -> bool:
        return run.lease is not None and run.lease.owner == self.invocation.id

    patch.setattr(Step, "_is_ours", is_ours)


def without_pointer_look(patch: pytest.MonkeyPatch) -> None:
    """Pointer look: a step and sweep take every running run for the current one."""
    for module in (step, sweep):
        patch.setattr(module, "is_current", lambda _store, _run: True)
    patch.setattr(prepare, "supersede_run", lambda *_: None)


def without_marker(patch: pytest.MonkeyPatch) -> None:
    """Marker: it goes when the run ends, whatever is left."""
    release = ending.release

    def always(run: Run, runs: Runs, sagemaker: Any) -> bool:
        release(run, runs, sagemaker)
        return True

    patch.setattr(ending, "release", always)


def without_busy_until(patch: pytest.MonkeyPatch) -> None:
    """Busy until: a run forgets that a function was at work when it ended."""

    def end(self: Run, status: Any, ended: str, owner: str | None = None) -> None:  # noqa: ARG001
        self.status, self.ended = status, ended
        self.lease = self.progress = self.waiting = None

    patch.setattr(Run, "end", end)


def without_attempts(patch: pytest.MonkeyPatch) -> None:
    """Every attempt is released: only the newest one is."""

    def release(run: Run, runs: Runs, sagemaker: Any) -> bool:  # noqa: ARG001
        if run.status == "running":
            return True
        return ending.release_name(run.name, sagemaker) and time.time() >= run.busy_until

    for module in (ending, step, sweep):
        patch.setattr(module, "release", release)


def without_claim(patch: pytest.MonkeyPatch) -> None:
    """Claim: the email is published without one, and recorded afterwards."""

    def announce(key: str, store: Any, mail: Any, compose: Callable[[], Any]) -> bool:
        if find_announcement(key, store)[0]:
            return True
        email = compose()
        sent = mail.publish(email.subject, email.body)
        record = Announcement(claimed=0.0, subject=email.subject, message_id=sent)
        store.write(key, msgspec.json.encode(record), "application/json")
        return True

    patch.setattr(ending, "announce", announce)


def without_record(patch: pytest.MonkeyPatch) -> None:
    """The email is recorded before the marker goes: a claim is enough."""
    announce = Ending._announce

    def always(self: Ending, run: Run) -> bool:
        announce(self, run)
        return True

    patch.setattr(Ending, "_announce", always)


def without_comparison(patch: pytest.MonkeyPatch) -> None:
    """Dead letters are compared: each ends the run that it finds."""
    patch.setattr(report_failure, "_stops", lambda *_: True)


def without_beginning(patch: pytest.MonkeyPatch) -> None:
    """Begun by: a dead letter of any invocation ends the run."""
    patch.setattr(report_failure, "_began", lambda *_: True)


def without_sweep(patch: pytest.MonkeyPatch) -> None:
    """Sweep: nobody comes back."""
    patch.setattr("sweep.app.sweep", lambda *_: [])


def without_second_look(patch: pytest.MonkeyPatch) -> None:
    """Recipe again: the recipe is read once, before the pointer moves."""
    patch.setattr(prepare, "_has_recipe", lambda *_: True)


def without_lost_drops(patch: pytest.MonkeyPatch) -> None:
    """Lost drops: sweep looks at runs only."""
    patch.setattr(sweep, "lost_drops", lambda _runs: [])


def without_another_job(patch: pytest.MonkeyPatch) -> None:
    """Another job: the first one that could not fetch the base model ends the run."""
    patch.setattr(fetching, "_may_pass", lambda *_: False)


def without_cancel_again(patch: pytest.MonkeyPatch) -> None:
    """Cancel again: only the event of `cancel` ends a run."""
    patch.setattr(prepare, "refuse_if_cancelled", lambda *_: None)


class Guard(NamedTuple):
    """How a guard is removed, and what then breaks a promise: a fault at each call of an operation.

    `operation` is part of the call's operation and key.

    Without a fault, the scenario alone does. Events have the fault one after the other; with both
    kinds of faults, each event is combined with each call.
    """

    remove: Removal
    scenario: str
    operation: str = ""
    call: CallFault | None = None
    event: EventFault | None = None


GUARDS: Mapping[str, Guard] = {
    "conditional writes": Guard(
        without_conditions, "three drops", operation="current.json", call="stall"
    ),
    "lease": Guard(without_lease, "one drop", event="twice"),
    "execution": Guard(without_execution, "one drop", event="same id twice"),
    "pointer look": Guard(without_pointer_look, "two drops"),
    "marker": Guard(without_marker, "two drops, late"),
    "busy until": Guard(
        without_busy_until, "two drops, late", operation="create_endpoint_config", call="race"
    ),
    "recipe again": Guard(
        without_second_look, "doubtful file, answered", operation="current.json", call="race"
    ),
    "every attempt is released": Guard(without_attempts, "recipe there and back"),
    "claim": Guard(without_claim, "bad input", operation="publish", call="stall", event="twice"),
    "record": Guard(without_record, "one drop", operation="publish", call="error"),
    "dead letters are compared": Guard(without_comparison, "one drop", event="twin dies"),
    "begun by": Guard(
        without_beginning, "one drop", operation="run.json", call="hang", event="twin dies"
    ),
    "another job": Guard(
        without_another_job, "hub model", operation="upload_file models/", call="kill"
    ),
    "sweep": Guard(without_sweep, "keep"),
    "lost drops": Guard(without_lost_drops, "one drop", event="lost"),
    "cancel again": Guard(without_cancel_again, "cancelled at once"),
}
