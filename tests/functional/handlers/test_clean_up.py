"""clean_up: what has the stack's tag goes before the stack, and CloudFormation is answered."""

import json
from typing import Any

import pytest

from tests.support.pipeline.stack import BUCKET, EVENTS, Stack
from tunedrop import bootstrap
from tunedrop.ports.sagemaker import StackResource
from tunedrop.stages import clean_up

NAME = "tweets-0a1b2c3d4e5f-1"
JOB, ENDPOINT = StackResource("training job", NAME), StackResource("endpoint", NAME, "InService")
CREATING = StackResource("endpoint", NAME, "Creating")
EVENT = json.loads((EVENTS / "custom_resource_delete.json").read_text())


class Resources:
    """What carries the tag; each kind of problem is one that SageMaker has."""

    def __init__(self, *found: StackResource) -> None:
        self.found = list(found)
        self.removed: list[StackResource] = []
        self.refusals: dict[StackResource, int] = {}
        self.late: list[StackResource] = []
        self.broken = False

    def find(self) -> list[StackResource]:
        if self.broken:
            raise RuntimeError("AccessDeniedException: ListEndpoints")
        found = list(self.found)
        if not found:
            self.found, self.late = self.late, []
        return found

    def remove(self, resource: StackResource) -> None:
        if self.refusals.get(resource, 0):
            self.refusals[resource] -= 1
            raise RuntimeError("Cannot update in-progress endpoint")
        self.found.remove(resource)
        self.removed.append(resource)


class Formation:
    """CloudFormation's side: the answers that it got, and the stack's status."""

    def __init__(self, stack: Stack, resources: Resources) -> None:
        self.stack = stack
        self.resources = resources
        self.answers: list[dict[str, Any]] = []
        self.status = "DELETE_IN_PROGRESS"
        self.lost = 0

    def put(self, url: str, body: bytes) -> None:
        assert url == EVENT["ResponseURL"]
        if self.lost:
            self.lost -= 1
            raise ConnectionResetError("the connection was reset")
        self.answers.append(json.loads(body))

    def ask(self, **changes: str) -> dict[str, Any]:
        """Call the function, and return its only answer."""
        self.stack.call("clean_up", {**EVENT, **changes})
        (answer,) = self.answers
        return answer


@pytest.fixture
def formation(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Formation:
    formation = Formation(stack, Resources(JOB, ENDPOINT))
    monkeypatch.setattr(bootstrap, "put", formation.put)
    monkeypatch.setattr(bootstrap, "stack_resources", lambda _stack: formation.resources)
    monkeypatch.setattr(bootstrap, "stack_status", lambda _stack_id: formation.status)
    monkeypatch.setattr(clean_up, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("tunedrop.aws.stack.PAUSES", (0.0, 0.0))
    return formation


def test_jobs_and_endpoints_are_removed_before_the_stack(formation: Formation) -> None:
    # When
    answer = formation.ask()

    # Then
    assert formation.resources.removed == [JOB, ENDPOINT]
    assert answer["Status"] == "SUCCESS"
    assert answer["Reason"] == (
        f"the bucket {BUCKET} stays: empty it in the S3 console, then delete it; "
        f"removed: endpoint {NAME}, training job {NAME}"
    )
    for member in ("StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId"):
        assert answer[member] == EVENT[member]


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_creation_and_update_of_the_stack_remove_nothing(kind: str, formation: Formation) -> None:
    # When
    answer = formation.ask(RequestType=kind)

    # Then
    assert answer["Status"] == "SUCCESS"
    assert formation.resources.removed == []


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP"])
def test_an_update_that_is_rolled_back_removes_nothing(status: str, formation: Formation) -> None:
    # Given
    formation.status = status

    # When
    answer = formation.ask()

    # Then
    assert answer["Status"] == "SUCCESS"
    assert formation.resources.removed == []


def test_an_endpoint_that_is_being_created_is_waited_for(formation: Formation) -> None:
    # Given
    formation.resources.found = [CREATING]
    formation.resources.refusals[CREATING] = 3

    # When
    answer = formation.ask()

    # Then
    assert answer["Status"] == "SUCCESS"
    assert formation.resources.removed == [CREATING]


def test_what_is_created_during_the_removal_is_removed_too(formation: Formation) -> None:
    # Given
    formation.resources.late = [CREATING]

    # When
    answer = formation.ask()

    # Then
    assert answer["Status"] == "SUCCESS"
    assert formation.resources.removed == [JOB, ENDPOINT, CREATING]


def test_what_cannot_be_removed_is_named_and_the_rest_goes(formation: Formation) -> None:
    # Given
    formation.resources.found = [CREATING, JOB]
    formation.resources.refusals[CREATING] = 10_000_000
    formation.stack.seconds_left = 31

    # When
    answer = formation.ask()

    # Then
    assert answer["Status"] == "FAILED"
    assert f"endpoint {NAME} (Cannot update in-progress endpoint)" in answer["Reason"]
    assert formation.resources.removed == [JOB]


def test_an_error_is_answered_with_its_reason(formation: Formation) -> None:
    # Given
    formation.resources.broken = True

    # When
    answer = formation.ask()

    # Then
    assert answer["Status"] == "FAILED"
    assert "AccessDeniedException: ListEndpoints" in answer["Reason"]


def test_a_missing_setting_is_answered_too(
    formation: Formation, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.delenv("STACK_NAME")

    # When
    answer = formation.ask()

    # Then
    assert answer["Status"] == "FAILED"
    assert "STACK_NAME" in answer["Reason"]


def test_an_answer_that_is_lost_is_sent_again(formation: Formation) -> None:
    # Given
    formation.lost = 2

    # When
    answer = formation.ask()

    # Then
    assert answer["Status"] == "SUCCESS"


def test_an_answer_that_cannot_be_sent_makes_lambda_call_again(formation: Formation) -> None:
    # Given
    formation.lost = 3

    # When
    with pytest.raises(ConnectionResetError):
        formation.ask()

    # Then
    assert formation.ask()["Status"] == "SUCCESS"


def test_a_long_reason_fits_into_an_answer(formation: Formation) -> None:
    # Given
    formation.resources.found = [
        StackResource("endpoint", f"tweets-0a1b2c3d4e5f-{number}", "InService")
        for number in range(400)
    ]

    # When
    formation.ask()

    # Then
    assert len(json.dumps(formation.answers[0])) <= 4_096
