"""Every request for a job, a model or an endpoint keeps the rules, and each rule can fail."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.support.builders.runs import run_of
from tests.support.builders.training_document import SMALL
from tests.support.pipeline.request_policy import MODEL, assert_valid_request, violations
from tunedrop.dataset.sizing.footprint import Footprint
from tunedrop.jobs.endpoint import (
    HostingSettings,
    endpoint_config_request,
    endpoint_request,
    model_request,
)
from tunedrop.jobs.fetch_job import fetch_job_request
from tunedrop.jobs.network import Network
from tunedrop.jobs.processing_job import (
    FetchSettings,
    ProcessingSettings,
    processing_job_request,
)
from tunedrop.jobs.training_job import TrainingSettings, training_job_request
from tunedrop.jobs.tuning_job import tuning_job_request
from tunedrop.recipe.yaml_file import read_recipe

ROOT = Path(__file__).parents[3]
ROLE = "arn:aws:iam::111122223333:role/tunedrop"
TRAINING = TrainingSettings("image", ROLE, "tunedrop", 1000)
HOSTING = HostingSettings("image", ROLE, "tunedrop")
FETCH = FetchSettings(ROLE, "https://huggingface.co", "")
PROCESSING = ProcessingSettings("image", ROLE, "tunedrop", "us-east-1", 2048, 2048, FETCH)
RECIPE = read_recipe(b"")
RUN = run_of()
SPOT = read_recipe(b"training: {spot: true}")
MLFLOW = "arn:aws:sagemaker:us-east-1:111122223333:mlflow-tracking-server/ours"
TRACKED = read_recipe(f"mlflow: {MLFLOW}".encode())
TUNED = read_recipe(b"tune: {jobs: 2}")
REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "training": ("CreateTrainingJob", training_job_request(RUN, RECIPE, TRAINING)),
    "spot": ("CreateTrainingJob", training_job_request(RUN, SPOT, TRAINING)),
    "tracked": ("CreateTrainingJob", training_job_request(RUN, TRACKED, TRAINING)),
    "tuning": (
        "CreateHyperParameterTuningJob",
        tuning_job_request(RUN, TUNED, SMALL, TRAINING),
    ),
    "prepare": (
        "CreateProcessingJob",
        processing_job_request(RUN, Footprint(1, 1, 1), PROCESSING),
    ),
    "fetch": ("CreateProcessingJob", fetch_job_request("fetch-m-1", "b", RECIPE, PROCESSING)),
    "model": ("CreateModel", model_request(RUN, RECIPE, SMALL, "s3://b/model", HOSTING)),
    "config": ("CreateEndpointConfig", endpoint_config_request(RUN, RECIPE, HOSTING)),
    "endpoint": ("CreateEndpoint", endpoint_request(RUN, HOSTING)),
}
# What is broken in which request, and the words of the rule that notices it.
BROKEN: dict[str, tuple[str, Callable[[Any], object], str]] = {
    "training with a network": (
        "training",
        lambda r: r.update(EnableNetworkIsolation=False),
        "the training has a network",
    ),
    "trials with a network": (
        "tuning",
        lambda r: r["TrainingJobDefinition"].pop("EnableNetworkIsolation"),
        "the training has a network",
    ),
    "model with a network": (
        "model",
        lambda r: r.update(EnableNetworkIsolation=False),
        "the model's container has a network",
    ),
    "unknown program with a network": (
        "prepare",
        lambda r: r["AppSpecification"].update(ContainerEntrypoint=["other"]),
        "has a network and needs none",
    ),
    "several instances in plain text": (
        "training",
        lambda r: r["ResourceConfig"].update(InstanceCount=2),
        "talk in plain text",
    ),
    "input from elsewhere": (
        "training",
        lambda r: r["InputDataConfig"][0]["DataSource"]["S3DataSource"].update(
            S3Uri="http://elsewhere/rows"
        ),
        "no object in S3",
    ),
    "output to elsewhere": (
        "training",
        lambda r: r["OutputDataConfig"].update(S3OutputPath="http://elsewhere/"),
        "no object in S3",
    ),
    "training without an end": (
        "training",
        lambda r: r["StoppingCondition"].pop("MaxRuntimeInSeconds"),
        "MaxRuntimeInSeconds is None",
    ),
    "spot training that is too long": (
        "spot",
        lambda r: r["StoppingCondition"].update(MaxRuntimeInSeconds=9_999_999),
        "MaxRuntimeInSeconds is 9999999",
    ),
    "fetch job without an end": (
        "fetch",
        lambda r: r.pop("StoppingCondition"),
        "MaxRuntimeInSeconds is None",
    ),
    "tuning without an end": (
        "tuning",
        lambda r: r["HyperParameterTuningJobConfig"]["ResourceLimits"].pop("MaxRuntimeInSeconds"),
        "the tuning job has MaxRuntimeInSeconds None",
    ),
    "tuning without a number of jobs": (
        "tuning",
        lambda r: r["HyperParameterTuningJobConfig"]["ResourceLimits"].pop(
            "MaxNumberOfTrainingJobs"
        ),
        "no limit of training jobs",
    ),
    "no tag": ("endpoint", lambda r: r.pop("Tags"), "the tag tunedrop:stack is missing"),
    "weights of any format": (
        "model",
        lambda r: r["PrimaryContainer"]["Environment"].update(SM_VLLM_LOAD_FORMAT="auto"),
        "SM_VLLM_LOAD_FORMAT is auto",
    ),
    "remote code": (
        "model",
        lambda r: r["PrimaryContainer"]["Environment"].update(SM_VLLM_TRUST_REMOTE_CODE="true"),
        "allows remote code",
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_each_request_is_valid_for_aws_and_keeps_the_rules(name: str) -> None:
    assert_valid_request(*REQUESTS[name])


def test_every_operation_that_creates_something_has_a_request_here() -> None:
    # Given
    source = (ROOT / "functions" / "tunedrop" / "aws" / "sagemaker.py").read_text()

    # When
    called = set(re.findall(r"client\.(create_\w+)", source))

    # Then
    assert called
    assert called == {
        re.sub(r"(?<!^)([A-Z])", r"_\1", operation).lower() for operation, _ in REQUESTS.values()
    }


@pytest.mark.parametrize("name", BROKEN)
def test_a_request_that_breaks_a_rule_is_refused(name: str) -> None:
    # Given
    kind, damage, words = BROKEN[name]
    operation, request = REQUESTS[kind][0], deepcopy(REQUESTS[kind][1])
    damage(request)

    # When
    broken = violations(operation, request)

    # Then
    assert len(broken) == 1
    assert words in broken[0]


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_with_an_unknown_member_is_refused(name: str) -> None:
    # Given
    operation, request = REQUESTS[name]
    required = MODEL.operation_model(operation).input_shape.required_members[0]

    # When / Then
    with pytest.raises(AssertionError, match="Unknown parameter"):
        assert_valid_request(operation, {**request, "Unknown": 1})
    with pytest.raises(AssertionError, match=required):
        assert_valid_request(operation, {k: v for k, v in request.items() if k != required})


def test_the_adapter_is_named_by_an_object_and_not_by_an_array() -> None:
    # Given the settings of a server with an adapter
    environment = REQUESTS["model"][1]["PrimaryContainer"]["Environment"]

    # When they are read, then images of before August 2026 understand them too
    assert json.loads(environment["SM_VLLM_LORA_MODULES"]) == {
        "name": "tuned",
        "path": "/opt/ml/additional-model-data-sources/tuned",
    }


NETWORK = Network("subnet-0a,subnet-0b", "sg-0a")
IN_A_VPC: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "training": (
        "CreateTrainingJob",
        training_job_request(RUN, RECIPE, replace(TRAINING, network=NETWORK)),
        (),
    ),
    "tuning": (
        "CreateHyperParameterTuningJob",
        tuning_job_request(RUN, TUNED, SMALL, replace(TRAINING, network=NETWORK)),
        ("TrainingJobDefinition",),
    ),
    "prepare": (
        "CreateProcessingJob",
        processing_job_request(RUN, Footprint(1, 1, 1), replace(PROCESSING, network=NETWORK)),
        ("NetworkConfig",),
    ),
    "fetch": (
        "CreateProcessingJob",
        fetch_job_request("fetch-m-1", "b", RECIPE, replace(PROCESSING, network=NETWORK)),
        ("NetworkConfig",),
    ),
    "model": (
        "CreateModel",
        model_request(RUN, RECIPE, SMALL, "s3://b/model", replace(HOSTING, network=NETWORK)),
        (),
    ),
}


@pytest.mark.parametrize("name", IN_A_VPC)
def test_jobs_and_endpoints_of_a_stack_with_a_vpc_run_in_it(name: str) -> None:
    # Given
    operation, request, path = IN_A_VPC[name]
    plain: Any = REQUESTS[name][1]
    found: Any = request

    # When
    assert_valid_request(operation, request)
    for member in path:
        found, plain = found[member], plain[member]

    # Then
    expected = {"Subnets": ["subnet-0a", "subnet-0b"], "SecurityGroupIds": ["sg-0a"]}
    assert found["VpcConfig"] == expected
    assert "VpcConfig" not in plain
