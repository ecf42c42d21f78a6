"""Conditions of the template's roles and policies: each refuses what it should, and no more."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.support.local_aws.stack_roles import physical_id, role_policies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.local_aws.cloud import Cloud

STACK = "tunedrop:stack"
DENIED = ("AccessDenied", "AccessDeniedException", "AuthorizationError")
FUNCTIONS = ("Prepare", "Train", "Deploy", "Evaluate", "ReportFailure", "Sweep", "CleanUp")
DELETING = ("Train", "Deploy", "Evaluate", "ReportFailure", "Sweep", "CleanUp")


def acting_as(cloud: Cloud, role: str, service: str) -> Any:
    """Return a client that may do what a role of the stack may do."""
    return cloud.acting_with(role_policies(cloud, role), service)


def code_of(call: Callable[..., Any], **arguments: Any) -> str:
    """Return the error code of a call, or an empty text when it succeeds."""
    try:
        call(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def tags(stack: str | None) -> list[dict[str, str]]:
    return [{"Key": STACK, "Value": stack}] if stack else []


def model_request(cloud: Cloud, name: str, stack: str | None) -> dict[str, Any]:
    role = cloud.client("iam").get_role(RoleName=physical_id(cloud, "EndpointRole"))["Role"]
    return {
        "ModelName": name,
        "ExecutionRoleArn": role["Arn"],
        "PrimaryContainer": {"Image": "763104351884.dkr.ecr.us-east-1.amazonaws.com/vllm:1"},
        "Tags": tags(stack),
    }


def new_name() -> str:
    """Return a name as the stack's resources have it."""
    return f"tweets-{uuid.uuid4().hex[:12]}-1"


@pytest.fixture
def models(cloud: Cloud) -> Iterator[dict[str, str]]:
    """Models of this stack, of another one and of nobody, by the value of their tag."""
    root = cloud.client("sagemaker")
    names = {stack: new_name() for stack in ("tunedrop", "another", "")}
    for stack, name in names.items():
        root.create_model(**model_request(cloud, name, stack))
    yield names
    for name in names.values():
        code_of(root.delete_model, ModelName=name)


@pytest.mark.parametrize("function", DELETING)
def test_only_models_of_the_stack_may_be_deleted(
    function: str, cloud: Cloud, models: dict[str, str]
) -> None:
    # Given
    sagemaker = acting_as(cloud, f"{function}FunctionRole", "sagemaker")

    # When
    codes = {stack: code_of(sagemaker.delete_model, ModelName=models[stack]) for stack in models}

    # Then
    assert codes == {
        "tunedrop": "",
        "another": "AccessDeniedException",
        "": "AccessDeniedException",
    }


@pytest.mark.parametrize("function", DELETING[:-1])
def test_a_foreign_model_is_not_described_and_a_missing_one_is_missing(
    function: str, cloud: Cloud, models: dict[str, str]
) -> None:
    # Given
    sagemaker = acting_as(cloud, f"{function}FunctionRole", "sagemaker")

    # When
    ours = code_of(sagemaker.describe_model, ModelName=models["tunedrop"])
    foreign = code_of(sagemaker.describe_model, ModelName=models["another"])
    missing = code_of(sagemaker.describe_model, ModelName=new_name())

    # Then
    assert (ours, foreign, missing) == ("", "AccessDeniedException", "ValidationException")


@pytest.mark.parametrize("stack", ["another", None])
def test_models_are_created_with_the_stacks_tag_only(stack: str | None, cloud: Cloud) -> None:
    # Given
    deploy = acting_as(cloud, "DeployFunctionRole", "sagemaker")
    name = new_name()

    # When
    refused = code_of(deploy.create_model, **model_request(cloud, name, stack))
    allowed = code_of(deploy.create_model, **model_request(cloud, name, "tunedrop"))

    # Then
    cloud.client("sagemaker").delete_model(ModelName=name)
    assert (refused, allowed) == ("AccessDeniedException", "")


def test_tags_are_added_at_creation_only(cloud: Cloud, models: dict[str, str]) -> None:
    # Given
    foreign = cloud.client("sagemaker").describe_model(ModelName=models["another"])["ModelArn"]
    deploy = acting_as(cloud, "DeployFunctionRole", "sagemaker")

    # When
    code = code_of(deploy.add_tags, ResourceArn=foreign, Tags=tags("tunedrop"))

    # Then
    assert code == "AccessDeniedException"


def test_only_the_stacks_endpoints_may_be_asked(cloud: Cloud) -> None:
    # Given
    runtime = acting_as(cloud, "EvaluateFunctionRole", "sagemaker-runtime")

    # When
    code = code_of(
        runtime.invoke_endpoint,
        EndpointName="another-endpoint",
        ContentType="application/json",
        Body=b"{}",
    )

    # Then
    assert code == "AccessDeniedException"


@pytest.mark.parametrize("role", ["PrepareFunctionRole", "PrepareJobRole"])
def test_code_that_parses_files_may_touch_no_endpoint(
    role: str, cloud: Cloud, models: dict[str, str]
) -> None:
    # Given
    sagemaker = acting_as(cloud, role, "sagemaker")
    name = models["tunedrop"]

    # When
    codes = [
        code_of(sagemaker.delete_endpoint, EndpointName=name),
        code_of(sagemaker.describe_endpoint, EndpointName=name),
        code_of(sagemaker.delete_endpoint_config, EndpointConfigName=name),
        code_of(sagemaker.delete_model, ModelName=name),
    ]

    # Then
    assert codes == ["AccessDeniedException"] * 4


# By function: keys below runs/dataset/run/ that it writes, and one that it may not write.
WRITES = {
    "Prepare": (["run.json", "recipe.json", "dataset/train.jsonl"], "report/report.json"),
    "Train": (["run.json", "config/training.json"], "dataset/train.jsonl"),
    "Deploy": (["run.json", "config/trials.json", "failure/1.json"], "config/training.json"),
    "Evaluate": (["run.json", "report/report.html", "email/1.json"], "dataset/dataset.json"),
    "ReportFailure": (["run.json", "email/1.json"], "report/report.html"),
    "Sweep": (["run.json", "email/1.json", "failure/1.json"], "config/training.json"),
}


@pytest.mark.parametrize("function", WRITES)
def test_each_function_writes_its_own_documents_only(function: str, cloud: Cloud) -> None:
    # Given
    s3 = acting_as(cloud, f"{function}FunctionRole", "s3")
    allowed, refused = WRITES[function]

    # When
    written = [
        code_of(s3.put_object, Bucket=cloud.bucket, Key=f"runs/_narrow/0/{key}", Body=b"x")
        for key in allowed
    ]
    other = code_of(s3.put_object, Bucket=cloud.bucket, Key=f"runs/_narrow/0/{refused}", Body=b"x")

    # Then
    assert written == [""] * len(allowed)
    assert other == "AccessDenied"


def test_a_drop_cannot_be_replaced_by_any_function(cloud: Cloud) -> None:
    # When
    codes = {
        function: code_of(
            acting_as(cloud, f"{function}FunctionRole", "s3").put_object,
            Bucket=cloud.bucket,
            Key="datasets/narrow/data.csv",
            Body=b"x",
        )
        for function in FUNCTIONS
    }

    # Then
    assert codes == dict.fromkeys(FUNCTIONS, "AccessDenied")


@pytest.mark.parametrize("function", [each for each in FUNCTIONS if each != "CleanUp"])
def test_lists_name_a_prefix_of_their_own_and_a_missing_object_is_404(
    function: str, cloud: Cloud
) -> None:
    # Given
    s3 = acting_as(cloud, f"{function}FunctionRole", "s3")
    own = {
        "Prepare": ["datasets/narrow/"],
        "Train": ["runs/_bills/2026-11/", "models/"],
        "Evaluate": ["runs/narrow/0a1b2c3d4e5f/answers/1/", "runs/_index/"],
        "ReportFailure": ["datasets/narrow/a.csv", "runs/_index/"],
        "Sweep": ["datasets/", "runs/_active/", "runs/_index/"],
    }.get(function, [])

    # When
    foreign = code_of(s3.list_objects_v2, Bucket=cloud.bucket, Prefix="runs/narrow/")
    missing = code_of(s3.get_object, Bucket=cloud.bucket, Key="runs/narrow/current.json")

    # Then
    assert foreign == "AccessDenied"
    assert missing == "NoSuchKey"
    for prefix in own:
        assert not code_of(s3.list_objects_v2, Bucket=cloud.bucket, Prefix=prefix), prefix


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_writes_no_log_but_its_own(function: str, cloud: Cloud) -> None:
    # Given
    group = physical_id(cloud, f"{function}Logs")
    everything = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    basic = {"basic": {"Version": "2012-10-17", "Statement": [everything]}}  # as AWS's own policy
    logs = cloud.acting_with({**role_policies(cloud, f"{function}FunctionRole"), **basic}, "logs")
    stream = uuid.uuid4().hex

    # When
    own = code_of(logs.create_log_stream, logGroupName=group, logStreamName=stream)
    other = code_of(logs.create_log_group, logGroupName=f"/elsewhere/{stream}")

    # Then
    assert (own, other) == ("", "AccessDeniedException")


@pytest.fixture
def without_tls(cloud: Cloud) -> Callable[[str], Any]:
    """Make clients that may do everything, and whose requests come without TLS."""
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policies = {"all": {"Version": "2012-10-17", "Statement": [everything]}}

    def client(service: str) -> Any:
        made = cloud.acting_with(policies, service)
        made.meta.events.register(
            "before-sign",
            lambda request, **_: request.headers.add_header("X-Forwarded-Proto", "http"),
        )
        return made

    return client


def test_the_bucket_the_topic_and_the_queues_refuse_plain_http(
    cloud: Cloud, without_tls: Callable[[str], Any]
) -> None:
    # Given
    topic = cloud.client("sns").list_topics()["Topics"][0]["TopicArn"]
    queues = cloud.client("sqs").list_queues()["QueueUrls"]

    # When
    codes = [
        code_of(without_tls("s3").list_objects_v2, Bucket=cloud.bucket),
        code_of(without_tls("s3").get_object, Bucket=cloud.bucket, Key="runs/x"),
        code_of(without_tls("sns").publish, TopicArn=topic, Message="x"),
        *(code_of(without_tls("sqs").receive_message, QueueUrl=url) for url in queues),
    ]

    # Then
    assert len(codes) == 6
    assert [code.removeprefix("AWS.SimpleQueueService.") in DENIED for code in codes] == [True] * 6


def test_sagemaker_may_use_a_role_for_its_own_account_only(cloud: Cloud) -> None:
    # Given
    roles = ("PrepareJobRole", "FetchJobRole", "TrainingJobRole", "EndpointRole")
    iam = cloud.client("iam")

    account = cloud.client("sts").get_caller_identity()["Account"]

    # When
    conditions = []
    for role in roles:
        trust = iam.get_role(RoleName=physical_id(cloud, role))["Role"]["AssumeRolePolicyDocument"]
        conditions.append(trust["Statement"][0]["Condition"])

    # Then
    assert conditions == [{"StringEquals": {"aws:SourceAccount": account}}] * 4


def test_sweep_removes_what_carries_the_stacks_tag_and_no_run_knows(
    cloud: Cloud, models: dict[str, str]
) -> None:
    # Given models that no marker leads to, as after runs/ was deleted by hand
    sagemaker = cloud.client("sagemaker")

    # When
    answer = cloud.client("lambda").invoke(
        FunctionName=physical_id(cloud, "SweepFunction"), Payload=b"{}"
    )

    # Then
    assert "FunctionError" not in answer, answer["Payload"].read()
    left = {
        stack: not code_of(sagemaker.describe_model, ModelName=models[stack]) for stack in models
    }
    assert left == {"tunedrop": False, "another": True, "": True}
