"""Endpoints, from create to delete."""

from __future__ import annotations

import io
import json
import os
import tarfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functional.localcloud.sagemaker.hosting.endpoints import (
    ARN,
    create_endpoint,
    deployed,
    invoke,
    is_gone,
    settled,
)
from tests.support.local_aws.sagemaker.account import (
    ACCOUNT,
    BUCKET,
    REGION,
    SERVING_IMAGE,
    execution_statements,
)
from tests.support.local_aws.sagemaker.cloud import Cloud, Events, wait_for
from tests.support.local_aws.sagemaker.requests import s3_prefix


def test_program_finds_model_data_and_its_environment(cloud: Cloud, name: str) -> None:
    """The model is isolated, so the program gets no credentials."""
    # Given
    deployed(cloud, name, Environment={"SM_VLLM_SERVED_MODEL_NAME": "base"})

    # When
    seen = invoke(cloud, name, {})

    # Then
    assert seen["files"] == {
        "model/config.json": "{}",
        "model/deep/tensor": "base",
        "additional-model-data-sources/tuned/adapter_config.json": "tuned",
    }
    environment = seen["environment"]
    folder = environment["SAGEMAKER_BASE_DIR"].removesuffix("/ml")
    environment.pop("LC_CTYPE", None)  # set by Python itself
    environment.pop("__CF_USER_TEXT_ENCODING", None)  # set by macOS itself
    assert environment.pop("SM_VLLM_PORT") == environment.pop("SAGEMAKER_BIND_TO_PORT")
    assert environment == {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": f"{folder}/home",
        "TMPDIR": f"{folder}/tmp",  # noqa: S108  # the program's own
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAGEMAKER_BASE_DIR": f"{folder}/ml",
        "SM_VLLM_HOST": "127.0.0.1",
        "SM_VLLM_SERVED_MODEL_NAME": "base",
    }
    group = f"/aws/sagemaker/Endpoints/{name}"
    wait_for(lambda: "serving" in cloud.log_text(group, "AllTraffic/i-"))  # logs come in batches


def test_program_that_is_not_isolated_acts_as_the_execution_role(cloud: Cloud, name: str) -> None:
    # Given
    deployed(cloud, name, EnableNetworkIsolation=False)

    # When
    environment = invoke(cloud, name, {})["environment"]

    # Then
    keys = {
        f"aws_{key[4:].lower()}": environment[key]
        for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    }
    identity = cloud.client("sts", keys).get_caller_identity()
    assert identity["Arn"].endswith(":assumed-role/execution/SageMaker")


def test_packed_model_is_unpacked(cloud: Cloud, name: str) -> None:
    # Given
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("deep/weights")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"tiny"))
    cloud.client("s3").put_object(Bucket=BUCKET, Key=f"{name}.tar.gz", Body=packed.getvalue())
    container = {"Image": SERVING_IMAGE, "ModelDataUrl": f"s3://{BUCKET}/{name}.tar.gz"}

    # When
    deployed(cloud, name, container=container)

    # Then
    assert invoke(cloud, name, {})["files"] == {"model/deep/weights": "tiny"}


def test_description_and_events_spell_the_status_differently(
    cloud: Cloud, sagemaker: Any, name: str, events: Events
) -> None:
    # Given
    tags = [{"Key": "run", "Value": "abc"}]
    deployed(cloud, name, tags=tags)
    described = sagemaker.describe_endpoint(EndpointName=name)

    # When
    sagemaker.delete_endpoint(EndpointName=name)
    received = events.until(lambda event: event["detail"]["EndpointStatus"] == "DELETING")

    # Then
    assert described["EndpointStatus"] == "InService"
    assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    statuses = [event["detail"]["EndpointStatus"] for event in received]
    assert sorted(set(statuses), key=statuses.index) == ["CREATING", "IN_SERVICE", "DELETING"]
    last = received[-1]
    assert last["detail-type"] == "SageMaker Endpoint State Change"
    assert last["resources"] == [described["EndpointArn"]] == [f"{ARN}:endpoint/{name}"]
    assert last["detail"]["EndpointConfigName"] == name
    assert last["detail"]["ProductionVariants"][0]["VariantName"] == "AllTraffic"
    assert last["detail"]["Tags"] == {"run": "abc"}
    created = round(described["CreationTime"].timestamp() * 1000)
    assert abs(last["detail"]["CreationTime"] - created) <= 1


def test_endpoint_without_model_data_fails(cloud: Cloud, name: str) -> None:
    # Given
    container = {"Image": SERVING_IMAGE, "ModelDataSource": s3_prefix("nothing/")}

    # When
    create_endpoint(cloud, name, container=container)
    reason = settled(cloud, name)["FailureReason"]

    # Then
    assert reason.startswith(
        f'Failed to download model data for container "container_1" from URL: "s3://{BUCKET}/'
        'nothing/". Please ensure that there is an object located at the URL'
    )


def test_model_data_is_read_with_the_role_of_the_model(cloud: Cloud, name: str) -> None:
    # Given
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}
    cloud.put_role(role, ["sagemaker.amazonaws.com"], [*execution_statements(), deny])

    # When
    create_endpoint(cloud, name, ExecutionRoleArn=role)

    # Then
    assert "AccessDenied" in settled(cloud, name)["FailureReason"]


def test_deleted_endpoint_leaves_no_process_and_no_folder(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    # Given
    deployed(cloud, name)
    pid = invoke(cloud, name, {})["pid"]

    # When
    sagemaker.delete_endpoint(EndpointName=name)
    wait_for(lambda: is_gone(sagemaker, name))

    # Then
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert list(cloud.sagemaker_dir.glob(f"{name}-*")) == []


def test_operation_that_is_not_emulated_is_refused_by_name(sagemaker: Any, name: str) -> None:
    weights = [{"VariantName": "AllTraffic", "DesiredWeight": 1.0}]
    with pytest.raises(ClientError, match="UpdateEndpointWeightsAndCapacities is not emulated"):
        sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=name, DesiredWeightsAndCapacities=weights
        )


def test_killed_program_is_started_again(cloud: Cloud, sagemaker: Any, name: str) -> None:
    """Until it is healthy again, an invocation is a ModelError; the endpoint stays InService."""
    # Given
    deployed(cloud, name)
    first = invoke(cloud, name, {})["pid"]

    # When
    with pytest.raises(ClientError) as died:
        invoke(cloud, name, {"die": True})

    # Then
    assert died.value.response["Error"]["Code"] == "ModelError"

    # And when
    with pytest.raises(ClientError) as down:
        invoke(cloud, name, {})

    # Then
    assert down.value.response["Error"]["Code"] == "ModelError"
    assert sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService"

    def answers() -> int:
        try:
            return int(invoke(cloud, name, {})["pid"])
        except ClientError:
            return 0

    assert wait_for(answers) != first


def test_body_of_an_answer_is_passed_on_untouched(cloud: Cloud, name: str) -> None:
    # Given
    deployed(cloud, name)

    # When
    answer = cloud.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=name,
        Body=b'{"a": 1}',
        ContentType="application/json",
        CustomAttributes="trace=1",
    )

    # Then
    seen = json.loads(answer["Body"].read())
    assert (seen["path"], seen["bytes"], seen["attributes"]) == ("/invocations", 8, "trace=1")
    assert answer["ContentType"] == "application/json"
    assert answer["InvokedProductionVariant"] == "AllTraffic"
