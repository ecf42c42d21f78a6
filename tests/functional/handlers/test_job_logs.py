"""Sweep limits how long the logs of SageMaker's jobs and endpoints are kept."""

import time
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from tests.support.pipeline.drives import KEY, deployed, sweep
from tests.support.pipeline.stack import Stack
from tunedrop.aws.job_logs import JobLogs

JOBS, PROCESSING = "/aws/sagemaker/TrainingJobs", "/aws/sagemaker/ProcessingJobs"
ENDPOINTS = "/aws/sagemaker/Endpoints"
OF_OTHERS = f"{ENDPOINTS}/somebodys-endpoint"
OLD, STANDS = f"{ENDPOINTS}/tweets-0a1b2c3d4e5f-1", "other-0a1b2c3d4e5f-2"
FULL = f"{ENDPOINTS}/tweets-0a1b2c3d4e5f-2"
DAYS = 86_400


@pytest.fixture
def logs(stack: Stack) -> Any:  # noqa: ARG001 - the fixture starts moto
    return boto3.client("logs", "us-east-1")


def retentions(logs: Any) -> dict[str, int | None]:
    """Return the retention of each log group, in days."""
    groups = logs.describe_log_groups()["logGroups"]
    return {group["logGroupName"]: group.get("retentionInDays") for group in groups}


@pytest.mark.usefixtures("base_model")
def test_groups_without_a_retention_get_one(stack: Stack, tweets: bytes, logs: Any) -> None:
    # Given groups as SageMaker makes them, one whose retention somebody chose, and others' groups
    _, name = deployed(stack, tweets)
    for group in (JOBS, PROCESSING, f"{ENDPOINTS}/{name}", OF_OTHERS, "/aws/lambda/other"):
        logs.create_log_group(logGroupName=group)
    logs.put_retention_policy(logGroupName=PROCESSING, retentionInDays=365)

    # When
    sweep(stack)

    # Then
    assert retentions(logs) == {
        JOBS: 30,
        PROCESSING: 365,
        f"{ENDPOINTS}/{name}": 30,
        OF_OTHERS: None,
        "/aws/lambda/other": None,
    }


def test_the_group_of_an_endpoint_goes_when_its_lines_have_gone(
    logs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given groups of endpoints that are gone, one with a line, and of one that stands
    def endpoints(NameContains: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        return {"Endpoints": [{"EndpointName": STANDS}] if NameContains == STANDS else []}

    job_logs = JobLogs(logs, SimpleNamespace(list_endpoints=endpoints), 30)
    for group in (JOBS, OLD, FULL, f"{ENDPOINTS}/{STANDS}"):
        logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=FULL, logStreamName="one")
    line = {"timestamp": int(time.time() * 1000), "message": "a line of an endpoint that is gone"}
    logs.put_log_events(logGroupName=FULL, logStreamName="one", logEvents=[line])
    job_logs.tidy()
    job_logs.tidy()
    assert OLD in retentions(logs)
    later = time.time() + 31 * DAYS
    monkeypatch.setattr("tunedrop.aws.job_logs.time.time", lambda: later)

    # When
    job_logs.tidy()

    # Then
    assert set(retentions(logs)) == {JOBS, FULL, f"{ENDPOINTS}/{STANDS}"}


def test_logs_that_cannot_be_read_keep_sweep_from_nothing_else(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a prepared run whose event was lost, and a role that may not list log groups
    def refuse(*_: object) -> None:
        raise PermissionError("DescribeLogGroups")

    stack.drop(KEY, tweets)
    stack.prepare(KEY)
    monkeypatch.setattr("tunedrop.aws.job_logs.JobLogs.tidy", refuse)

    # When, then the error raises sweep's alarm
    with pytest.raises(RuntimeError, match="DescribeLogGroups"):
        sweep(stack)

    # Then the run went on all the same
    assert [function for function, _ in stack.sent] == ["train"]
