"""CloudFormation calls the function behind a custom resource, and waits for its answer."""

from typing import Any

from tests.functional.localcloud.probe_cloud import ProbeCloud
from tests.support.local_aws.cloud import wait_for


def update(probe: ProbeCloud, word: str) -> dict[str, Any]:
    """Update the stack with another word; return the stack."""
    formation = probe.client("cloudformation")
    formation.update_stack(
        StackName="tunedrop",
        UsePreviousTemplate=True,
        Parameters=[
            {"ParameterKey": "NotificationEmail", "UsePreviousValue": True},
            {"ParameterKey": "Word", "ParameterValue": word},
        ],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    )

    def ended() -> dict[str, Any] | None:
        stack: dict[str, Any] = formation.describe_stacks(StackName="tunedrop")["Stacks"][0]
        return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack

    return wait_for(ended, probe.log)


def said(stack: dict[str, Any]) -> str:
    """Return what the function answered, from the stack's output."""
    outputs = {item["OutputKey"]: str(item["OutputValue"]) for item in stack["Outputs"]}
    return outputs["Custom"]


def test_creation_update_and_replacement_call_the_function(probe: ProbeCloud) -> None:
    # Given
    (created,) = [each for each in probe.seen("custom") if each["RequestType"] == "Create"]

    # When
    stack = update(probe, "two")

    # Then
    seen = probe.seen("custom", 3)
    updated = next(each for each in seen if each["RequestType"] == "Update")
    deleted = next(each for each in seen if each["RequestType"] == "Delete")
    assert created["ResourceProperties"]["Word"] == "one"
    assert created["ResourceProperties"]["Number"] == "3"
    assert created["ResourceType"] == "Custom::Probe"
    assert "PhysicalResourceId" not in created
    assert updated["PhysicalResourceId"] == "word-one"
    assert updated["OldResourceProperties"]["Word"] == "one"
    assert updated["ResourceProperties"]["Word"] == "two"
    assert (stack["StackStatus"], said(stack)) == ("UPDATE_COMPLETE", "two")
    assert deleted["PhysicalResourceId"] == "word-one"  # the new id replaces it


def test_a_failed_answer_rolls_the_update_back_with_its_reason(probe: ProbeCloud) -> None:
    # When
    stack = update(probe, "bad")

    # Then
    events = probe.client("cloudformation").describe_stack_events(StackName="tunedrop")
    reasons = [event.get("ResourceStatusReason", "") for event in events["StackEvents"]]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert any("the word is bad" in reason for reason in reasons)
