"""An email is sent once: it is claimed in the bucket, published, and recorded."""

import time
from collections.abc import Callable
from uuid import uuid4

import msgspec

from tunedrop.ports.services import Mail
from tunedrop.ports.store import ChangedError, ExistsError, MissingError, Store
from tunedrop.report.email import Email

# An email that was claimed this many seconds ago, but not recorded, was probably never sent.
UNRECORDED_SECONDS = 900.0


class Announcement(msgspec.Struct):
    """Written before the email is published, completed afterwards."""

    claimed: float
    subject: str
    message_id: str | None = None
    token: str = ""  # Tells two claims apart.


def announce(key: str, store: Store, mail: Mail, compose: Callable[[], Email]) -> bool:
    """Claim the email, publish it, and record that it was sent; True when it is recorded.

    Only after a failure between publishing and recording can the email be sent twice.

    Args:
        key: where the email is claimed and recorded.
        store: the bucket.
        mail: publishes the email.
        compose: returns the email; called only if it has to be sent.
    """
    before, etag = find_announcement(key, store)
    if before and before.message_id:
        return True
    if before and time.time() - before.claimed < UNRECORDED_SECONDS:
        return False
    email = compose()
    claim = Announcement(claimed=time.time(), subject=email.subject, token=uuid4().hex)
    try:
        etag = (
            store.replace(key, msgspec.json.encode(claim), etag)
            if before
            else store.create(key, msgspec.json.encode(claim))
        )
    except (ExistsError, ChangedError):  # Another invocation sends it.
        return False
    claim.message_id = mail.publish(email.subject, email.body)
    store.replace(key, msgspec.json.encode(claim), etag)
    return True


def is_announced(key: str, store: Store) -> bool:
    """Return whether the email was recorded."""
    found, _ = find_announcement(key, store)
    return found is not None and found.message_id is not None


def find_announcement(key: str, store: Store) -> tuple[Announcement | None, str]:
    """Return the announcement with its ETag, or (None, "") when there is none yet."""
    try:
        stored = store.read(key)
    except MissingError:
        return None, ""
    return msgspec.json.decode(stored.body, type=Announcement), stored.etag
