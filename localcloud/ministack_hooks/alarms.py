"""CloudWatch alarms are evaluated by themselves; ministack does it only when they are read."""

from __future__ import annotations

import logging
import threading

from ministack.services import cloudwatch

log = logging.getLogger("localcloud.alarms")


def evaluate_until(stopping: threading.Event, period_seconds: float) -> None:
    """Evaluate all alarms every period, in the background, until told to stop."""

    def loop() -> None:
        while not stopping.wait(period_seconds):
            try:
                cloudwatch._evaluate_all_alarms()  # noqa: SLF001
            except Exception:
                log.exception("the alarms could not be evaluated")

    threading.Thread(target=loop, name="localcloud-alarms", daemon=True).start()
