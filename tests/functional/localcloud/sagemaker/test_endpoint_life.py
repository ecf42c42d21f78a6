"""Models, endpoint configurations and endpoints, from create to delete."""

from __future__ import annotations

import io
import json
import os
import tarfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functional.localcloud.sagemaker.cloud import (
    ACCOUNT,
    BUCKET,
    REGION,
    ROLE,
    SERVING_IMAGE,
    Cloud,
    Events,
    execution_statements,
    s3_prefix,
    wait_for,
)
from tests.functional.localcloud.sagemaker.hosting import (
    ARN,
    create_endpoint,
    deployed,
    invoke,
    is_gone,
    model_request,
    settled,
    variant,
)


def test_program_finds_model_data_and_its_environment(cloud: Cloud, name: str) -> None:
    """Given base weights, an adapter and the model's own variables; isolated, so no credentials."""
    deployed(cloud, name, Environment={"SM_VLLM_SERVED_MODEL_NAME": "base"})

    seen = invoke(cloud, name, {})

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
    wait_for(lambda: "serving" in cloud.log_text(group, "AllTraffic/i-"))  # it comes in batches


def test_program_that_is_not_isolated_acts_as_the_execution_role(cloud: Cloud, name: str) -> None:
    deployed(cloud, name, EnableNetworkIsolation=False)

    environment = invoke(cloud, name, {})["environment"]

    keys = {
        f"aws_{key[4:].lower()}": environment[key]
        for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    }
    identity = cloud.client("sts", keys).get_caller_identity()
    assert identity["Arn"].endswith(":assumed-role/execution/SageMaker")


def test_packed_model_is_unpacked(cloud: Cloud, name: str) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("deep/weights")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"tiny"))
    cloud.client("s3").put_object(Bucket=BUCKET, Key=f"{name}.tar.gz", Body=packed.getvalue())
    container = {"Image": SERVING_IMAGE, "ModelDataUrl": f"s3://{BUCKET}/{name}.tar.gz"}

    deployed(cloud, name, container=container)

    assert invoke(cloud, name, {})["files"] == {"model/deep/weights": "tiny"}


def test_description_and_events_spell_the_status_differently(
    cloud: Cloud, sagemaker: Any, name: str, events: Events
) -> None:
    tags = [{"Key": "run", "Value": "abc"}]
    deployed(cloud, name, tags=tags)
    described = sagemaker.describe_endpoint(EndpointName=name)
    sagemaker.delete_endpoint(EndpointName=name)

    told = events.until(lambda event: event["detail"]["EndpointStatus"] == "DELETING")

    assert described["EndpointStatus"] == "InService"
    assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    statuses = [event["detail"]["EndpointStatus"] for event in told]
    assert sorted(set(statuses), key=statuses.index) == ["CREATING", "IN_SERVICE", "DELETING"]
    last = told[-1]
    assert last["detail-type"] == "SageMaker Endpoint State Change"
    assert last["resources"] == [described["EndpointArn"]] == [f"{ARN}:endpoint/{name}"]
    assert last["detail"]["EndpointConfigName"] == name
    assert last["detail"]["ProductionVariants"][0]["VariantName"] == "AllTraffic"
    assert last["detail"]["Tags"] == {"run": "abc"}
    created = round(described["CreationTime"].timestamp() * 1000)
    assert abs(last["detail"]["CreationTime"] - created) <= 1


def test_endpoint_without_model_data_fails(cloud: Cloud, name: str) -> None:
    container = {"Image": SERVING_IMAGE, "ModelDataSource": s3_prefix("nothing/")}
    create_endpoint(cloud, name, container=container)

    reason = settled(cloud, name)["FailureReason"]

    assert reason.startswith(
        f'Failed to download model data for container "container_1" from URL: "s3://{BUCKET}/'
        'nothing/". Please ensure that there is an object located at the URL'
    )


def test_model_data_is_read_with_the_role_of_the_model(cloud: Cloud, name: str) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}
    cloud.put_role(role, ["sagemaker.amazonaws.com"], [*execution_statements(), deny])
    create_endpoint(cloud, name, ExecutionRoleArn=role)

    assert "AccessDenied" in settled(cloud, name)["FailureReason"]


def test_deleted_endpoint_leaves_no_process_and_no_folder(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    deployed(cloud, name)
    pid = invoke(cloud, name, {})["pid"]

    sagemaker.delete_endpoint(EndpointName=name)
    wait_for(lambda: is_gone(sagemaker, name))

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert list(cloud.sagemaker_dir.glob(f"{name}-*")) == []


def test_names_are_taken_once_and_free_again(cloud: Cloud, sagemaker: Any, name: str) -> None:
    deployed(cloud, name)
    config = {"EndpointConfigName": name, "ProductionVariants": [variant(name)]}
    endpoint = {"EndpointName": name, "EndpointConfigName": name}

    for create, request, words in (
        (sagemaker.create_model, model_request(name), f'model "{ARN}:model/{name}"'),
        (
            sagemaker.create_endpoint_config,
            config,
            f'endpoint configuration "{ARN}:endpoint-config/{name}"',
        ),
        (sagemaker.create_endpoint, endpoint, f'endpoint "{ARN}:endpoint/{name}"'),
    ):
        with pytest.raises(ClientError) as refused:
            create(**request)
        error = refused.value.response["Error"]
        assert error["Code"] == "ValidationException"
        assert error["Message"] == f"Cannot create already existing {words}."

    sagemaker.delete_model(ModelName=name)
    with pytest.raises(ClientError, match="Could not find model"):
        sagemaker.describe_model(ModelName=name)
    sagemaker.create_model(**model_request(name))


def test_descriptions_return_what_was_asked(cloud: Cloud, sagemaker: Any, name: str) -> None:
    deployed(cloud, name)

    model = sagemaker.describe_model(ModelName=name)
    config = sagemaker.describe_endpoint_config(EndpointConfigName=name)

    assert model["ExecutionRoleArn"] == ROLE
    assert model["PrimaryContainer"] == model_request(name)["PrimaryContainer"]
    assert config["ProductionVariants"] == [variant(name)]


def test_missing_pieces_are_named(sagemaker: Any, name: str) -> None:
    with pytest.raises(ClientError, match=f'Could not find model "{ARN}:model/missing"'):
        sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[variant("missing")]
        )
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName="missing")


def test_prefix_of_model_data_ends_with_a_slash(sagemaker: Any, name: str) -> None:
    container = {"Image": SERVING_IMAGE, "ModelDataSource": s3_prefix("weights")}

    with pytest.raises(ClientError, match="must end with a forward slash") as refused:
        sagemaker.create_model(**model_request(name, container=container))
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_pass_role_is_needed_to_create_a_model(cloud: Cloud, name: str) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/caller-{name}"
    cloud.put_role(
        role, [], [{"Effect": "Allow", "Action": "sagemaker:CreateModel", "Resource": "*"}]
    )
    caller = cloud.client("sagemaker", cloud.keys_of(role))

    with pytest.raises(ClientError, match="not authorized to perform: iam:PassRole") as refused:
        caller.create_model(**model_request(name))
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def test_update_of_an_endpoint_is_refused_by_name(sagemaker: Any, name: str) -> None:
    with pytest.raises(ClientError, match="SageMaker UpdateEndpoint is not emulated"):
        sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=name)


def test_killed_program_is_started_again(cloud: Cloud, sagemaker: Any, name: str) -> None:
    """Until it is healthy again an invocation is a ModelError; the endpoint stays InService."""
    deployed(cloud, name)
    first = invoke(cloud, name, {})["pid"]

    with pytest.raises(ClientError) as died:
        invoke(cloud, name, {"die": True})
    assert died.value.response["Error"]["Code"] == "ModelError"
    with pytest.raises(ClientError) as down:
        invoke(cloud, name, {})
    assert down.value.response["Error"]["Code"] == "ModelError"
    assert sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService"

    def answers() -> int:
        try:
            return int(invoke(cloud, name, {})["pid"])
        except ClientError:
            return 0

    assert wait_for(answers) != first


def test_lists_filter_sort_and_page(sagemaker: Any, name: str) -> None:
    for number in range(3):
        sagemaker.create_model(**model_request(f"{name}-{number}"))

    first = sagemaker.list_models(NameContains=name, SortBy="Name", MaxResults=2)
    rest = sagemaker.list_models(
        NameContains=name, SortBy="Name", MaxResults=2, NextToken=first["NextToken"]
    )

    found = [item["ModelName"] for page in (first, rest) for item in page["Models"]]
    assert found == [f"{name}-2", f"{name}-1", f"{name}-0"]
    assert "NextToken" not in rest
    paged = sagemaker.get_paginator("list_models").paginate(
        NameContains=name, SortBy="CreationTime", SortOrder="Ascending", PaginationConfig={}
    )
    names = [item["ModelName"] for page in paged for item in page["Models"]]
    assert names == [f"{name}-0", f"{name}-1", f"{name}-2"]


def test_tags_can_be_added_listed_and_deleted(sagemaker: Any, name: str) -> None:
    arn = sagemaker.create_model(**model_request(name, tags=[{"Key": "a", "Value": "1"}]))[
        "ModelArn"
    ]

    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "b", "Value": "é 2"}])
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a"])

    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "é 2"}]
    sagemaker.delete_model(ModelName=name)
    with pytest.raises(ClientError, match="Could not find resource"):
        sagemaker.list_tags(ResourceArn=arn)


def test_body_of_an_answer_is_passed_on_untouched(cloud: Cloud, name: str) -> None:
    deployed(cloud, name)
    answer = cloud.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=name,
        Body=b'{"a": 1}',
        ContentType="application/json",
        CustomAttributes="trace=1",
    )

    seen = json.loads(answer["Body"].read())
    assert (seen["path"], seen["bytes"], seen["attributes"]) == ("/invocations", 8, "trace=1")
    assert answer["ContentType"] == "application/json"
    assert answer["InvokedProductionVariant"] == "AllTraffic"
