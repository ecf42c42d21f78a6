"""Runs and estimates whose figures do not matter to the test."""

from typing import Any

from tunedrop.documents.run import CostEstimate, Run, Source


def run_of(dataset: str = "tweets") -> Run:
    """Return a run of a dataset as `prepare` creates it."""
    return Run(
        run="0a1b2c3d4e5f",
        dataset=dataset,
        generation=1,
        source=Source("b", "datasets/d/f.csv", "v1", "e", "c", 1, "2026-11-28T00:00:00+00:00"),
        recipe_digest="d",
        created="2026-11-28T00:00:00+00:00",
    )


def estimate_with(**values: Any) -> CostEstimate:
    """Return the estimate of a training, with some values replaced."""
    usual: dict[str, Any] = {
        "low_usd": 0.11,
        "high_usd": 3.4,
        "low_hours": 0.25,
        "high_hours": 2.5,
        "cap_hours": 6.0,
        "instance": "ml.g6.2xlarge",
        "budget_usd": 20.0,
        "basis": "1,234 tokens, 3 times.",
    }
    return CostEstimate(**usual | values)
