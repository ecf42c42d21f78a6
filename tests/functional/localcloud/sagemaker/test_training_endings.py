"""How a training job ends when it does not just complete."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.functional.localcloud.sagemaker.cloud import (
    ACCOUNT,
    BUCKET,
    STOP_GRACE_SECONDS,
    Cloud,
    channel,
    execution_statements,
    training_request,
    wait_for,
)

if TYPE_CHECKING:
    from pathlib import Path

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
RUN_SECONDS = 5  # In less time a program may not have come to ignore SIGTERM.


def pid_in_log(cloud: Cloud, name: str) -> int:
    """The program's process id, which it logs once it works."""

    def logged() -> int:
        try:
            found = re.search(r"pid (\d+) working", cloud.log_text(LOG_GROUP, name))
        except ClientError:
            return 0
        return int(found.group(1)) if found else 0

    return wait_for(logged)


def group_lives(pid: int) -> bool:
    """Whether a process of the group is there; a killed orphan is until init has reaped it."""
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True


def secondary(job: dict[str, Any]) -> list[str]:
    return [step["Status"] for step in job["SecondaryStatusTransitions"]]


def test_stopped_job_gets_sigterm_and_keeps_what_it_saved(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    """Given a program that saves on SIGTERM and has left a child: both are gone at the end."""
    sagemaker.create_training_job(**training_request(name, "work_until_told"))
    pid = pid_in_log(cloud, name)

    sagemaker.stop_training_job(TrainingJobName=name)
    described = sagemaker.describe_training_job(TrainingJobName=name)
    job = cloud.ended_job(name)

    assert described["TrainingJobStatus"] in ("Stopping", "Stopped")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert secondary(job)[-3:] == ["Stopping", "Uploading", "Stopped"]
    assert "FailureReason" not in job
    assert cloud.read(f"out/{name}/output/model/saved") == b"in time"
    wait_for(lambda: not group_lives(pid))


def test_time_limit_sends_sigterm_then_sigkill(cloud: Cloud, sagemaker: Any, name: str) -> None:
    """Given a time limit that is over before the program has ended, and it ignores SIGTERM."""
    request = training_request(
        name, "ignore_everything", StoppingCondition={"MaxRuntimeInSeconds": RUN_SECONDS}
    )

    sagemaker.create_training_job(**request)
    job = cloud.ended_job(name)

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert secondary(job)[-3:] == ["Stopping", "Uploading", "MaxRuntimeExceeded"]
    stopping = next(
        step for step in job["SecondaryStatusTransitions"] if step["Status"] == "Stopping"
    )
    grace = (stopping["EndTime"] - stopping["StartTime"]).total_seconds()
    assert grace >= STOP_GRACE_SECONDS - 0.1
    assert cloud.read(f"out/{name}/output/model/before") == b"kept"


def test_failure_file_is_the_failure_reason_cut_to_1024_characters(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    sagemaker.create_training_job(**training_request(name, "fail"))

    job = cloud.ended_job(name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Failed", "Failed")
    assert job["FailureReason"].startswith("AlgorithmError: the loss is not a number !!!")
    assert len(job["FailureReason"]) == 1024
    assert "ModelArtifacts" not in job
    assert cloud.keys(f"out/{name}/output/model") == []


def test_exit_code_stands_in_the_reason_when_the_program_says_nothing(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    sagemaker.create_training_job(**training_request(name, "crash"))

    assert cloud.ended_job(name)["FailureReason"] == "AlgorithmError: , exit code: 7"


def test_program_that_cannot_start_fails_the_job(cloud: Cloud, sagemaker: Any, name: str) -> None:
    request = training_request(name, "report")
    request["AlgorithmSpecification"]["TrainingImage"] = "registry/broken:1"

    sagemaker.create_training_job(**request)

    reason = cloud.ended_job(name)["FailureReason"]
    assert reason.startswith("ClientError: cannot start the container:")


def test_channel_without_objects_fails_in_aws_words(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    request = training_request(name, "report", InputDataConfig=[channel("train", "nothing/here")])

    sagemaker.create_training_job(**request)
    job = cloud.ended_job(name)

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(
        "ClientError: Data download failed:No S3 objects found under S3 URL "
        f'"s3://{BUCKET}/nothing/here" given in input data source.'
    )


@pytest.mark.parametrize("forbidden", ["s3:GetObject", "s3:ListBucket"])
def test_channel_is_read_with_the_role_of_the_job(
    cloud: Cloud, sagemaker: Any, name: str, forbidden: str
) -> None:
    """Given a role that may do all but one thing, the reason is S3's own refusal."""
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    deny = {"Effect": "Deny", "Action": forbidden, "Resource": "*"}
    cloud.put_role(role, ["sagemaker.amazonaws.com"], [*execution_statements(), deny])

    sagemaker.create_training_job(**training_request(name, "report", RoleArn=role))
    job = cloud.ended_job(name)

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: Data download failed:")
    assert "AccessDenied" in job["FailureReason"]


def test_artifact_that_may_not_be_written_fails_the_job(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    deny = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}
    cloud.put_role(role, ["sagemaker.amazonaws.com"], [*execution_statements(), deny])

    sagemaker.create_training_job(**training_request(name, "report", RoleArn=role))

    reason = cloud.ended_job(name)["FailureReason"]
    assert reason.startswith("ClientError: Artifact upload failed:")
    assert "AccessDenied" in reason


def test_role_that_may_not_write_logs_loses_the_logs_alone(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    statements = [item for item in execution_statements() if "logs" not in str(item["Action"])]
    cloud.put_role(role, ["sagemaker.amazonaws.com"], statements)

    sagemaker.create_training_job(**training_request(name, "report", RoleArn=role))

    assert cloud.ended_job(name)["TrainingJobStatus"] == "Completed"


def test_stop_of_an_ended_job_is_refused(cloud: Cloud, sagemaker: Any, name: str) -> None:
    sagemaker.create_training_job(**training_request(name, "report"))
    cloud.ended_job(name)

    with pytest.raises(ClientError, match="training job is in status Completed") as refused:
        sagemaker.stop_training_job(TrainingJobName=name)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_checkpoints_are_copied_while_the_program_runs_and_restored_for_the_next_job(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    """Given a first job that saves and hangs, a second one continues where it was stopped."""
    checkpoints = {"S3Uri": f"s3://{BUCKET}/checkpoints/{name}"}
    first = training_request(
        name,
        "checkpoint",
        HyperParameters={"action": "checkpoint", "wait": "yes"},
        CheckpointConfig=checkpoints,
    )
    sagemaker.create_training_job(**first)
    copied = f"checkpoints/{name}/1/state"
    wait_for(lambda: cloud.keys(copied) == [copied])
    status = sagemaker.describe_training_job(TrainingJobName=name)["SecondaryStatus"]
    assert status == "Training"
    sagemaker.stop_training_job(TrainingJobName=name)
    cloud.ended_job(name)

    sagemaker.create_training_job(
        **training_request(f"{name}-again", "checkpoint", CheckpointConfig=checkpoints)
    )
    assert cloud.ended_job(f"{name}-again")["TrainingJobStatus"] == "Completed"

    assert cloud.read(f"out/{name}-again/output/model/resumed_from") == b"1"
    assert cloud.read(f"checkpoints/{name}/2/state") == b"after 1"


def test_folder_of_a_job_goes_with_the_job(cloud: Cloud, sagemaker: Any, name: str) -> None:
    sagemaker.create_training_job(**training_request(name, "report"))
    cloud.ended_job(name)

    assert list(cloud.sagemaker_dir.glob(f"{name}-*")) == []
    assert cloud.sagemaker_dir.is_dir()


def test_localcloud_ends_its_jobs_and_removes_their_folders(tmp_path: Path) -> None:
    own = Cloud(tmp_path)
    own.prepare()
    own.client("sagemaker").create_training_job(**training_request("job", "work_until_told"))
    pid = pid_in_log(own, "job")

    own.stop()

    wait_for(lambda: not group_lives(pid))
    assert not own.sagemaker_dir.exists()


def test_killed_localcloud_takes_its_jobs_along_and_starts_again_cleanly(tmp_path: Path) -> None:
    """Given a SIGKILL to localcloud, its programs die at once and the next start tidies up."""
    own = Cloud(tmp_path)
    own.prepare()
    own.client("sagemaker").create_training_job(**training_request("job", "work_until_told"))
    pid = pid_in_log(own, "job")

    own.kill()

    wait_for(lambda: not group_lives(pid))
    assert [path.name[:4] for path in own.sagemaker_dir.iterdir()] == ["job-"]

    again = Cloud(tmp_path)
    assert list(again.sagemaker_dir.iterdir()) == []
    again.stop()
