"""What is promised of every schedule, checked against the world at its end.

docs/reliability.md says the same in words.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

from tests.model.aws.s3 import Version
from tests.model.scenarios import Scenario
from tests.model.world import World

FEW = 2  # Faults that a run survives: Lambda tries each event three times.
SWEEP_DELAY = 2_400.0  # An expired endpoint is gone within this many seconds: two sweeps and more.
DELAYS = ("stall", "stall after", "race", "race after")
LATE_WORK = 200.0  # A function that looked at the pointer before it moved may create until then.
FOLDER = re.compile(r"runs/[\w-]+/[0-9a-f]{12}(?=/)")


def broken(world: World, scenario: Scenario) -> list[str]:
    """Return the promises that are broken now, in words."""
    return [
        *_left_over(world),
        *_unfinished(world),
        *_drops(world, scenario),
        *_emails(world),
        *_jobs(world, scenario),
        *_kept_endpoints(world),
        *_old_work(world),
        *_at_once(world),
        *world.sagemaker.mistakes,
    ]


def runs_of(world: World) -> dict[str, dict[str, Any]]:
    """Return every run.json by its folder."""
    keys = [key for key in world.s3.keys("runs/") if key.endswith("/run.json")]
    return {key.removesuffix("/run.json"): read(world, key) for key in keys}


def read(world: World, key: str) -> dict[str, Any]:
    """Return a document, or an empty one."""
    version = world.s3.current(key)
    found: dict[str, Any] = json.loads(version.body or b"{}") if version else {}
    return found


def _left_over(world: World) -> Iterator[str]:
    """Nothing is left running, and nothing that bills or that sweep would look at for ever."""
    sagemaker = world.sagemaker
    for kind, jobs in (
        ("training", sagemaker.training_jobs),
        ("processing", sagemaker.processing_jobs),
    ):
        for job in jobs.values():
            if job.status in ("InProgress", "Stopping"):
                yield f"left: the {kind} job {job.name}, {job.status}"
    for kind, names in (
        ("endpoint", sagemaker.endpoints),
        ("endpoint config", sagemaker.configs),
        ("model", sagemaker.models),
    ):
        for name in names:
            yield f"left: the {kind} {name}"
    asking = {each["run"] for each in runs_of(world).values() if each["status"] == "asking"}
    for key in world.s3.keys("runs/_active/"):
        if key.removeprefix("runs/_active/") not in asking:
            yield f"left: the marker {key}"


def _unfinished(world: World) -> Iterator[str]:
    for folder, run in runs_of(world).items():
        if run["status"] == "running":
            yield f"unfinished: {folder} still waits for {run['stage']}"
        pointer = read(world, f"runs/{run['dataset']}/current.json")
        if run["status"] == "asking" and pointer.get("run") != run["run"]:
            yield f"unfinished: {folder} asks although it does not count"


def _drops(world: World, scenario: Scenario) -> Iterator[str]:
    """The newest upload of each dataset counts, and ends in the expected way."""
    newest: dict[str, list[tuple[str, Version]]] = {}
    for key, version in world.drops:
        if "/" not in key:
            yield from _misplaced(world, key)
            continue
        name = key.split("/")[-1]
        in_folder = key.count("/") > 2
        if name != "recipe.yaml" and (name == "_SUCCESS" or not in_folder):
            newest.setdefault(key.split("/")[1], []).append((key, version))
    for dataset, drops in newest.items():
        last = int(max(version.modified for _, version in drops))
        candidates = [drop for drop in drops if int(drop[1].modified) == last]
        yield from _newest(world, scenario, dataset, candidates)


def _newest(
    world: World, scenario: Scenario, dataset: str, drops: list[tuple[str, Version]]
) -> Iterator[str]:
    pointer = read(world, f"runs/{dataset}/current.json")
    alarmed = json.dumps(world.functions.alarms)
    if not pointer:
        if not any(key in alarmed for key, _ in drops):
            yield f"silent: {dataset} was dropped and has no run, email or alarm"
        return
    source = pointer["source"]
    versions = [version.id for _, version in drops]
    checksums = [_checksum(version) for _, version in drops]
    if source["version_id"] not in versions and source["checksum"] not in checksums:
        if not any(key in alarmed for key, _ in drops):
            yield f"old: {dataset} counts version {source['version_id']}, newest are {versions}"
        return
    folder = f"runs/{dataset}/{pointer['run']}"
    if source["version_id"] not in versions and not _is_told(world, f"{folder}/email/again-"):
        yield f"silent: {dataset} was dropped again, and no email names {folder}"
    run = read(world, f"{folder}/run.json")
    if not run:
        yield f"silent: {folder} counts and does not exist"
        return
    yield from _outcome(world, scenario, folder, run)


def _misplaced(world: World, key: str) -> Iterator[str]:
    """A file at the top of the bucket has one email."""
    if not _is_told(world, "runs/_misplaced/email/"):
        yield f"silent: {key} is in no dataset's folder, and no email was recorded"


def _is_told(world: World, prefix: str) -> bool:
    """Return whether an email was recorded below a prefix."""
    return any(read(world, key).get("message_id") for key in world.s3.keys(prefix))


def _outcome(world: World, scenario: Scenario, folder: str, run: dict[str, Any]) -> Iterator[str]:
    status, error = run["status"], run.get("error") or {}
    if status in ("superseded", "running"):
        yield f"silent: {folder} counts and is {status}"
        return
    name = f"{run['attempt']}-question" if status == "asking" else run["attempt"]
    record = read(world, f"{folder}/email/{name}.json")
    if not record.get("message_id"):
        yield f"silent: {folder} {status} and no email was recorded"
    unasked = "failed" if scenario.code else "succeeded"
    expected = "asking" if scenario.asks else unasked
    if (status, error.get("code")) != (expected, scenario.code) and not _excused(world, error):
        yield f"unhealthy: {folder} {status}: {error.get('message')}"


def _excused(world: World, error: dict[str, Any]) -> bool:
    """Return whether so much went wrong that a run may fail."""
    kinds = [kind for kind, _, _ in world.hit]
    in_job = any(who == "job" for _, who, _ in world.hit)
    if in_job and error.get("code") in ("processing", "stage"):
        return True
    return "outage" in kinds or len(kinds) > FEW


def _checksum(version: Version) -> str:
    return f"CRC64NVME:{hashlib.sha256(version.body or b'').hexdigest()[:16]}"


def _emails(world: World) -> Iterator[str]:
    """One email for each verdict; a second only for a fault between publishing and recording."""
    records: dict[str, int] = {}
    for key in world.s3.keys("runs/"):
        if "/email/" in key:
            folder = key.split("/email/")[0]
            records[folder] = records.get(folder, 0) + 1
    sent: dict[str, int] = {}
    for _, body in world.emails:
        found = FOLDER.search(body)
        folder = found.group(0) if found else "runs/_misplaced"
        sent[folder] = sent.get(folder, 0) + 1
    between = sum(
        kind not in DELAYS and ("publish" in what or "/email/" in what)
        for kind, _, what in world.hit
    )
    for folder, count in sent.items():
        if count > records.get(folder, 0) + between:
            yield f"repeated: {count} emails about {folder}"


def _jobs(world: World, scenario: Scenario) -> Iterator[str]:
    """One training job for each upload and recipe."""
    count = len(world.sagemaker.training_jobs)
    if count > scenario.jobs and len(world.hit) <= FEW:
        yield f"repeated: {count} training jobs, {scenario.jobs} are enough"


def _old_work(world: World) -> Iterator[str]:
    """Nothing is created for a run that has not counted for some time."""
    counts: dict[str, float] = {}
    for key, versions in world.s3.versions.items():
        if key.endswith("/current.json"):
            moves = [(json.loads(each.body or b"{}")["run"], each.modified) for each in versions]
            last = moves[-1][0]
            counts |= {run: at for (run, _), (_, at) in pairwise(moves) if run != last}
    created = [*world.sagemaker.training_jobs.values(), *world.sagemaker.created_endpoints]
    for resource in created:
        run = resource.name.split("-")[-2]
        if run in counts and resource.created > counts[run] + LATE_WORK:
            yield f"old: {resource.name} was created although a newer drop counts"


def _at_once(world: World) -> Iterator[str]:
    """Two invocations never take turns at one run; a duplicate causes no errors."""
    kinds = {kind for kind, _, _ in world.hit}
    if len(world.askers) > len(set(world.askers)) and "same id twice" not in kinds:
        yield "at once: two evaluations took turns"
    is_plain = not world.schedule.calls and world.schedule.seed is None
    if is_plain and world.functions.errors:
        yield f"errors: {world.functions.errors} without a fault of a call"


def _kept_endpoints(world: World) -> Iterator[str]:
    for folder in runs_of(world):
        report = read(world, f"{folder}/report/report.json")
        expires = report.get("endpoint_expires")
        gone = world.sagemaker.gone.get(report.get("endpoint", ""))
        if not expires or gone is None:
            continue
        late = gone - datetime.fromisoformat(expires).timestamp()
        if late > SWEEP_DELAY and len(world.hit) <= 1:
            yield f"late: the endpoint of {folder} was deleted {late:.0f} s after its time"
