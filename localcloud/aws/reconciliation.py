"""Lists what happens to each property of the template: provisioned, ignored or reconciled.

ministack's CloudFormation provisions most properties and drops some without an error; others have
no meaning on one machine. One test compares these lists with template.yaml, and another reads the
provisioned properties back from a deployed stack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Clients = Callable[[str], Any]
    """A boto3 client by service name."""
    Properties = Mapping[str, Any]

PROVISIONED: dict[str, frozenset[str]] = {
    "AWS::CloudWatch::Alarm": frozenset(
        [
            "ActionsEnabled",
            "AlarmActions",
            "AlarmDescription",
            "AlarmName",
            "ComparisonOperator",
            "DatapointsToAlarm",
            "Dimensions",
            "EvaluationPeriods",
            "InsufficientDataActions",
            "MetricName",
            "Namespace",
            "OKActions",
            "Period",
            "Statistic",
            "Threshold",
            "TreatMissingData",
            "Unit",
        ]
    ),
    "AWS::CloudWatch::Dashboard": frozenset(["DashboardBody", "DashboardName"]),
    "AWS::ECR::Repository": frozenset(
        ["EmptyOnDelete", "ImageScanningConfiguration", "ImageTagMutability", "RepositoryName"]
    ),
    "AWS::Events::Rule": frozenset(
        [
            "Description",
            "EventBusName",
            "EventPattern",
            "Name",
            "ScheduleExpression",
            "State",
            "Targets",
        ]
    ),
    "AWS::IAM::Policy": frozenset(["PolicyDocument", "PolicyName", "Roles"]),
    "AWS::IAM::Role": frozenset(
        ["AssumeRolePolicyDocument", "ManagedPolicyArns", "Path", "Policies", "RoleName"]
    ),
    "AWS::Lambda::EventInvokeConfig": frozenset(
        ["DestinationConfig", "FunctionName", "MaximumRetryAttempts", "Qualifier"]
    ),
    "AWS::Lambda::EventSourceMapping": frozenset(
        [
            "BatchSize",
            "Enabled",
            "EventSourceArn",
            "FunctionName",
            "FunctionResponseTypes",
            "MaximumBatchingWindowInSeconds",
        ]
    ),
    "AWS::Lambda::Function": frozenset(
        [
            "Code",
            "Description",
            "Environment",
            "FunctionName",
            "Handler",
            "Layers",
            "LoggingConfig",
            "MemorySize",
            "Role",
            "Timeout",
        ]
    ),
    "AWS::Lambda::LayerVersion": frozenset(["Content", "Description", "LayerName"]),
    "AWS::Logs::LogGroup": frozenset(["LogGroupName", "RetentionInDays"]),
    "AWS::S3::Bucket": frozenset(
        [
            "BucketEncryption",
            "BucketName",
            "NotificationConfiguration",
            "PublicAccessBlockConfiguration",
            "VersioningConfiguration",
        ]
    ),
    "AWS::S3::BucketPolicy": frozenset(["Bucket", "PolicyDocument"]),
    "AWS::SNS::Subscription": frozenset(["Endpoint", "FilterPolicy", "Protocol", "TopicArn"]),
    "AWS::SNS::Topic": frozenset(["DisplayName", "TopicName"]),
    "AWS::SNS::TopicPolicy": frozenset(["PolicyDocument", "Topics"]),
    "AWS::SQS::Queue": frozenset(
        [
            "DelaySeconds",
            "MessageRetentionPeriod",
            "QueueName",
            "RedrivePolicy",
            "SqsManagedSseEnabled",
            "VisibilityTimeout",
        ]
    ),
    "AWS::SQS::QueuePolicy": frozenset(["PolicyDocument", "Queues"]),
    "AWS::Scheduler::Schedule": frozenset(
        ["FlexibleTimeWindow", "GroupName", "Name", "ScheduleExpression", "State", "Target"]
    ),
}
"""By resource type: properties that ministack puts in place."""

IGNORED: dict[str, dict[str, str]] = {
    "AWS::Budgets::Budget": dict.fromkeys(
        ("Budget", "NotificationsWithSubscribers"), "nothing costs money here"
    ),
    "AWS::CloudWatch::Alarm": {
        "Metrics": "ministack does not compute with metrics, so such an alarm is not created here"
    },
    "AWS::CodeBuild::Project": dict.fromkeys(
        (
            "Artifacts",
            "Description",
            "Environment",
            "LogsConfig",
            "QueuedTimeoutInMinutes",
            "ServiceRole",
            "Source",
            "TimeoutInMinutes",
        ),
        "there is no CodeBuild here; with the parameter TrainingImage the stack has no project",
    ),
    "AWS::ECR::Repository": {"LifecyclePolicy": "no image is ever pushed here"},
    "AWS::Lambda::EventInvokeConfig": {
        "MaximumEventAgeInSeconds": "retries take seconds here, so no event reaches its maximum age"
    },
    "AWS::Lambda::Function": {
        "Architectures": "functions run on this machine's processor",
        "EphemeralStorage": "temporary files go to this machine's disk",
        "Runtime": "functions run on the Python that runs localcloud",
        "Tags": "nothing here reads tags of functions",
        "TracingConfig": "there is no X-Ray here",
        "VpcConfig": "functions run on this machine's network",
    },
    "AWS::Lambda::LayerVersion": {
        "CompatibleArchitectures": "functions run on this machine's processor",
        "CompatibleRuntimes": "functions run on the Python that runs localcloud",
        "LicenseInfo": "it has no effect on AWS either",
    },
    "AWS::Lambda::Permission": dict.fromkeys(
        ("Action", "FunctionName", "Principal", "SourceAccount", "SourceArn"),
        "SAM generates it for each event; here every event may invoke its function",
    ),
    "AWS::IAM::Role": {"Tags": "nothing here reads tags of roles"},
}
"""By resource type: properties without an effect here, each with the reason."""


def _lifecycle(clients: Clients, bucket: str, value: Any) -> None:
    rules = [_lifecycle_rule(rule) for rule in value["Rules"]]
    clients("s3").put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": rules}
    )


def _lifecycle_rule(rule: Properties) -> dict[str, Any]:
    """Convert a rule from CloudFormation's spelling to the API's."""
    known = {
        "AbortIncompleteMultipartUpload",
        "ExpirationInDays",
        "Id",
        "NoncurrentVersionExpiration",
        "Prefix",
        "Status",
    }
    if unknown := set(rule) - known:
        raise ValueError(f"lifecycle rules with {', '.join(sorted(unknown))} are not reconciled")
    converted: dict[str, Any] = {
        "Status": rule["Status"],
        "Filter": {"Prefix": rule.get("Prefix", "")},
    }
    if "Id" in rule:
        converted["ID"] = rule["Id"]
    if "ExpirationInDays" in rule:
        converted["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    for name in ("AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration"):
        if name in rule:
            converted[name] = {key: int(number) for key, number in rule[name].items()}
    return converted


def _dead_letters(clients: Clients, function: str, value: Any) -> None:
    clients("lambda").update_function_configuration(FunctionName=function, DeadLetterConfig=value)


def _concurrency(clients: Clients, function: str, value: Any) -> None:
    clients("lambda").put_function_concurrency(
        FunctionName=function, ReservedConcurrentExecutions=int(value)
    )


def _boundary(clients: Clients, role: str, value: Any) -> None:
    clients("iam").put_role_permissions_boundary(RoleName=role, PermissionsBoundary=value)


def _access_logs(clients: Clients, bucket: str, value: Any) -> None:
    target = {
        "TargetBucket": value["DestinationBucketName"],
        "TargetPrefix": value["LogFilePrefix"],
    }
    clients("s3").put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": target})


RECONCILED: dict[str, dict[str, Callable[[Clients, str, Any], None]]] = {
    "AWS::IAM::Role": {"PermissionsBoundary": _boundary},
    "AWS::S3::Bucket": {"LifecycleConfiguration": _lifecycle, "LoggingConfiguration": _access_logs},
    "AWS::Lambda::Function": {
        "DeadLetterConfig": _dead_letters,
        "ReservedConcurrentExecutions": _concurrency,
    },
}
"""By resource type: properties that ministack drops; an API call applies them afterwards."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """One property that CloudFormation did not apply, with its references resolved."""

    kind: str
    name: str
    physical_id: str
    value: Any

    def reconcile(self, clients: Clients) -> None:
        """Apply the property with an API call."""
        RECONCILED[self.kind][self.name](clients, self.physical_id, self.value)


def unknown_properties(resources: Mapping[str, Properties]) -> Iterator[str]:
    """Yield `LogicalId (Type): Property` for each property that is on none of the lists."""
    for logical_id, resource in resources.items():
        kind = resource["Type"]
        if kind.startswith("Custom::"):  # the function behind it reads its properties
            continue
        known = PROVISIONED.get(kind, frozenset()) | set(IGNORED.get(kind, {}))
        for name in resource.get("Properties") or {}:
            if name not in known and name not in RECONCILED.get(kind, {}):
                yield f"{logical_id} ({kind}): {name}"
