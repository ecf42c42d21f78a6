"""Confirms email subscriptions on behalf of their owners: the demo's addressee opens no links."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("localcloud.confirmation")


class Confirmations:
    """Answers each confirmation request in the background, as SNS is still busy with it.

    Args:
        client: a boto3 client by service name.
        enabled: otherwise every subscription waits for its addressee, as on AWS.
    """

    def __init__(self, client: Callable[[str], Any], *, enabled: bool) -> None:
        self._client = client
        self._enabled = enabled
        self._threads: list[threading.Thread] = []
        self.addresses: list[str] = []
        """Confirmed so far."""

    def asked(self, address: str, topic_arn: str, token: str) -> None:
        """Take a request; see `localcloud.aws.mail.Mailbox`."""
        if self._enabled:
            thread = threading.Thread(
                target=self._confirm, args=(address, topic_arn, token), daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def wait(self) -> None:
        """Return when every request so far is answered."""
        for thread in self._threads:
            thread.join()

    def _confirm(self, address: str, topic_arn: str, token: str) -> None:
        self._client("sns").confirm_subscription(TopicArn=topic_arn, Token=token)
        log.info("confirmed the email subscription of %s", address)
        self.addresses.append(address)
