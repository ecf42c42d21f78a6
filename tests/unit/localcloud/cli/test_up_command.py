"""`up` shows the mail that arrives while it runs, and no mail of an earlier start."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from localcloud.aws.mail import Mailbox
from localcloud.cli.up_command import watch


def test_only_new_mail_is_shown(tmp_path: Path) -> None:
    # Given
    mailbox = Mailbox(tmp_path, lambda *_: None)
    old = mailbox.deliver("team@example.com", "old", "text", "00000000")
    mailbox.deliver("team@example.com", "new", "text", "11111111")
    cloud = SimpleNamespace(
        outbox=tmp_path,
        old_mail=frozenset([old]),
        emulator=SimpleNamespace(confirmed_addresses=["team@example.com"]),
    )
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if "confirmed" in line:
            raise KeyboardInterrupt

    # When
    with pytest.raises(KeyboardInterrupt):
        watch(cloud, say)  # type: ignore[arg-type]

    # Then
    assert [line.split()[:2] for line in said] == [["mail:", "new"], ["localcloud", "confirmed"]]
