"""Steps are read from the log of a training job, and of the trials of a tuning job."""

from types import SimpleNamespace
from typing import Any

from localcloud.cli.training_log import TrainingLog

JOB = "tweets-0a1b2c3d4e5f-1"


def log_with(*events: tuple[str, str]) -> TrainingLog:
    """Return a log of these streams and messages; those of other prefixes are not read."""

    def paginate(*, logGroupName: str, logStreamNamePrefix: str) -> Any:  # noqa: N803
        assert logGroupName == "/aws/sagemaker/TrainingJobs"
        found = [
            {"eventId": str(number), "logStreamName": stream, "message": message}
            for number, (stream, message) in enumerate(events)
            if stream.startswith(logStreamNamePrefix)
        ]
        return [{"events": found}]

    paginator = SimpleNamespace(paginate=paginate)
    return TrainingLog(SimpleNamespace(get_paginator=lambda _operation: paginator))


def test_each_step_is_read_once() -> None:
    # Given
    log = log_with(
        (f"{JOB}/algo-1-1", '{"step": 1, "loss": 2.0}'),
        (f"{JOB}/algo-1-1", '{"event": "rows"}'),
        (f"{JOB}/algo-1-1", "no JSON"),
        ("other-0a1b2c3d4e5f-1/algo-1-1", '{"step": 9}'),
    )

    # Then
    assert list(log.new_steps(JOB)) == [{"step": 1, "loss": 2.0}]
    assert list(log.new_steps(JOB)) == []


def test_steps_of_trials_have_their_numbers() -> None:
    # Given
    log = log_with(
        (f"{JOB}-001-0a1b2c3d/algo-1-1", '{"step": 1}'),
        (f"{JOB}-012-ffffffff/algo-1-1", '{"step": 2}'),
        (f"{JOB}0/algo-1-1", '{"step": 3}'),
    )

    # Then
    assert list(log.new_steps(JOB)) == [{"step": 1, "trial": 1}, {"step": 2, "trial": 12}]
