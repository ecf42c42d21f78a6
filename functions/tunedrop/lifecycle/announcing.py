"""Send an email once: claim it, publish it, record that it was sent."""

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
    """email/<attempt>.json: written before the email is published, completed afterwards."""

    claimed: float
    subject: str
    message_id: str | None = None
    token: str = ""  # Tells two claims apart.


def send_once(key: str, make: Callable[[], Email], store: Store, mail: Mail) -> bool:
    """Send an email unless it was sent; True when that is recorded.

    Only after a failure between publishing and recording can the email be sent twice.

    Args:
        key: of the email's record.
        make: returns the email; it is called unless somebody has sent it or is just sending it.
        store: has the record.
        mail: publishes the email.
    """
    before, etag = read_announcement(key, store)
    if before and before.message_id:
        return True
    if before and time.time() - before.claimed < UNRECORDED_SECONDS:
        return False
    email = make()
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


def read_announcement(key: str, store: Store) -> tuple[Announcement | None, str]:
    """Return the record of an email and its ETag, or (None, "") when there is none."""
    try:
        stored = store.read(key)
    except MissingError:
        return None, ""
    return msgspec.json.decode(stored.body, type=Announcement), stored.etag
