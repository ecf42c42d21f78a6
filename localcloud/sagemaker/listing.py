"""Filters, sorts and pages the answers of List operations, the same way for every kind."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.sagemaker.errors import validation_error

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_PAGE = 10
"""Summaries on a page when a request has no MaxResults: AWS's default."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """How one kind of resource is listed."""

    answer: str
    """The member of the answer that holds the summaries."""
    prefix: str
    """`TrainingJob`: summaries hold `TrainingJobName` and `TrainingJobStatus`."""
    members: tuple[str, ...] | None
    """The members of a description that a summary has; None for all of them."""
    ascending: bool = False
    """Whether the oldest resource comes first by default."""

    def page(
        self, payload: dict[str, Any], descriptions: Iterable[dict[str, Any]]
    ) -> dict[str, Any]:
        """One page of summaries, with `NextToken` when there are more."""
        chosen = [item for item in descriptions if self._matches(item, payload)]
        order = payload.get("SortOrder", "Ascending" if self.ascending else "Descending")
        chosen.sort(key=self._sort_key(payload), reverse=order == "Descending")
        start = _offset(payload.get("NextToken"))
        end = start + payload.get("MaxResults", DEFAULT_PAGE)
        page: dict[str, Any] = {self.answer: [self._summary(item) for item in chosen[start:end]]}
        if end < len(chosen):
            page["NextToken"] = str(end)
        return page

    def _summary(self, item: dict[str, Any]) -> dict[str, Any]:
        return {m: item[m] for m in (self.members or item) if m in item}

    def _sort_key(self, payload: dict[str, Any]) -> Any:
        by = payload.get("SortBy", "CreationTime")
        if by == "FinalObjectiveMetricValue":
            return _objective
        member = by if by == "CreationTime" else f"{self.prefix}{by}"
        return lambda item: (item[member], item[f"{self.prefix}Name"])

    def _matches(self, item: dict[str, Any], payload: dict[str, Any]) -> bool:
        name, status = item[f"{self.prefix}Name"], item.get(f"{self.prefix}Status")
        if payload.get("NameContains", "").lower() not in name.lower():
            return False
        if payload.get("StatusEquals", status) != status:
            return False
        return all(
            _within(item[member], payload.get(f"{member}After"), payload.get(f"{member}Before"))
            for member in ("CreationTime", "LastModifiedTime")
            if member in item
        )


def _objective(item: dict[str, Any]) -> float:
    """Trials without an objective are the last, as those with the worst one."""
    metric = item.get("FinalHyperParameterTuningJobObjectiveMetric") or {}
    return float(metric.get("Value", math.inf))


def _within(moment: float, after: float | None, before: float | None) -> bool:
    return (after is None or moment > after) and (before is None or moment < before)


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    if not token.isdigit():
        raise validation_error("Invalid NextToken: use the token of the previous answer")
    return int(token)
