"""The metrics that are read from the lines of a training job's log."""

from __future__ import annotations

import pytest

from localcloud.sagemaker.training.program import MetricReader


def test_a_metric_has_its_last_number() -> None:
    # Given
    reader = MetricReader([{"Name": "loss", "Regex": '"loss": ([0-9.eE+-]+)'}])

    # When
    lines = ('{"loss": 2.5e-1}', '{"loss": 3}', '{"loss": e}', "nothing")
    found = [reader.read(line) for line in lines]

    # Then
    assert found == [True, True, False, False]
    (metric,) = reader.final()
    assert (metric["MetricName"], metric["Value"]) == ("loss", 3.0)


@pytest.mark.parametrize("text", ["inf", "nan", "1e999"])
def test_a_number_that_json_cannot_have_is_no_metric(text: str) -> None:
    # Given
    reader = MetricReader([{"Name": "loss", "Regex": r"loss=(\S+)"}])

    # Then
    assert not reader.read(f"loss={text}")
    assert reader.final() == []
