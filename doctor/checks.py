"""The checks, each of which asks AWS one question and returns what it found.

No check changes anything, and none costs money. A question that AWS does not answer is reported as
unknown, and the other checks go on.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tunedrop.aws.bucket import Bucket
from tunedrop.aws.quotas import ServiceQuotas
from tunedrop.documents.figures import count
from tunedrop.errors import TunedropError
from tunedrop.jobs.base_model import is_complete, read_manifest
from tunedrop.jobs.quotas import CONSOLE, needs
from tunedrop.recipe.limits import Limits
from tunedrop.recipe.schema import Recipe
from tunedrop.recipe.yaml_file import read_recipe

NEEDED_OUTPUTS = {"Bucket", "Topic", "TrainingImageUri"}


class State(StrEnum):
    """What a check found."""

    OK = "ok"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the answer; `remedy` is empty when all is well."""

    state: State
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Deployed:
    """What CloudFormation tells of the stack."""

    parameters: Mapping[str, str]
    outputs: Mapping[str, str]

    @property
    def limits(self) -> Limits:
        """What the stack allows a recipe to order."""
        return Limits(
            allowed_instance_types=self.parameters["AllowedInstanceTypes"],
            max_training_hours=float(self.parameters["MaxTrainingHours"]),
            max_budget_usd=float(self.parameters["MaxBudgetUsd"]),
            max_endpoint_hours=float(self.parameters["MaxEndpointHours"]),
            mlflow_server_arn=self.parameters.get("MlflowServerArn", ""),
        )


def missing(text: str, remedy: str) -> Finding:
    """Return what has to be mended."""
    return Finding(State.MISSING, text, remedy)


def asked(question: str, ask: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """Return the findings of a check, or that AWS did not answer it."""
    try:
        return list(ask())
    except (ClientError, BotoCoreError) as error:
        remedy = "Look at it by hand, or run this with credentials that may read it."
        return [Finding(State.UNKNOWN, f"{question}: {error}", remedy)]


def region(session: Any) -> Iterator[Finding]:
    """Whether a Region is chosen."""
    if session.region_name:
        yield Finding(State.OK, f"The Region is {session.region_name}.")
    else:
        yield missing("No Region is chosen.", "aws configure set region eu-central-1")


def credentials(session: Any) -> Iterator[Finding]:
    """Whether AWS accepts the credentials."""
    try:
        account = session.client("sts").get_caller_identity()["Account"]
    except (ClientError, BotoCoreError) as error:
        yield missing(f"AWS does not accept the credentials: {error}", "aws configure")
    else:
        yield Finding(State.OK, f"The credentials are of account {account}.")


def stack(session: Any, name: str) -> tuple[Deployed | None, Finding]:
    """Return the stack, if it is complete, and what was found."""
    try:
        (found,) = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except (ClientError, BotoCoreError) as error:
        return None, missing(
            f"There is no stack {name} to look at: {error}", "sam build && sam deploy --guided"
        )
    status = found["StackStatus"]
    if not status.endswith("_COMPLETE") or status in {"DELETE_COMPLETE", "ROLLBACK_COMPLETE"}:
        remedy = f"aws cloudformation describe-stack-events --stack-name {name}"
        return None, missing(f"The stack {name} is in the status {status}.", remedy)
    deployed = Deployed(
        {each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", [])},
        {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])},
    )
    if not deployed.outputs.keys() >= NEEDED_OUTPUTS:
        remedy = "Name the stack that has Tunedrop, as make doctor STACK=NAME."
        return None, missing(f"The stack {name} is not one of Tunedrop.", remedy)
    return deployed, Finding(State.OK, f"The stack {name} is deployed.")


def recipe(text: bytes, deployed: Deployed) -> tuple[Recipe | None, Finding]:
    """Return the recipe, if the stack allows it, and what was found."""
    try:
        read = read_recipe(text, limits=deployed.limits)
    except TunedropError as error:
        return None, missing(str(error), error.remedy)
    return read, Finding(State.OK, "The stack allows what the recipe orders.")


def subscription(session: Any, deployed: Deployed) -> Iterator[Finding]:
    """Whether somebody gets the emails."""
    arn = deployed.outputs["Topic"]
    pages = session.client("sns").get_paginator("list_subscriptions_by_topic")
    all_of_them = [each for page in pages.paginate(TopicArn=arn) for each in page["Subscriptions"]]
    waiting = [each for each in all_of_them if each["SubscriptionArn"] == "PendingConfirmation"]
    for each in waiting:
        yield missing(
            f"{each['Endpoint']} has not confirmed the subscription, so no email reaches it.",
            'Open the message "AWS Notification - Subscription Confirmation" there, and confirm.',
        )
    confirmed = len(all_of_them) - len(waiting)
    if confirmed:
        yield Finding(State.OK, f"The emails go to {count(confirmed, 'confirmed subscription')}.")
    elif not waiting:
        yield missing(
            "Nobody has subscribed to the emails.",
            f"aws sns subscribe --topic-arn {arn} --protocol email --notification-endpoint ADDRESS",
        )


def training_image(session: Any, deployed: Deployed) -> Iterator[Finding]:
    """Whether the image of training jobs is in its repository."""
    uri = deployed.outputs["TrainingImageUri"]
    registry, _, path = uri.partition("/")
    repository, digest = path.partition("@")[::2]
    name, _, tag = repository.partition(":")
    try:
        session.client("ecr").describe_images(
            registryId=registry.partition(".")[0],
            repositoryName=name,
            imageIds=[{"imageDigest": digest} if digest else {"imageTag": tag or "latest"}],
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in {
            "ImageNotFoundException",
            "RepositoryNotFoundException",
        }:
            raise
        yield missing(
            f"The training image {uri} is not there.",
            "Push it, or deploy again with an empty TrainingImage: the stack builds the image.",
        )
    else:
        yield Finding(State.OK, "The training image is there.")


def base_model(session: Any, deployed: Deployed, wanted: Recipe) -> Iterator[Finding]:
    """Whether the base model is in the bucket, or is fetched by the first run."""
    bucket = Bucket(session.client("s3"), deployed.outputs["Bucket"])
    name = wanted.base_model
    if name.startswith("run:"):
        yield Finding(State.OK, f"The training goes on from {name}, which the run looks up.")
    elif not is_complete(bucket, wanted):
        yield Finding(State.OK, f"The first run fetches the base model {name}; that takes minutes.")
        if not deployed.parameters.get("HubTokenSecretArn"):
            yield Finding(
                State.OK,
                "Without a HubTokenSecretArn, gated models cannot be fetched.",
            )
    else:
        try:
            read_manifest(bucket, wanted)
        except TunedropError as error:
            yield missing(str(error), error.remedy)
        else:
            yield Finding(State.OK, f"The base model {name} is in the bucket.")


def quotas(session: Any, wanted: Recipe) -> Iterator[Finding]:
    """Whether enough instances of each kind may run; of several types, one is enough."""
    values = ServiceQuotas(session.client("service-quotas")).read()
    for need in needs(wanted):
        enough = [name for name in need.names if values.get(name, 0.0) >= need.instances]
        for name in enough[:1] or need.names:
            yield _quota(name, values.get(name), need.instances)


def _quota(name: str, value: float | None, instances: int) -> Finding:
    more = f"{instances} or more"
    if value is None:
        remedy = f"Look for it at {CONSOLE}, and ask for {more}."
        return Finding(State.UNKNOWN, f'Service Quotas lists no quota "{name}".', remedy)
    if value < instances:
        return missing(f'The quota "{name}" is {value:g}.', f"Ask for {more} at {CONSOLE}.")
    return Finding(State.OK, f'The quota "{name}" is {value:g}.')
