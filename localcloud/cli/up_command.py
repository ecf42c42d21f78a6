"""`python -m localcloud up`: prints how to use this AWS, and then each mail that arrives."""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING

from localcloud.aws.mail import mail_subject

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from localcloud.stack.launcher import LocalCloud

    Say = Callable[[str], None]

POLL_SECONDS = 0.5


def greeting(cloud: LocalCloud) -> str:
    """Return how to reach this AWS with the AWS CLI or an SDK, and how to drop a file."""
    endpoint = cloud.emulator.endpoint_url
    exports = [
        f"export {name}={shlex.quote(value)}"
        for name, value in cloud.emulator.environment().items()
    ]
    lines = [
        "The local AWS is up. In another terminal:",
        "",
        *exports,
        "",
        f"aws --endpoint-url {endpoint} s3 cp FILE s3://{cloud.bucket}/datasets/NAME/",
        f"aws --endpoint-url {endpoint} s3 ls --recursive s3://{cloud.bucket}/runs/NAME/",
        "",
        f"Mail goes to {cloud.outbox}, logs to {cloud.settings.state_dir / 'localcloud.log'}.",
        "Nothing is charged here: prices in emails and reports are what AWS would charge.",
        "Ctrl-C ends it.",
    ]
    return "\n".join(lines)


def watch(cloud: LocalCloud, say: Say) -> None:
    """Print each mail that arrives and each address that is confirmed, until interrupted."""
    known: set[Path] = set(cloud.old_mail)
    confirmed = 0
    while True:
        for path in sorted(set(cloud.outbox.glob("*.eml")) - known):
            known.add(path)
            say(f"mail: {mail_subject(path)} ({path})")
        for address in cloud.emulator.confirmed_addresses[confirmed:]:
            confirmed += 1
            say(f"localcloud confirmed the email subscription of {address}, as its owner would")
        time.sleep(POLL_SECONDS)
