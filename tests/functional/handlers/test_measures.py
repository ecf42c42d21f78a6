"""Figures in the functions' logs, of which CloudWatch makes metrics for alarms and dashboard."""

import json
from typing import Any

import pytest

from tests.support.pipeline.drives import KEY, change, deployed, report_failure, sweep, trained
from tests.support.pipeline.stack import Stack


def figures(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the lines of the embedded metric format that were printed since the last call."""
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return [found for line in lines if "_aws" in (found := json.loads(line))]


def values(found: list[dict[str, Any]], name: str) -> list[float]:
    """Return the values of a metric; EMF has each value in a list of its own."""
    return [each[name][0] if isinstance(each[name], list) else each[name]
            for each in found if name in each]  # fmt: skip


@pytest.mark.usefixtures("base_model")
def test_an_evaluated_run_tells_verdict_times_price_and_rows(
    stack: Stack, tweets: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a table with a row that has no text
    folder, name = deployed(stack, tweets + b"\n,positive")
    capsys.readouterr()

    # When
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    # Then
    found, run = figures(capsys), stack.run(folder)
    assert [each["verdict"] for each in found if "Runs" in each] == [run.verdict]
    assert {each["stage"] for each in found if "StageTime" in each} >= {"prepare", "train"}
    assert run.cost
    assert values(found, "TrainingUsd") == [run.cost.usd]
    assert values(found, "RowsRejected") == [1]
    for each in found:
        directive = each["_aws"]["CloudWatchMetrics"][0]
        assert each["correlation_id"] == folder
        assert directive["Namespace"] == "Tunedrop"
        assert "stack" in directive["Dimensions"][0]
        assert each["stack"] == "tunedrop"


@pytest.mark.usefixtures("base_model")
def test_a_failed_run_counts_as_failed_and_only_once(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given
    stack.drop(KEY, b"text\n")
    folder = stack.prepare(KEY)["run"]
    capsys.readouterr()

    # When
    report_failure(stack, folder)
    report_failure(stack, folder)

    # Then
    assert [each["verdict"] for each in figures(capsys) if "Runs" in each] == ["failed"]


@pytest.mark.usefixtures("base_model")
def test_sweep_tells_the_oldest_run_and_the_months_spending(
    stack: Stack, tweets: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a run of the year before whose job has run for a minute
    folder, _ = trained(stack, tweets)
    created = stack.run(folder).created
    change(stack, folder, created=f"{int(created[:4]) - 1}{created[4:]}")
    capsys.readouterr()

    # When
    sweep(stack)

    # Then the bill is that of the ended job, no longer the most that it could be
    found = figures(capsys)
    assert values(found, "OldestRunHours")[0] == pytest.approx(365 * 24, rel=0.01)
    assert 0 < values(found, "MonthUsd")[0] < 1
    assert all("correlation_id" not in each for each in found)


def test_a_stack_without_runs_tells_zeros(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    # When
    sweep(stack)

    # Then
    found = figures(capsys)
    assert values(found, "OldestRunHours") == [0.0]
    assert values(found, "MonthUsd") == [0.0]
