"""The statuses of a job."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from localcloud.sagemaker.jobs.job import Ending
from localcloud.sagemaker.processing.job import ProcessingJob
from localcloud.sagemaker.training.job import TrainingJob


@pytest.mark.parametrize(
    ("kind", "prefix"), [(TrainingJob, "TrainingJob"), (ProcessingJob, "ProcessingJob")]
)
def test_a_job_that_completes_while_it_is_stopping_is_stopped(kind: Any, prefix: str) -> None:
    # Given
    sent: list[str] = []
    events = SimpleNamespace(
        send=lambda _type, _arn, detail: sent.append(detail[f"{prefix}Status"])
    )
    description = {f"{prefix}Name": "job", f"{prefix}Arn": "arn", f"{prefix}Status": "InProgress"}
    job = kind(description, SimpleNamespace(events=events), dict)

    # When
    job.begin()
    job.request_stop()
    job.end(Ending.COMPLETED)

    # Then
    assert sent == ["InProgress", "Stopping", "Stopped"]
    assert job.describe()[f"{prefix}Status"] == "Stopped"
