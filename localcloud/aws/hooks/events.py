"""EventBridge: events of source `aws.*`, which the public PutEvents refuses, and its schedules."""

from __future__ import annotations

from ministack.services import eventbridge


def put(source: str, detail_type: str, resources: list[str], detail: str) -> None:
    """Put one event on the default bus; `detail` is JSON text."""
    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Resources": resources,
        "Detail": detail,
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)  # noqa: SLF001


def make_schedules_due() -> None:
    """Let every rule with a rate fire at the next tick, within seconds."""
    for key, rule in eventbridge._rules._data.items():  # noqa: SLF001
        if rule.get("ScheduleExpression", "").startswith("rate("):
            eventbridge._rule_last_fired[key] = 0.0  # noqa: SLF001
