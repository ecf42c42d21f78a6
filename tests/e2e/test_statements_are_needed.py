"""Each statement of the template's roles is removed in turn: some call of a run needs it.

The calls are those that all tests on the shared local AWS made so far. What is still missing is
done here, one scenario after the other.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.e2e.recipes import FAST, HUB_MODEL
from tests.support.builders.tables import labelled_rows
from tests.support.local_aws.stack_roles import physical_id
from tests.support.local_aws.used_permissions import (
    conditions_that_refuse_nothing,
    roles_of,
    unneeded,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.local_aws.cloud import Cloud


def fetched_and_evaluated(cloud: Cloud) -> None:
    """Run with a model of the hub, to the report."""
    cloud.drop("needed-hub", labelled_rows(40), FAST, model=HUB_MODEL)
    assert cloud.ended("needed-hub")["status"] == "succeeded"


def tuned(cloud: Cloud) -> None:
    """Run with a tuning job."""
    cloud.drop("needed-tuned", labelled_rows(40), f"{FAST}tune: {{jobs: 2}}\n")
    assert cloud.ended("needed-tuned")["status"] == "succeeded"


def evaluated_again(cloud: Cloud) -> None:
    """Run once more with the adapter of the run before."""
    cloud.drop("needed-hub", labelled_rows(40), f"{FAST}evaluate: {{seed: 7}}\n", model=HUB_MODEL)
    cloud.ended("needed-hub")


def cancelled(cloud: Cloud) -> None:
    """Cancel a run whose job trains."""
    cloud.drop("needed-cancel", labelled_rows(40), FAST)
    cloud.reached("needed-cancel", "train")
    cloud.s3.put_object(Bucket=cloud.bucket, Key="datasets/needed-cancel/cancel", Body=b"")
    cloud.ended("needed-cancel")


def misplaced(cloud: Cloud) -> None:
    """Put a file at the top of the bucket, and one that nobody can read into a dataset."""
    cloud.s3.put_object(Bucket=cloud.bucket, Key="needed.csv", Body=labelled_rows(40))
    cloud.drop("needed-bad", b"text\n", FAST)
    cloud.ended("needed-bad")


def swept(cloud: Cloud) -> None:
    """Sweep, after the log group of all training jobs has come, as SageMaker makes it."""
    call(cloud, "SweepFunction", {"detail-type": "Scheduled Event"})


def call(cloud: Cloud, function: str, event: dict[str, str]) -> None:
    name = physical_id(cloud, function)
    cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())


SCENARIOS: tuple[Callable[[Cloud], None], ...] = (
    fetched_and_evaluated,
    tuned,
    evaluated_again,
    cancelled,
    misplaced,
    swept,
)


def prepared_by_a_job(small: Cloud) -> None:
    small.drop("needed-job", labelled_rows(40), FAST)
    assert small.ended("needed-job")["status"] == "succeeded"


# Statements that a run needs on AWS only, or on paths that the scenarios do not take, by what their
# titles hold.
ON_AWS_ONLY = {
    "ecr:": "SageMaker pulls images with the role; localcloud has the programs at hand",
    "cloudwatch:PutMetricData": "SageMaker writes its metrics with the role; localcloud has none",
    "servicequotas:": "train reads the account's quotas; localcloud says that it has none",
    "sagemaker-mlflow:": "SageMaker records jobs with the role; localcloud has no MLflow",
    "sqs:SendMessage": "SAM writes it for the on-failure destination, which only failures use",
}
# tests/model/test_rare_calls.py shows these calls of the functions, where nothing else is named.
RARE = {
    "EvaluateFunctionRole: .*sagemaker:(Create|Update)Endpoint": "fully tuned weights",
    "EvaluateFunctionRole: .*(iam:PassRole|sagemaker:AddTags)": "as above, see test_techniques",
    "CleanUpFunctionRole: ": "only the deletion of the stack, see test_deleting_the_stack",
    "FetchJobRole: .*runs/\\*/model/": "merged weights of a run as a base model",
    "(Deploy|Train|Sweep)FunctionRole: .*s3:DeleteObject": "the step whose run was superseded",
    "(Prepare|ReportFailure|Sweep|Train)FunctionRole: .*sagemaker:Stop": "removes leftovers",
    "DeployFunctionRole: .*sagemaker:DeleteEndpoint": "the step whose run was superseded",
    "PrepareJobRole: .*sagemaker:(Describe|Stop)": "a job whose run was superseded meanwhile",
    "SweepFunctionRole: .*logs:DeleteLogGroup": "logs a month old, see test_job_logs",
    "SweepFunctionRole: .*s3:PutObject": "a bill that became exact since the last training began",
    "SweepFunctionRole: .*sagemaker:ListTags": "what no run has, see test_sweep_repairs",
    "SweepFunctionRole: .*sns:Publish": "an email that the function before could not send",
}


def is_excepted(title: str) -> bool:
    return any(words in title for words in ON_AWS_ONLY) or any(
        re.search(pattern, title) for pattern in RARE
    )


def test_without_any_statement_some_call_of_a_run_is_refused(cloud: Cloud, small: Cloud) -> None:
    # Given the calls so far, and those of the scenarios as long as statements are left
    steps = [*((scenario, cloud) for scenario in SCENARIOS), (prepared_by_a_job, small)]

    # When
    for scenario, where in steps:
        if left(cloud, small):
            scenario(where)

    # Then
    assert left(cloud, small) == []
    assert [*conditions_that_refuse_nothing([*roles_of(cloud), *roles_of(small)])] == []


def left(cloud: Cloud, small: Cloud) -> list[str]:
    """Return the statements that no call needed so far."""
    found = unneeded([*roles_of(cloud), *roles_of(small)])
    return [statement for statement in found if not is_excepted(statement)]


def test_a_statement_that_nothing_needs_is_found(cloud: Cloud) -> None:
    # Given a role with one statement too many, and one with a condition that refuses nothing
    cloud.drop("needed-spare", labelled_rows(40), FAST)
    cloud.ended("needed-spare")
    (role, *_) = [each for each in roles_of(cloud) if each.name == "EvaluateFunctionRole"]
    spare = {"Sid": "Spare", "Effect": "Allow", "Action": "s3:DeleteBucket", "Resource": "*"}
    loose = {
        "Sid": "Loose",
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "*",
        "Condition": {"StringLikeIfExists": {"s3:prefix": "*"}},
    }

    # When
    with_spare = role._replace(statements=[*role.statements, spare])
    with_loose = role._replace(statements=[loose])

    # Then
    assert "EvaluateFunctionRole: Spare" in unneeded([with_spare])
    assert [*conditions_that_refuse_nothing([with_loose])] == [
        "EvaluateFunctionRole: Loose, s3:prefix"
    ]
