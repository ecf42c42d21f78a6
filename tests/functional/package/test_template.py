"""The template: no event and no failure is lost; alarms, dashboard and parameters are complete."""

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from localcloud.stack.template import Template

ROOT = Path(__file__).parents[3]
DOCUMENT: dict[str, Any] = Template.read(ROOT / "template.yaml").document
RESOURCES: dict[str, Any] = DOCUMENT["Resources"]
FUNCTIONS = {
    name: resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::Serverless::Function"
}
EVENTS = {
    f"{function} {name}": event
    for function, properties in FUNCTIONS.items()
    for name, event in properties.get("Events", {}).items()
    if event["Type"] != "SQS"  # The queue has its own dead-letter queue.
}
# https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
NAMESPACES = (
    "AWS/SageMaker",
    "/aws/sagemaker/TrainingJobs",
    "/aws/sagemaker/ProcessingJobs",
    "/aws/sagemaker/Endpoints",
)


def queue_of(value: Any) -> str:
    """Return the logical id of the queue whose ARN the template takes."""
    found = re.search(r"(\w+)[.'\", ]+Arn", str(value))
    assert found, value
    assert RESOURCES[found.group(1)]["Type"] == "AWS::SQS::Queue"
    return found.group(1)


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_that_cannot_be_delivered_is_kept(name: str) -> None:
    # Given
    properties = EVENTS[name]["Properties"]

    # Then
    assert queue_of(properties["DeadLetterConfig"]["Arn"]) == "UnhandledCalls"
    assert properties["RetryPolicy"].keys() == {
        "MaximumEventAgeInSeconds",
        "MaximumRetryAttempts",
    }


def test_eventbridge_may_send_to_the_queue_of_undelivered_events() -> None:
    # Given
    statements = RESOURCES["QueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    allowed = [each for each in statements if each["Effect"] == "Allow"]

    # Then
    assert [each["Principal"] for each in allowed] == [{"Service": "events.amazonaws.com"}]
    assert queue_of(allowed[0]["Resource"]) == "UnhandledCalls"
    assert "aws:SourceAccount" in str(allowed[0]["Condition"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_call_that_a_function_cannot_handle_is_kept(name: str) -> None:
    # Given
    invocation = FUNCTIONS[name]["EventInvokeConfig"]

    # Then these have another queue: report_failure has nothing to say about them
    own = ("SweepFunction", "CleanUpFunction", "BuildImageFunction")
    expected = "UnhandledCalls" if name in own else "DeadLetters"
    assert queue_of(invocation["DestinationConfig"]["OnFailure"]["Destination"]) == expected
    assert "MaximumRetryAttempts" in invocation


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_each_job_role_may_write_sagemakers_own_metrics(namespace: str) -> None:
    # Given
    conditions = [
        statement["Condition"]["StringLike"]["cloudwatch:namespace"]
        for statement in statements_of(DOCUMENT)
        if statement.get("Action") == "cloudwatch:PutMetricData"
    ]

    # Then
    assert conditions
    for patterns in conditions:
        assert any(fnmatchcase(namespace, pattern) for pattern in patterns), patterns
        assert not any(fnmatchcase("AWS/Lambda", pattern) for pattern in patterns), patterns


def test_training_jobs_may_write_to_the_named_mlflow_server_only() -> None:
    # Given the statements about MLflow, which stand below a condition
    role = RESOURCES["TrainingJobRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    conditional = [each for each in role["Statement"] if "Fn::If" in each]
    found = [each for each in statements_of(DOCUMENT) if "mlflow" in str(each.get("Action"))]

    # Then there is one, and without the parameter there is none
    (statement,) = found
    assert ["HasMlflow", statement, {"Ref": "AWS::NoValue"}] in [
        each["Fn::If"] for each in conditional
    ]
    assert statement["Resource"] == {"Ref": "MlflowServerArn"}
    assert not any("Delete" in action or "*" in action for action in statement["Action"])


def statements_of(value: Any) -> list[dict[str, Any]]:
    """Return every statement below a value, also inside conditions of the template."""
    if isinstance(value, list):
        return [found for each in value for found in statements_of(each)]
    if not isinstance(value, dict):
        return []
    if "Effect" in value:
        return [value]
    return [found for each in value.values() for found in statements_of(each)]


def alarms() -> dict[str, Any]:
    return {
        name: resource["Properties"]
        for name, resource in RESOURCES.items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }


@pytest.mark.parametrize("name", alarms())
def test_each_alarm_sends_an_email_and_is_silent_without_data(name: str) -> None:
    # Given
    alarm = alarms()[name]

    # Then
    assert alarm["AlarmActions"] == [{"Ref": "ReportTopic"}]
    assert alarm["TreatMissingData"] == "notBreaching"
    assert alarm["AlarmDescription"]


# A build of the image that fails ends the deployment, so that somebody sees it without an alarm.
WATCHED = set(FUNCTIONS) - {"BuildImageFunction"}


@pytest.mark.parametrize("name", ["FunctionErrorsAlarm", "FunctionThrottlesAlarm"])
def test_the_alarms_of_functions_watch_every_function(name: str) -> None:
    # Given
    expression, *metrics = alarms()[name]["Metrics"]
    watched = {each["Id"]: function_of(each) for each in metrics}

    # Then
    assert set(watched.values()) == WATCHED
    assert set(re.findall(r"[a-z]\w+", expression["Expression"])) == set(watched)


def test_the_alarm_of_durations_knows_each_time_out() -> None:
    # Given
    expression, *metrics = alarms()["FunctionDurationAlarm"]["Metrics"]
    usual = DOCUMENT["Globals"]["Function"]["Timeout"]
    watched = {each["Id"]: function_of(each) for each in metrics}

    # When
    found = re.findall(r"(\w+) / (\d+)", expression["Expression"])

    # Then a duration in milliseconds becomes a share in percent
    assert set(watched.values()) == WATCHED - {"EvaluateFunction"}
    assert {watched[metric]: int(divisor) for metric, divisor in found} == {
        name: 10 * FUNCTIONS[name].get("Timeout", usual) for name in watched.values()
    }


def function_of(metric: dict[str, Any]) -> str:
    """Return the logical id of the function that a metric is about."""
    (dimension,) = metric["MetricStat"]["Metric"]["Dimensions"]
    return str(dimension["Value"]["Ref"])


def test_dashboard_and_alarms_name_metrics_that_the_functions_write() -> None:
    # Given
    measures = (ROOT / "functions" / "tunedrop" / "aws" / "measures.py").read_text()
    written = set(re.findall(r'_put\(\s*"(\w+)"', measures))
    body = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    json.loads(body)

    # When
    shown = set(re.findall(r'"Tunedrop", "(\w+)"', body))
    shown |= set(re.findall(r'MetricName=\\"(\w+)', body))
    watched = {
        alarm["MetricName"] for alarm in alarms().values() if alarm.get("Namespace") == "Tunedrop"
    }

    # Then
    assert shown == written
    assert watched == {"OldestRunHours", "MonthUsd"}
    assert watched <= written


def test_each_parameter_is_in_a_group_with_a_label_and_a_constraint() -> None:
    # Given
    interface = DOCUMENT["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in interface["ParameterGroups"] for name in group["Parameters"]]

    # Then
    assert sorted(grouped) == sorted(DOCUMENT["Parameters"])
    assert interface["ParameterLabels"].keys() == DOCUMENT["Parameters"].keys()
    for name, parameter in DOCUMENT["Parameters"].items():
        assert parameter["Description"], name
        assert parameter["ConstraintDescription"], name
        limits = {"AllowedPattern", "AllowedValues", "MinValue"}
        assert limits & parameter.keys(), name
