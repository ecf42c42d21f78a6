"""All hooks that change how ministack behaves, put in place once before it serves."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from localcloud.destinations import LAMBDA, Destinations
from localcloud.function_runtime.code import CodeStore
from localcloud.function_runtime.pool import FunctionPool
from localcloud.mail import Mailbox
from localcloud.ministack_hooks import alarms, log_groups, objects, provisioning
from localcloud.ministack_hooks.asynchronous import AsyncInvoker
from localcloud.ministack_hooks.email import EmailDelivery
from localcloud.ministack_hooks.functions import FunctionExecutor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.emulator import Emulator
    from localcloud.reconciliation import Dropped

ALARM_PERIOD_SECONDS = 10.0


class Installation:
    """The hooks of one emulator.

    Args:
        emulator: the one that is about to start.
        on_confirmation: see `localcloud.mail.Mailbox`.
    """

    def __init__(
        self, emulator: Emulator, on_confirmation: Callable[[str, str, str], None]
    ) -> None:
        state = emulator.settings.state_dir.resolve()

        def aws_environment(role_arn: str, session: str) -> Mapping[str, str]:
            credentials = emulator.assume_role(role_arn, session[:64], service_principal=LAMBDA)
            return emulator.environment(credentials)

        self.dropped: list[Dropped] = []
        """What CloudFormation dropped and nobody has reconciled yet."""
        self._stopping = threading.Event()
        self._pool = FunctionPool(state / "tmp" / "functions", aws_environment)
        self._invoker = AsyncInvoker(
            emulator.settings.retry_delays_seconds, Destinations(emulator).deliver
        )
        mailbox = Mailbox(state / "outbox", on_confirmation)
        objects.install()
        log_groups.install()
        provisioning.collect(self.dropped)
        self.code = CodeStore(state / "code")
        """Shared with whatever else runs the functions' code."""
        FunctionExecutor(self._pool, self.code).install()
        self._invoker.install()
        EmailDelivery(mailbox, emulator.endpoint_url).install()

    def idle_seconds(self) -> float:
        """See `AsyncInvoker.idle_seconds`."""
        return self._invoker.idle_seconds()

    def start(self) -> None:
        """Begin what runs beside the server."""
        alarms.evaluate_until(self._stopping, ALARM_PERIOD_SECONDS)

    def stop(self) -> None:
        """Retry nothing more, and end every function's process."""
        self._stopping.set()
        self._invoker.stop()
        self._pool.close()
