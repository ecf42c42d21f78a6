"""Answers that ministack alone gives wrongly: filters of logs, tags, subjects, unknown services."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functional.localcloud.probe_cloud import BUCKET, ProbeCloud

GROUP = "/test/filters"
EVENTS = [
    {"level": "INFO", "message": "started", "run": {"id": "a1"}, "seconds": 3},
    {"level": "ERROR", "message": "disk full", "run": {"id": "b2"}, "seconds": 40},
]


@pytest.fixture(scope="module")
def logs(probe: ProbeCloud) -> Any:
    """A client, and a log group with two JSON messages and one of plain text."""
    client = probe.client("logs")
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName="one")
    now = int(time.time() * 1000)
    messages = [json.dumps(event) for event in EVENTS] + ["plain Error text"]
    client.put_log_events(
        logGroupName=GROUP,
        logStreamName="one",
        logEvents=[{"timestamp": now + at, "message": text} for at, text in enumerate(messages)],
    )
    return client


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ('{ $.level = "ERROR" }', ["disk full"]),
        ('{ $.level != "ERROR" }', ["started"]),
        ('{ $.run.id = "b*" && $.seconds > 30 }', ["disk full"]),
        ("{ ($.seconds = 3) || ($.seconds >= 41) }", ["started"]),
        ("{ $.nothing NOT EXISTS }", ["started", "disk full"]),
        ("disk", ["disk full"]),
        ('"disk full" -started', ["disk full"]),
        ("error", []),
        ("?started ?plain", ["started", "plain Error text"]),
    ],
)
def test_a_filter_pattern_selects_events(logs: Any, pattern: str, found: list[str]) -> None:
    # When
    events = logs.filter_log_events(logGroupName=GROUP, filterPattern=pattern)["events"]

    # Then
    messages = [event["message"] for event in events]
    assert [json.loads(m)["message"] if m.startswith("{") else m for m in messages] == found


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ('level = "ERROR"', 1),
        ("level = 'ERROR' or seconds < 10", 2),
        ('level like /err/i and not run.id in ["a1"]', 1),
        ("@message like /(?i)error/", 2),
        ("@message not like 'level'", 1),
        ("ispresent(run.id)", 2),
    ],
)
def test_a_filter_of_a_query_selects_events(logs: Any, condition: str, count: int) -> None:
    # When
    query = logs.start_query(
        logGroupName=GROUP,
        startTime=int(time.time()) - 60,
        endTime=int(time.time()) + 60,
        queryString=f"fields @message | filter {condition} | limit 20",
    )["queryId"]

    # Then
    assert len(logs.get_query_results(queryId=query)["results"]) == count


def test_a_filter_that_is_not_understood_is_refused(logs: Any) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        logs.filter_log_events(logGroupName=GROUP, filterPattern="{ level = 3 }")
    with pytest.raises(ClientError, match="MalformedQueryException"):
        logs.start_query(logGroupName=GROUP, startTime=0, endTime=1, queryString="filter level ~ 3")


@pytest.mark.parametrize("qualifier", [{}, {"Qualifier": "$LATEST"}])
def test_the_settings_of_asynchronous_calls_are_found(
    probe: ProbeCloud, qualifier: dict[str, str]
) -> None:
    # When
    found = probe.client("lambda").get_function_event_invoke_config(
        FunctionName="probe-recorder", **qualifier
    )

    # Then
    assert found["MaximumRetryAttempts"] == 2
    assert found["MaximumEventAgeInSeconds"] == 3600


def test_the_tagging_api_lists_the_resources_of_a_stack(probe: ProbeCloud) -> None:
    # When
    listed = probe.client("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "aws:cloudformation:logical-id", "Values": ["DataBucket"]}]
    )["ResourceTagMappingList"]

    # Then
    assert [item["ResourceARN"] for item in listed] == [f"arn:aws:s3:::{BUCKET}"]
    tags = {tag["Key"]: tag["Value"] for tag in listed[0]["Tags"]}
    assert tags["aws:cloudformation:stack-name"] == "tunedrop"


def test_the_tagging_api_lists_resources_of_sagemaker(probe: ProbeCloud) -> None:
    # Given
    (role,) = (
        role["Arn"]
        for role in probe.client("iam").list_roles()["Roles"]
        if "TrainingRole" in role["RoleName"]
    )
    probe.client("sagemaker").create_model(
        ModelName="tagged",
        ExecutionRoleArn=role,
        PrimaryContainer={"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/vllm:1"},
        Tags=[{"Key": "run", "Value": "a1"}],
    )

    # When
    listed = probe.client("resourcegroupstaggingapi").get_resources(
        ResourceTypeFilters=["sagemaker"], TagFilters=[{"Key": "run"}]
    )["ResourceTagMappingList"]

    # Then
    assert [item["ResourceARN"].rsplit(":", 1)[-1] for item in listed] == ["model/tagged"]


@pytest.mark.parametrize("subject", ["x" * 101, "two\nlines", "\x07"])
def test_sns_refuses_a_subject_that_it_cannot_send(probe: ProbeCloud, subject: str) -> None:
    # Given
    sns = probe.client("sns")
    topic = sns.list_topics()["Topics"][0]["TopicArn"]

    # Then
    with pytest.raises(ClientError) as refused:
        sns.publish(TopicArn=topic, Subject=subject, Message="text")
    assert refused.value.response["Error"]["Code"] == "InvalidParameter"
    assert sns.publish(TopicArn=topic, Subject="x" * 99, Message="text")["MessageId"]


@pytest.mark.parametrize(
    ("service", "call", "arguments"),
    [
        ("xray", "get_sampling_rules", {}),
        (
            "ce",
            "get_cost_and_usage",
            {
                "TimePeriod": {"Start": "2026-11-01", "End": "2026-11-02"},
                "Granularity": "DAILY",
                "Metrics": ["UnblendedCost"],
            },
        ),
        ("service-quotas", "list_services", {}),
    ],
)
def test_a_service_that_nobody_emulates_says_so(
    probe: ProbeCloud, service: str, call: str, arguments: dict[str, Any]
) -> None:
    # When
    with pytest.raises(ClientError) as refused:
        getattr(probe.client(service), call)(**arguments)

    # Then
    assert refused.value.response["Error"]["Code"] == "NotEmulated"
    assert "is not emulated by localcloud" in refused.value.response["Error"]["Message"]
