"""Email: the outbox with every mail that SNS would send, and the confirmation of subscriptions.

A mail is an .eml file, which any mail program opens.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SENDER = "AWS Notifications <no-reply@sns.amazonaws.com>"
FOOTER = """
--
From the local AWS on one machine: nothing was charged. Prices in this email
and in the report are what AWS would charge.
"""
"""Put below every notification, where SNS puts how to unsubscribe."""
CONFIRMATION_SUBJECT = "AWS Notification - Subscription Confirmation"

log = logging.getLogger("localcloud.confirmation")


class Mailbox:
    """Writes mails into a folder, oldest first by name.

    Args:
        folder: where the .eml files go.
        on_confirmation: called with address, topic ARN and token when SNS asks to confirm.
    """

    def __init__(self, folder: Path, on_confirmation: Callable[[str, str, str], None]) -> None:
        self._folder = folder
        self._on_confirmation = on_confirmation
        self._sequence = itertools.count()
        folder.mkdir(parents=True, exist_ok=True)

    def deliver(self, address: str, subject: str, text: str, message_id: str) -> Path:
        """Write one mail and return its path."""
        mail = EmailMessage(policy=SMTP)
        mail["From"] = SENDER
        mail["To"] = address
        mail["Subject"] = subject or "AWS Notification Message"
        mail["Date"] = formatdate(localtime=True)
        mail["Message-ID"] = f"<{message_id}@sns.amazonaws.com>"
        mail.set_content(text)
        name = f"{time.strftime('%Y%m%dT%H%M%S')}-{next(self._sequence):04}-{message_id[:8]}.eml"
        path = self._folder / name
        partial = path.with_suffix(".partial")
        partial.write_bytes(mail.as_bytes())
        partial.rename(path)
        return path

    def ask_confirmation(self, address: str, topic_arn: str, token: str, url: str) -> None:
        """Write the mail that asks to confirm a subscription."""
        text = (
            f"You have chosen to subscribe to the topic:\n{topic_arn}\n\n"
            "To confirm this subscription, open the link below (If this was in error no action "
            f"is necessary):\n{url}\n"
        )
        self.deliver(address, CONFIRMATION_SUBJECT, text, token)
        self._on_confirmation(address, topic_arn, token)


class Confirmations:
    """Confirms email subscriptions in the addressees' place: nobody opens the demo's links.

    Each confirmation has a thread of its own, because SNS is still creating the subscription when
    it asks for one.

    Args:
        client: a boto3 client by service name.
        enabled: without it, every subscription waits for its addressee, as on AWS.
    """

    def __init__(self, client: Callable[[str], Any], *, enabled: bool) -> None:
        self._client = client
        self._enabled = enabled
        self._threads: list[threading.Thread] = []
        self.addresses: list[str] = []
        """The addresses confirmed so far."""

    def asked(self, address: str, topic_arn: str, token: str) -> None:
        """Take a request; `Mailbox` calls it."""
        if self._enabled:
            thread = threading.Thread(
                target=self._confirm, args=(address, topic_arn, token), daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def wait(self) -> None:
        """Return when every request so far is confirmed."""
        for thread in self._threads:
            thread.join()

    def _confirm(self, address: str, topic_arn: str, token: str) -> None:
        self._client("sns").confirm_subscription(TopicArn=topic_arn, Token=token)
        log.info("confirmed the email subscription of %s", address)
        self.addresses.append(address)


def find_mail(folder: Path, message_id: str) -> Path | None:
    """The mail with SNS's message id, or None."""
    found = sorted(folder.glob(f"*-{message_id[:8]}.eml"))
    return found[-1] if found else None


def mail_text(path: Path) -> str:
    """A mail as text: three headers and the body."""
    mail = message_from_bytes(path.read_bytes(), policy=default)
    headers = [f"{name}: {mail[name]}" for name in ("From", "To", "Subject")]
    body = mail.get_body(("plain",))
    text = body.get_content().replace("\r\n", "\n").rstrip() if body else ""
    return "\n".join([*headers, "", text])


def mail_subject(path: Path) -> str:
    """The subject, decoded."""
    return str(message_from_bytes(path.read_bytes(), policy=default)["Subject"])
