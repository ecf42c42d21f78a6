"""Evaluates CloudWatch alarms periodically, and records the queue lengths that they need.

ministack evaluates alarms only when they are read, and records no metrics of SQS.
"""

from __future__ import annotations

import logging
import threading
import time

from ministack.services import cloudwatch, sqs

log = logging.getLogger("localcloud.alarms")


def evaluate_until(stopping: threading.Event, period_seconds: float) -> None:
    """Evaluate all alarms every period, in the background, until `stopping` is set."""

    def loop() -> None:
        while not stopping.wait(period_seconds):
            try:
                _record_queue_lengths()
                cloudwatch._evaluate_all_alarms()  # noqa: SLF001
            except Exception:
                log.exception("the alarms could not be evaluated")

    threading.Thread(target=loop, name="localcloud-alarms", daemon=True).start()


def _record_queue_lengths() -> None:
    now = time.time()
    for queue in list(sqs._queues.values()):  # noqa: SLF001
        visible = [message for message in queue["messages"] if message["visible_at"] <= now]
        cloudwatch.record_metric(
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            len(visible),
            "Count",
            {"QueueName": queue["name"]},
        )
