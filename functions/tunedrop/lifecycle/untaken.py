"""Drops that start no run: one email says so, for each upload.

A file at the top of the bucket is in no dataset's folder. A file with the content and the recipe of
a run that exists joins that run. Only `report_failure` sends emails, so `prepare` writes a notice
whose arrival calls it.
"""

import hashlib

import msgspec

from tunedrop.documents import keys
from tunedrop.documents.drop import DropNotice
from tunedrop.documents.run import Run, Source
from tunedrop.lifecycle.announcement import announce, is_announced
from tunedrop.lifecycle.ending import Ending, console_link
from tunedrop.lifecycle.step import StepResult
from tunedrop.ports.store import Listed, MissingError, Store
from tunedrop.report.drop_email import again_email, misplaced_email
from tunedrop.report.email import Links
from tunedrop.runs.repository import encode

DIGEST_LENGTH = 16  # Hex digits that tell uploads apart.


def is_misplaced(key: str) -> bool:
    """Return whether a file lies at the top of the bucket, where nothing is read."""
    return "/" not in key and not key.startswith((".", "_"))


def is_told(upload: Listed, store: Store) -> bool:
    """Return whether the email about a file at the top of the bucket was sent."""
    return is_announced(keys.email_of_notice(_misplaced_notice(upload)), store)


def note_misplaced(key: str, store: Store) -> StepResult:
    """Have the email sent that says where a file belongs; a file that is gone needs none."""
    upload = next((each for each in store.listing(key, directly=True) if each.key == key), None)
    if upload is None:
        return StepResult("ignored: the file is gone")
    if not is_told(upload, store):
        _write(_misplaced_notice(upload), key, store)
    return StepResult("ignored: it lies at the top of the bucket, which an email says")


def note_again(source: Source, folder: str, store: Store) -> None:
    """Have the email sent that names the run which an upload has joined.

    Args:
        source: the upload.
        folder: of the run.
        store: the bucket.
    """
    notice = f"{folder}/{keys.again_notice(_digest(source))}"
    if not is_announced(keys.email_of_notice(notice), store):
        _write(notice, source.key, store)


def tell_of_drop(notice: str, ending: Ending) -> StepResult:
    """Send the email of a notice."""
    store = ending.runs.store
    try:
        key = msgspec.json.decode(store.read(notice).body, type=DropNotice).key
    except MissingError:
        return StepResult("ignored: the notice is gone")
    folder = keys.folder_of(notice)
    if notice.startswith(keys.MISPLACED):
        links = Links(folder=f"s3://{store.name}/", region=ending.region)
        email = misplaced_email(key, links)
    else:
        run = ending.runs.load(folder).run
        if run.status == "superseded":
            return StepResult("ignored: something newer counts", folder)
        email = again_email(run, key, _links(run, key, ending))
    told = announce(keys.email_of_notice(notice), store, ending.mail, lambda: email)
    return StepResult("told" if told else "left alone: another invocation tells", folder)


def _links(run: Run, key: str, ending: Ending) -> Links:
    """Return the links of a run; `source` is the place of the upload, to drop it once more."""
    root = f"s3://{run.source.bucket}/{run.folder}"
    has_report = run.status == "succeeded" and run.stage != "prepare"
    return Links(
        folder=f"{root}/",
        report=f"{root}/{keys.REPORT_PAGE}" if has_report else None,
        report_console=console_link(run, ending.region) if has_report else None,
        source=f"s3://{run.source.bucket}/{key}",
        region=ending.region,
    )


def _write(notice: str, key: str, store: Store) -> None:
    """Write a notice; once more if its email was not sent, because its arrival is the event."""
    store.write(notice, encode(DropNotice(key)), "application/json")


def _misplaced_notice(upload: Listed) -> str:
    return keys.misplaced_notice(_digest(upload))


def _digest(upload: Listed | Source) -> str:
    """Return what tells this upload from others of the same key."""
    version = upload.version_id if isinstance(upload, Source) else upload.etag
    text = f"{upload.key}\n{version}\n{upload.modified}"
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]
