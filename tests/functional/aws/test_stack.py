"""The stack as a whole: what carries its tag, and the answers to CloudFormation."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from tunedrop.aws.stack import TaggedResources, put
from tunedrop.ports.sagemaker import StackResource

OURS, FOREIGN, OTHER = "tweets-0a1b2c3d4e5f-1", "my-endpoint", "tweets-0a1b2c3d4e5f-2"
ARN = "arn:aws:sagemaker:us-east-1:111122223333:endpoint/"
SINCE = 1_700_000_000


def endpoint(name: str) -> dict[str, Any]:
    return {
        "EndpointName": name,
        "EndpointArn": ARN + name,
        "EndpointStatus": "InService",
        "CreationTime": SINCE,
        "LastModifiedTime": SINCE,
    }


def tuning_job(name: str, arn: str) -> dict[str, Any]:
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobArn": arn,
        "HyperParameterTuningJobStatus": "InProgress",
        "Strategy": "Bayesian",
        "CreationTime": SINCE,
        "TrainingJobStatusCounters": {},
        "ObjectiveStatusCounters": {},
    }


@pytest.fixture
def client() -> Any:
    return boto3.client(
        "sagemaker", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )


def test_only_resources_with_the_stacks_tag_are_found(client: Any) -> None:
    # Given
    with Stubber(client) as stub:
        running = {"StatusEquals": "InProgress"}
        stub.add_response(
            "list_hyper_parameter_tuning_jobs", {"HyperParameterTuningJobSummaries": []}, running
        )
        stub.add_response("list_training_jobs", {"TrainingJobSummaries": []}, running)
        stub.add_response("list_processing_jobs", {"ProcessingJobSummaries": []}, running)
        stub.add_response(
            "list_endpoints", {"Endpoints": [endpoint(OURS), endpoint(FOREIGN)], "NextToken": "2"}
        )
        stub.add_response(
            "list_tags",
            {"Tags": [{"Key": "tunedrop:stack", "Value": "one"}]},
            {"ResourceArn": ARN + OURS},
        )
        stub.add_response("list_endpoints", {"Endpoints": [endpoint(OTHER)]}, {"NextToken": "2"})
        stub.add_response(
            "list_tags",
            {"Tags": [{"Key": "tunedrop:stack", "Value": "two"}]},
            {"ResourceArn": ARN + OTHER},
        )
        stub.add_response("list_endpoint_configs", {"EndpointConfigs": []})
        stub.add_response("list_models", {"Models": []})

        # When
        found = TaggedResources(client, "one").find()

    # Then
    assert found == [StackResource("endpoint", OURS, "InService")]


def test_a_tuning_job_of_the_stack_is_found_and_stopped(client: Any) -> None:
    # Given a running tuning job of the stack, and one of another stack
    arn, running = f"{ARN}tuning", {"StatusEquals": "InProgress"}
    jobs = [tuning_job(OURS, f"{arn}-1"), tuning_job(OTHER, f"{arn}-2")]
    with Stubber(client) as stub:
        found = {"HyperParameterTuningJobSummaries": jobs}
        stub.add_response("list_hyper_parameter_tuning_jobs", found, running)
        for number, stack in ((1, "one"), (2, "two")):
            tags = {"Tags": [{"Key": "tunedrop:stack", "Value": stack}]}
            stub.add_response("list_tags", tags, {"ResourceArn": f"{arn}-{number}"})
        stub.add_response("list_training_jobs", {"TrainingJobSummaries": []}, running)
        stub.add_response("list_processing_jobs", {"ProcessingJobSummaries": []}, running)
        stub.add_response("list_endpoints", {"Endpoints": []})
        stub.add_response("list_endpoint_configs", {"EndpointConfigs": []})
        stub.add_response("list_models", {"Models": []})
        stopped = {"HyperParameterTuningJobName": OURS}
        stub.add_response("stop_hyper_parameter_tuning_job", {}, stopped)

        # When
        resources = TaggedResources(client, "one")
        left = resources.find()
        for each in left:
            resources.remove(each)

        # Then the one of the stack was stopped, and nothing else was asked for
        assert left == [StackResource("tuning job", OURS, "InProgress")]
        stub.assert_no_pending_responses()


def test_removing_what_is_gone_succeeds(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("delete_endpoint", "ValidationException", "Could not find endpoint")
        TaggedResources(client, "one").remove(StackResource("endpoint", OURS, "InService"))


def test_a_refused_removal_is_raised(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("delete_endpoint", "ValidationException", "Cannot update in-progress")
        with pytest.raises(ClientError, match="in-progress"):
            TaggedResources(client, "one").remove(StackResource("endpoint", OURS, "Creating"))


class Receiver(BaseHTTPRequestHandler):
    """Keeps the requests that it gets, and answers each with the server's status."""

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.headers.get("Content-Type"), body))  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Keep the tests' output clean."""


@pytest.fixture
def receiver() -> Iterator[Any]:
    server: Any = HTTPServer(("127.0.0.1", 0), Receiver)
    server.requests, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_answer_has_no_content_type_as_its_url_is_signed(receiver: Any) -> None:
    # When
    put(f"http://127.0.0.1:{receiver.server_port}/signed?x=1", b"{}")

    # Then
    assert receiver.requests == [("", b"{}")]


def test_a_refused_answer_is_an_os_error_and_so_sent_again(receiver: Any) -> None:
    # Given
    receiver.status = 503

    # When / Then
    with pytest.raises(OSError, match="503"):
        put(f"http://127.0.0.1:{receiver.server_port}/signed", b"{}")
