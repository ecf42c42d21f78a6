"""Scheduled rules of EventBridge."""

from __future__ import annotations

from ministack.services import eventbridge


def make_due() -> None:
    """Let every rule with a rate fire at the next tick, within seconds."""
    for key, rule in eventbridge._rules._data.items():  # noqa: SLF001
        if rule.get("ScheduleExpression", "").startswith("rate("):
            eventbridge._rule_last_fired[key] = 0.0  # noqa: SLF001
