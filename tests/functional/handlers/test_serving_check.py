"""Before the first question the endpoint is compared with what the training job recorded."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from tests.support.builders.references import reference_for
from tests.support.pipeline.drives import report_failure, trained
from tests.support.pipeline.fakes import FakeInference
from tests.support.pipeline.stack import BUCKET, Stack
from tunedrop.documents import keys
from tunedrop.documents.answers import TokenLikelihood
from tunedrop.documents.report import Report
from tunedrop.documents.rows import Row
from tunedrop.documents.served import Reference, ServedCheck
from tunedrop.errors import HostingError
from tunedrop.lifecycle import answering
from tunedrop.ports.services import BusyError

pytestmark = pytest.mark.usefixtures("base_model")


def recorded(stack: Stack, folder: str) -> Reference:
    """Return what a job records about this run's validation rows."""
    lines = stack.read(f"{folder}/{keys.split_file('validation')}").splitlines()
    return reference_for(msgspec.json.decode(line, type=Row) for line in lines[:3])


def deployed_with(stack: Stack, tweets: bytes, reference: Reference | None) -> tuple[str, str]:
    """Bring a run to an endpoint whose job left this file, or what fits the rows if None."""
    folder, name = trained(stack, tweets)
    artifact = f"{folder}/model/x/output/model"
    body = msgspec.json.encode(reference or recorded(stack, folder))
    stack.drop(f"{artifact}/{keys.REFERENCE}", body)
    stack.sagemaker.set_job(name, "Completed", artifact=f"s3://{BUCKET}/{artifact}/")
    stack.call("deploy", stack.event("training_job_completed", job=name))
    stack.sagemaker.set_endpoint(name, "InService")
    return folder, name


def test_an_endpoint_that_agrees_is_told_in_the_report(stack: Stack, tweets: bytes) -> None:
    # Given
    folder, name = deployed_with(stack, tweets, None)

    # When
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    # Then
    report = msgspec.json.decode(stack.read(f"{folder}/report/report.json"), type=Report)
    check = msgspec.json.decode(stack.read(f"{folder}/report/served-1.json"), type=ServedCheck)
    assert report.served == check
    assert (check.rows, check.difference, check.tolerance) == (3, 0.0, 0.001)
    assert b"computes what the training job did" in stack.read(f"{folder}/report/report.html")


def test_an_endpoint_is_compared_once_for_an_attempt(
    stack: Stack, tweets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given invocations too short for all answers
    monkeypatch.setattr(answering, "CONCURRENCY", 1)
    _, name = deployed_with(stack, tweets, None)
    stack.inference = FakeInference(seconds=0.1)
    stack.seconds_left = 1.0
    event = stack.event("endpoint_in_service", endpoint=name)

    # When several go on with the answers
    outcomes = [stack.call("evaluate", event, f"r-{number}")["outcome"] for number in range(3)]

    # Then three rows were compared once, with each model
    assert outcomes[0] == "goes on in a fresh invocation"
    assert stack.inference.scored == 2 * 3


def test_an_endpoint_that_differs_ends_the_run_unasked(stack: Stack, tweets: bytes) -> None:
    # Given an endpoint that serves another adapter than the job trained
    folder, name = trained(stack, tweets)
    reference = recorded(stack, folder)
    for row in reference.rows:
        row.tuned = [each - 0.5 for each in row.tuned]
    folder, name = deployed_with(stack, tweets, reference)

    # When
    outcome = stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))["outcome"]
    report_failure(stack, folder)

    # Then the run fails with the cause before a question costs anything
    assert "another adapter is loaded" in outcome
    run = stack.run(folder)
    assert run.error
    assert (run.status, run.error.code) == ("failed", "served")
    assert "adapter_model.safetensors" in run.error.remedy
    assert stack.inference.asked == []
    assert stack.sagemaker.endpoints == {}
    assert "another adapter is loaded" in " ".join(stack.emails[0][1].split())


class BusyInference(FakeInference):
    """An endpoint that is busy at the first request for likelihoods."""

    async def likelihoods(self, endpoint: str, payload: Mapping[str, Any]) -> list[TokenLikelihood]:
        found = await super().likelihoods(endpoint, payload)
        if self.scored == 1:
            raise BusyError("unavailable", HostingError("It is starting.", "Wait."))
        return found


def test_a_busy_endpoint_is_asked_again_for_likelihoods(stack: Stack, tweets: bytes) -> None:
    # Given
    folder, name = deployed_with(stack, tweets, None)
    stack.inference = BusyInference()

    # When
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    # Then
    assert stack.run(folder).status == "succeeded"
    assert stack.inference.scored == 2 * 3 + 1


def test_a_job_that_recorded_nothing_is_not_compared(stack: Stack, tweets: bytes) -> None:
    # Given the artifact of an older training image
    folder, name = trained(stack, tweets)
    stack.call("deploy", stack.event("training_job_completed", job=name))
    stack.sagemaker.set_endpoint(name, "InService")

    # When
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    # Then the report says so
    assert stack.inference.scored == 0
    assert b"not compared with the training job" in stack.read(f"{folder}/report/report.html")
