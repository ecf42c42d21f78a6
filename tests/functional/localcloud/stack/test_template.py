"""Templates: each property is provisioned, reconciled or ignored, and the stack has them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ministack.services.cloudformation import engine
from samtranslator.translator.transform import transform

from localcloud.aws.reconciliation import IGNORED, PROVISIONED, RECONCILED, unknown_properties
from localcloud.stack.images import TRAINING_IMAGE
from localcloud.stack.template import LAYER, TEMPLATE, Template
from tests.functional.localcloud.probe_cloud import BUCKET, PROBE, ProbeCloud
from tests.support.local_aws.cloud import wait_for
from tests.support.local_aws.packages import ROOT


class NoManagedPolicies:
    """Replaces SAM's list of IAM's managed policies, which the templates do not need."""

    def load(self) -> dict[str, str]:
        return {}


def processed(template: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the resources after SAM's transform."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    read = Template.read(template)
    read.replace_local_code(lambda _folder, _kind: "s3://bucket/key", {})
    resources: dict[str, Any] = transform(read.document, {}, NoManagedPolicies())["Resources"]
    return resources


@pytest.mark.parametrize(
    "template", [ROOT / "template.yaml", PROBE / "template.yaml"], ids=["product", "probe"]
)
def test_every_property_of_a_template_is_on_a_list(
    template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(unknown_properties(processed(template, monkeypatch))) == []


def test_a_property_on_no_list_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    resources = processed(ROOT / "template.yaml", monkeypatch)
    resources["DataBucket"]["Properties"]["ObjectLockEnabled"] = True

    # When
    unknown = list(unknown_properties(resources))

    # Then
    assert unknown == ["DataBucket (AWS::S3::Bucket): ObjectLockEnabled"]


def test_no_property_is_on_two_lists() -> None:
    for kind in PROVISIONED.keys() | IGNORED.keys() | RECONCILED.keys():
        lists = [PROVISIONED.get(kind, frozenset()), set(IGNORED.get(kind, {}))]
        lists.append(set(RECONCILED.get(kind, {})))
        names = [name for one in lists for name in one]
        assert len(names) == len(set(names)), kind


def test_properties_that_cloudformation_drops_are_applied(probe: ProbeCloud) -> None:
    # When
    lambdas = probe.client("lambda")
    function = lambdas.get_function(FunctionName="probe-lonely")
    (rule,) = probe.s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]

    # Then
    assert rule["ID"] == "OldVersions"
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert ":tunedrop-DeadLetterQueue" in function["Configuration"]["DeadLetterConfig"]["TargetArn"]
    assert function["Concurrency"]["ReservedConcurrentExecutions"] == 3


def test_provisioned_properties_can_be_read_back(probe: ProbeCloud) -> None:
    # When
    s3, lambdas, logs = probe.s3, probe.client("lambda"), probe.client("logs")
    rules = probe.client("events").list_rules()["Rules"]
    (queue,) = probe.client("sqs").list_queues()["QueueUrls"]
    attributes = probe.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])
    (group,) = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/probe-rec")["logGroups"]
    (mapping,) = lambdas.list_event_source_mappings()["EventSourceMappings"]
    (alarm,) = probe.client("cloudwatch").describe_alarms()["MetricAlarms"]
    (repository,) = probe.client("ecr").describe_repositories()["repositories"]
    recorder = lambdas.get_function_configuration(FunctionName="probe-recorder")
    encryption = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]
    patterns = [json.loads(rule["EventPattern"]) for rule in rules if "EventPattern" in rule]

    # Then
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert "AES256" in str(encryption)
    assert sorted(pattern["source"] for pattern in patterns) == [["aws.s3"], ["aws.sagemaker"]]
    assert attributes["Attributes"]["VisibilityTimeout"] == "120"
    assert group["retentionInDays"] == 30
    assert mapping["BatchSize"] == 1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert alarm["MetricName"] == "Errors"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    assert recorder["LoggingConfig"]["LogFormat"] == "JSON"


def test_an_alarm_changes_its_state_without_being_read(probe: ProbeCloud) -> None:
    # Given
    watch = probe.client("cloudwatch")

    # When
    probe.drop("alarming", "fail.csv")

    def look() -> dict[str, Any] | None:
        changes = watch.describe_alarm_history(HistoryItemType="StateUpdate")["AlarmHistoryItems"]
        return next((one for one in changes if re.search("to ALARM", one["HistorySummary"])), None)

    # Then
    assert wait_for(look, probe.log)["AlarmName"].startswith("tunedrop-ErrorsAlarm")


def uploaded(template: Template, parameters: dict[str, str]) -> list[str]:
    """Return the names of the layers' folders that a deployment with these parameters uploads."""
    folders: list[str] = []

    def upload(folder: Path, kind: str) -> str:
        if kind == LAYER:
            folders.append(folder.name)
        return f"s3://bucket/{folder.name}"

    template.replace_local_code(upload, parameters)
    return folders


def test_sources_of_an_image_that_is_not_built_are_not_uploaded() -> None:
    # Given the image that localcloud gives, for which the stack builds none
    template = Template.read(TEMPLATE)

    # When
    layers = uploaded(template, {"TrainingImage": TRAINING_IMAGE})

    # Then
    assert layers == ["prepare_layer", "tokenizer_layer"]
    assert "s3://bucket/training_container" not in json.dumps(template.document)


def test_sources_of_an_image_that_the_stack_builds_are_uploaded() -> None:
    layers = uploaded(Template.read(TEMPLATE), {})
    assert layers == ["prepare_layer", "tokenizer_layer", "training_container", "functions"]


@pytest.mark.parametrize("a", ["", "x"])
@pytest.mark.parametrize("b", ["0", "1"])
def test_conditions_are_decided_as_by_the_local_cloudformation(a: str, b: str) -> None:
    # Given
    is_a, is_b = {"Fn::Equals": [{"Ref": "A"}, ""]}, {"Fn::Equals": ["0", {"Ref": "B"}]}
    conditions = {
        "IsA": is_a,
        "NotB": {"Fn::Not": [is_b]},
        "Both": {"Fn::And": [is_a, is_b]},
        "Either": {"Fn::Or": [{"Condition": "IsA"}, {"Condition": "NotB"}]},
    }
    document = {"Conditions": conditions, "Parameters": {"A": {"Default": ""}, "B": {"Default": 0}}}
    given = {name: {"Value": value} for name, value in {"A": a, "B": b}.items()}

    # When
    template = Template(document, ROOT)
    decided = {name: template.is_made({"Condition": name}, {"A": a, "B": b}) for name in conditions}

    # Then
    assert decided == engine._evaluate_conditions(document, given)


def test_a_resource_is_made_if_its_condition_cannot_be_decided() -> None:
    # Given
    by_region = {"Fn::Not": [{"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}]}
    template = Template({"Conditions": {"Elsewhere": by_region}}, ROOT)

    # When, then
    assert template.is_made({"Condition": "Elsewhere"}, {})


def test_a_template_that_is_not_yaml_is_refused_with_its_path(tmp_path: Path) -> None:
    # Given
    broken = tmp_path / "template.yaml"
    broken.write_text("Resources: [", encoding="utf-8")

    # When
    with pytest.raises(Exception, match=re.escape(str(broken))) as caught:
        Template.read(broken)

    # Then
    assert isinstance(caught.value.__cause__, yaml.YAMLError)
