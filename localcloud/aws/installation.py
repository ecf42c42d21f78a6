"""Installs all hooks that change how ministack behaves, once, before it serves."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from localcloud.aws.destinations import LAMBDA, Destinations
from localcloud.aws.hooks import (
    alarms,
    cloudformation,
    identity,
    logs,
    objects,
    permissions,
    services,
    tags,
)
from localcloud.aws.hooks.asynchronous import AsyncInvoker
from localcloud.aws.hooks.email import EmailDelivery
from localcloud.aws.hooks.functions import FunctionExecutor
from localcloud.aws.mail import Mailbox
from localcloud.function_runtime.code import CodeStore
from localcloud.function_runtime.pool import FunctionPool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.aws.access import Access
    from localcloud.aws.process_setup import EmulatorSettings
    from localcloud.aws.reconciliation import Dropped

ALARM_PERIOD_SECONDS = 10.0
"""Seconds between two evaluations of all alarms: short enough to see an alarm in a local run."""


class Installation:
    """The hooks of one emulator.

    Args:
        settings: settings of the emulator that is about to start.
        access: access to that emulator.
        on_confirmation: see `localcloud.aws.mail.Mailbox`.
    """

    def __init__(
        self,
        settings: EmulatorSettings,
        access: Access,
        on_confirmation: Callable[[str, str, str], None],
    ) -> None:
        state = settings.state_dir.resolve()

        def aws_environment(role_arn: str, session: str) -> Mapping[str, str]:
            credentials = access.assume_role(role_arn, session[:64], service_principal=LAMBDA)
            return access.environment(credentials)

        self.dropped: list[Dropped] = []
        """Properties that CloudFormation dropped and that are not applied yet."""
        self._stopping = threading.Event()
        self._pool = FunctionPool(state / "tmp" / "functions", aws_environment)
        self._invoker = AsyncInvoker(settings.retry_delays_seconds, Destinations(access).deliver)
        mailbox = Mailbox(state / "outbox", on_confirmation)
        objects.install()
        identity.install()
        permissions.UsedPermissions(state).install()
        logs.install()
        tags.add_tags_of_stacks()
        services.refuse_unknown()
        cloudformation.name_log_groups()
        cloudformation.pass_over_alarms_that_compute()
        cloudformation.note_dropped(self.dropped)
        self.code = CodeStore(state / "code")
        """Shared with the processing job, which runs the functions' code, too."""
        FunctionExecutor(self._pool, self.code).install()
        self._invoker.install()
        EmailDelivery(mailbox, access.endpoint_url).install()

    def idle_seconds(self) -> float:
        """See `AsyncInvoker.idle_seconds`."""
        return self._invoker.idle_seconds()

    def start(self) -> None:
        """Start to evaluate alarms."""
        alarms.evaluate_until(self._stopping, ALARM_PERIOD_SECONDS)

    def stop(self) -> None:
        """Stop all retries, and end every function's process."""
        self._stopping.set()
        self._invoker.stop()
        self._pool.close()
