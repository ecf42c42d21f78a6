"""The doctor says what a stack still needs, each with the line that mends it."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from doctor.__main__ import findings, main
from doctor.checks import Finding, State

REGION = "eu-central-1"
REGISTRY = f"123456789012.dkr.ecr.{REGION}.amazonaws.com"
MANIFEST = json.dumps({"mediaType": "application/vnd.docker.distribution.manifest.v2+json"})
QUOTAS = {
    "ml.g6.2xlarge for spot training job usage": 1.0,
    "ml.g6.2xlarge for training job usage": 0.0,
    "ml.g6.xlarge for endpoint usage": 2.0,
}
PARAMETERS = {
    "AllowedInstanceTypes": "ml.g6.xlarge, ml.g6.2xlarge, ml.g5.2xlarge",
    "MaxTrainingHours": "24",
    "MaxBudgetUsd": "100",
    "MaxEndpointHours": "168",
}


class Pages:
    """A service with one list, each member on a page of its own."""

    def __init__(self, member: str, items: list[dict[str, Any]]) -> None:
        self.member, self.items = member, items

    def get_paginator(self, _operation: str) -> "Pages":
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{self.member: [item]} for item in self.items]


class Stacks:
    """CloudFormation, for which moto would need further packages."""

    def __init__(self, stacks: dict[str, Any]) -> None:
        self.stacks = stacks

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        if StackName not in self.stacks:
            error = {"Code": "ValidationError", "Message": f"Stack {StackName} does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")
        return {"Stacks": [self.stacks[StackName]]}


class Account:
    """An account with the stack, as a session of boto3."""

    def __init__(self) -> None:
        self.session = boto3.Session(region_name=REGION)
        self.region_name: str | None = REGION
        self.quotas = dict(QUOTAS)
        self.stacks: dict[str, Any] = {}
        self.subscriptions: list[dict[str, str]] | None = None  # None: those of moto

    def client(self, service: str) -> Any:
        if service == "service-quotas":
            return Pages("Quotas", [{"QuotaName": n, "Value": v} for n, v in self.quotas.items()])
        if service == "sns" and self.subscriptions is not None:
            return Pages("Subscriptions", self.subscriptions)
        if service == "cloudformation":
            return Stacks(self.stacks)
        return self.session.client(service)

    def deploy(self, image: str) -> None:
        """Create what the outputs of the stack name, and a subscription that is confirmed."""
        self.client("s3").create_bucket(
            Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        topic = self.client("sns").create_topic(Name="reports")["TopicArn"]
        self.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="jo@example.com")
        outputs = {"Bucket": "data", "Topic": topic, "TrainingImageUri": image}
        self.stacks["tunedrop"] = {
            "StackStatus": "UPDATE_COMPLETE",
            "Parameters": [
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in PARAMETERS.items()
            ],
            "Outputs": [
                {"OutputKey": name, "OutputValue": value} for name, value in outputs.items()
            ],
        }

    def push_image(self) -> str:
        """Put an image into a repository and return its URI by digest."""
        ecr = self.client("ecr")
        ecr.create_repository(repositoryName="training")
        image = ecr.put_image(repositoryName="training", imageManifest=MANIFEST, imageTag="one")
        return f"{REGISTRY}/training@{image['image']['imageId']['imageDigest']}"

    def ask(self, recipe: str = "") -> list[Finding]:
        """Return what the doctor finds."""
        return list(findings(self, "tunedrop", recipe.encode()))


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account without anything in it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield Account()


def missing(found: list[Finding]) -> list[str]:
    """Return the texts of what is missing; each of them has a remedy."""
    assert all(each.remedy for each in found if each.state is not State.OK)
    return [each.text for each in found if each.state is State.MISSING]


def test_a_complete_stack_lacks_nothing(account: Account) -> None:
    # Given
    account.deploy(account.push_image())

    # When
    found = account.ask()

    # Then
    assert missing(found) == []
    texts = " ".join(each.text for each in found)
    assert "account 123456789012" in texts
    assert "The training image is there." in texts
    assert "fetches the base model HuggingFaceTB/SmolLM2-135M-Instruct" in texts
    assert '"ml.g6.2xlarge for spot training job usage" is 1' in texts
    assert '"ml.g6.xlarge for endpoint usage" is 2' in texts


def test_without_a_region_nothing_else_is_asked(account: Account) -> None:
    # Given
    account.region_name = None

    # When
    found = account.ask()

    # Then
    assert missing(found) == ["No Region is chosen."]
    assert len(found) == 1


def test_a_stack_that_is_not_deployed_is_named_with_the_commands(account: Account) -> None:
    # When
    found = account.ask()

    # Then
    assert [each.remedy for each in found if each.remedy] == ["sam build && sam deploy --guided"]


def test_another_stack_is_not_taken_for_one_of_tunedrop(account: Account) -> None:
    # Given
    account.stacks["tunedrop"] = {"StackStatus": "CREATE_COMPLETE", "Outputs": []}

    # When and then
    assert missing(account.ask()) == ["The stack tunedrop is not one of Tunedrop."]


def test_a_profile_that_does_not_exist_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    # When
    with pytest.raises(SystemExit):
        main([])

    # Then
    assert "nobody" in capsys.readouterr().err


def test_a_quota_of_zero_is_missing_and_one_not_listed_is_unknown(account: Account) -> None:
    # Given a training on demand, whose quota is 0, and no quota for the endpoint
    account.deploy(account.push_image())
    del account.quotas["ml.g6.xlarge for endpoint usage"]

    # When
    found = account.ask("training: {spot: false, instances: [ml.g6.2xlarge]}")

    # Then
    assert missing(found) == ['The quota "ml.g6.2xlarge for training job usage" is 0.']
    assert [each.text for each in found if each.state is State.UNKNOWN] == [
        'Service Quotas lists no quota "ml.g6.xlarge for endpoint usage".'
    ]


def test_of_several_types_one_with_a_quota_is_enough(account: Account) -> None:
    # Given a training on demand with two types, the first of which has a quota of 0
    account.deploy(account.push_image())
    account.quotas["ml.g5.2xlarge for training job usage"] = 1.0

    # When
    found = account.ask("training: {spot: false}")

    # Then
    assert missing(found) == []
    assert 'The quota "ml.g5.2xlarge for training job usage" is 1.' in [each.text for each in found]


def test_of_several_types_without_a_quota_each_is_missing(account: Account) -> None:
    # Given a training on demand with two types, both with a quota of 0
    account.deploy(account.push_image())
    account.quotas["ml.g5.2xlarge for training job usage"] = 0.0

    # When
    found = account.ask("training: {spot: false}")

    # Then
    assert missing(found) == [
        'The quota "ml.g6.2xlarge for training job usage" is 0.',
        'The quota "ml.g5.2xlarge for training job usage" is 0.',
    ]


def test_all_training_jobs_of_a_tuning_need_their_instance(account: Account) -> None:
    # Given a quota of one instance
    account.deploy(account.push_image())

    # When the recipe asks for three training jobs side by side
    found = account.ask("tune: {parallel: 3}")

    # Then
    (told,) = [each for each in found if each.state is State.MISSING]
    assert told.text == 'The quota "ml.g6.2xlarge for spot training job usage" is 1.'
    assert "3 or more" in told.remedy


def test_an_image_that_is_gone_is_missing(account: Account) -> None:
    # Given
    account.deploy(account.push_image())
    account.client("ecr").delete_repository(repositoryName="training", force=True)

    # When and then
    (text,) = missing(account.ask())
    assert text.startswith(f"The training image {REGISTRY}/training@sha256:")


def test_a_recipe_beyond_the_stacks_limits_is_told_before_it_is_dropped(account: Account) -> None:
    # Given
    account.deploy(account.push_image())

    # When
    found = account.ask("training: {instances: [ml.p5.48xlarge]}")

    # Then
    (text,) = missing(found)
    assert text.startswith("recipe.yaml, line 1: training.instances")


def test_an_address_that_has_not_confirmed_is_named(account: Account) -> None:
    # Given a subscription as SNS lists it until its reader confirms; moto confirms at once
    waiting = {"SubscriptionArn": "PendingConfirmation", "Endpoint": "jo@example.com"}
    account.deploy(account.push_image())
    account.subscriptions = [waiting]

    # When
    (text,) = missing(account.ask())

    # Then
    assert text.startswith("jo@example.com has not confirmed the subscription")


def test_a_stack_without_readers_is_told(account: Account) -> None:
    # Given
    account.deploy(account.push_image())
    account.subscriptions = []

    # When and then
    assert missing(account.ask()) == ["Nobody has subscribed to the emails."]


def test_a_question_that_aws_refuses_leaves_the_others(account: Account) -> None:
    # Given outputs that name a topic which was deleted by hand
    account.deploy(account.push_image())
    topics = account.client("sns").list_topics()["Topics"]
    account.client("sns").delete_topic(TopicArn=topics[0]["TopicArn"])

    # When
    found = account.ask()

    # Then
    assert [each.text[:18] for each in found if each.state is State.UNKNOWN] == [
        "The subscriptions:"
    ]
    assert "endpoint usage" in found[-1].text
