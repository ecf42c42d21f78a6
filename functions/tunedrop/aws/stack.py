"""The stack as a whole: its status, its answers to CloudFormation, everything with its tag."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from tunedrop.aws.sagemaker_calls import is_missing
from tunedrop.documents.names import run_of_resource
from tunedrop.documents.run import STACK_TAG
from tunedrop.ports.sagemaker import StackResource

PAUSES = (1.0, 2.0, 4.0, 8.0)  # Seconds before each further attempt to send the answer.
ANSWER_SECONDS = 10.0  # How long one attempt may take.
MAX_REASON = 1_000  # Characters. An answer may have 4,096 bytes in all.


class Kind(NamedTuple):
    """How one kind of resource is listed and removed; `filters` are parameters of the list."""

    title: str
    list_operation: str
    summaries: str
    member: str
    remove_operation: str
    filters: Mapping[str, str] = {}


# In this order: endpoints go before what they use, and a tuning job before its training jobs, which
# it would start anew.
KINDS = (
    Kind(
        "tuning job",
        "list_hyper_parameter_tuning_jobs",
        "HyperParameterTuningJobSummaries",
        "HyperParameterTuningJob",
        "stop_hyper_parameter_tuning_job",
        {"StatusEquals": "InProgress"},
    ),
    Kind(
        "training job",
        "list_training_jobs",
        "TrainingJobSummaries",
        "TrainingJob",
        "stop_training_job",
        {"StatusEquals": "InProgress"},
    ),
    Kind(
        "processing job",
        "list_processing_jobs",
        "ProcessingJobSummaries",
        "ProcessingJob",
        "stop_processing_job",
        {"StatusEquals": "InProgress"},
    ),
    Kind("endpoint", "list_endpoints", "Endpoints", "Endpoint", "delete_endpoint"),
    Kind(
        "endpoint config",
        "list_endpoint_configs",
        "EndpointConfigs",
        "EndpointConfig",
        "delete_endpoint_config",
    ),
    Kind("model", "list_models", "Models", "Model", "delete_model"),
)


class TaggedResources:
    """What carries the stack's tag, as `tunedrop.ports.sagemaker.StackResources`.

    SageMaker's lists know no tags, so the tags of resources with a run's name are read.
    """

    def __init__(self, client: Any, stack: str) -> None:
        self.client = client
        self.stack = stack

    def find(self, passes_over: Callable[[str], bool] = lambda _: False) -> list[StackResource]:
        """Return the running jobs, and the endpoints, endpoint configs and models.

        Args:
            passes_over: whether a resource of this name is left out. Its tags are not read then.
        """
        return [resource for kind in KINDS for resource in self._of(kind, passes_over)]

    def remove(self, resource: StackResource) -> None:
        """Stop the job or delete the resource; raises ClientError when SageMaker refuses."""
        kind = next(kind for kind in KINDS if kind.title == resource.kind)
        if resource.status == "Deleting":
            return
        try:
            getattr(self.client, kind.remove_operation)(**{f"{kind.member}Name": resource.name})
        except ClientError as error:
            if not is_missing(error):
                raise

    def _of(self, kind: Kind, passes_over: Callable[[str], bool]) -> Iterator[StackResource]:
        pages = self.client.get_paginator(kind.list_operation)
        for page in pages.paginate(**kind.filters):
            for item in page[kind.summaries]:
                name = item[f"{kind.member}Name"]
                if not run_of_resource(name) or passes_over(name):
                    continue
                if self._is_ours(item[f"{kind.member}Arn"]):
                    yield StackResource(kind.title, name, item.get(f"{kind.member}Status", ""))

    def _is_ours(self, arn: str) -> bool:
        try:
            tags = self.client.list_tags(ResourceArn=arn)["Tags"]
        except ClientError as error:
            if is_missing(error):  # It was deleted meanwhile.
                return False
            raise
        return {"Key": STACK_TAG, "Value": self.stack} in tags


def stack_status(client: Any, stack_id: str) -> str:
    """Return the status of a stack, such as DELETE_IN_PROGRESS."""
    status: str = client.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"]
    return status


class CustomResource:
    """Answers one request of CloudFormation for a custom resource.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html

    Args:
        event: the request, or what an answer needs of it.
        send: puts a body at a URL.
        physical_id: the resource's id. A later one that differs tells CloudFormation to delete it.
    """

    def __init__(
        self, event: Mapping[str, Any], send: Callable[[str, bytes], None], physical_id: str
    ) -> None:
        self.event = event
        self.send = send
        self.physical_id = physical_id

    def succeeded(self, reason: str, attributes: Mapping[str, str] | None = None) -> None:
        """Tell CloudFormation to go on; the template reads the attributes with GetAtt."""
        self._answer("SUCCESS", reason, attributes or {})

    def failed(self, reason: str) -> None:
        """Tell CloudFormation that the request failed; people read the reason in its events."""
        self._answer("FAILED", reason, {})

    def _answer(self, status: str, reason: str, attributes: Mapping[str, str]) -> None:
        body = {
            "Status": status,
            "Reason": reason if len(reason) <= MAX_REASON else f"{reason[: MAX_REASON - 3]}...",
            "PhysicalResourceId": self.event.get("PhysicalResourceId") or self.physical_id,
            "StackId": self.event["StackId"],
            "RequestId": self.event["RequestId"],
            "LogicalResourceId": self.event["LogicalResourceId"],
            "Data": dict(attributes),
        }
        for pause in (*PAUSES, None):
            try:
                self.send(self.event["ResponseURL"], json.dumps(body).encode())
            except OSError:
                if pause is None:  # Lambda calls the function again, which answers again.
                    raise
                time.sleep(pause)
            else:
                return


def put(url: str, body: bytes) -> None:
    """Put the body at a pre-signed URL; raises OSError.

    The URL is signed for a request without a content type, and urllib adds one unless it is given.
    """
    request = urllib.request.Request(  # noqa: S310  # CloudFormation gives the URL
        url, data=body, method="PUT", headers={"Content-Type": ""}
    )
    with urllib.request.urlopen(request, timeout=ANSWER_SECONDS):  # noqa: S310  # nosec B310
        pass
