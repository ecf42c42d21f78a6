"""Metrics read from the log with the regular expressions of MetricDefinitions."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class MetricReader:
    """Keeps the last value of each metric, as FinalMetricDataList does."""

    def __init__(self, definitions: Sequence[dict[str, str]]) -> None:
        self._patterns = {item["Name"]: re.compile(item["Regex"]) for item in definitions}
        self._last: dict[str, dict[str, Any]] = {}

    def read(self, line: str) -> bool:
        """Look for every metric in one line of the log; whether one was found."""
        found = False
        for name, pattern in self._patterns.items():
            match = pattern.search(line)
            value = _number(match.group(1)) if match else None
            if value is not None:
                self._last[name] = {"MetricName": name, "Value": value, "Timestamp": time.time()}
                found = True
        return found

    def final(self) -> list[dict[str, Any]]:
        """FinalMetricDataList: name, value and epoch seconds of each metric seen so far."""
        return list(self._last.values())


def _number(text: str | None) -> float | None:
    """What the group captured, unless it is no number that JSON could carry."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if value - value == 0 else None
