"""Training jobs that are stopped, by a request, a time limit or the end of localcloud."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.support.local_aws.sagemaker.account import BUCKET
from tests.support.local_aws.sagemaker.cloud import STOP_GRACE_SECONDS, Cloud, group_lives, wait_for
from tests.support.local_aws.sagemaker.requests import training_request

if TYPE_CHECKING:
    from pathlib import Path

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
RUN_SECONDS = 5  # In less time, the program may not ignore SIGTERM yet.


def pid_in_log(cloud: Cloud, name: str) -> int:
    """The program's process id, which it logs when it has started to work."""

    def logged() -> int:
        try:
            found = re.search(r"pid (\d+) working", cloud.log_text(LOG_GROUP, name))
        except ClientError:
            return 0
        return int(found.group(1)) if found else 0

    return wait_for(logged)


def secondary(job: dict[str, Any]) -> list[str]:
    return [step["Status"] for step in job["SecondaryStatusTransitions"]]


def test_stopped_job_gets_sigterm_and_keeps_what_it_saved(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    """The program saves on SIGTERM and leaves a child, which is ended as well."""
    # Given
    sagemaker.create_training_job(**training_request(name, "work_until_told"))
    pid = pid_in_log(cloud, name)

    # When
    sagemaker.stop_training_job(TrainingJobName=name)
    described = sagemaker.describe_training_job(TrainingJobName=name)
    job = cloud.ended_job(name)

    # Then
    assert described["TrainingJobStatus"] in ("Stopping", "Stopped")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert secondary(job)[-3:] == ["Stopping", "Uploading", "Stopped"]
    assert "FailureReason" not in job
    assert cloud.read(f"out/{name}/output/model/saved") == b"in time"
    wait_for(lambda: not group_lives(pid))


def test_time_limit_sends_sigterm_then_sigkill(cloud: Cloud, sagemaker: Any, name: str) -> None:
    """The program ignores SIGTERM and does not end before its time limit."""
    # Given
    request = training_request(
        name, "ignore_everything", StoppingCondition={"MaxRuntimeInSeconds": RUN_SECONDS}
    )

    # When
    sagemaker.create_training_job(**request)
    job = cloud.ended_job(name)

    # Then
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert secondary(job)[-3:] == ["Stopping", "Uploading", "MaxRuntimeExceeded"]
    stopping = next(
        step for step in job["SecondaryStatusTransitions"] if step["Status"] == "Stopping"
    )
    grace = (stopping["EndTime"] - stopping["StartTime"]).total_seconds()
    assert grace >= STOP_GRACE_SECONDS - 0.1
    assert cloud.read(f"out/{name}/output/model/before") == b"kept"


def test_stop_of_an_ended_job_is_refused(cloud: Cloud, sagemaker: Any, name: str) -> None:
    # Given
    sagemaker.create_training_job(**training_request(name, "report"))
    cloud.ended_job(name)

    # When
    with pytest.raises(ClientError, match="training job is in status Completed") as refused:
        sagemaker.stop_training_job(TrainingJobName=name)

    # Then
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_checkpoints_are_copied_early_and_restored_for_the_next_job(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    """The first job saves and does not end; the second one continues where it was stopped."""
    # Given
    checkpoints = {"S3Uri": f"s3://{BUCKET}/checkpoints/{name}"}
    first = training_request(
        name,
        "checkpoint",
        HyperParameters={"action": "checkpoint", "wait": "yes"},
        CheckpointConfig=checkpoints,
    )

    # When
    sagemaker.create_training_job(**first)

    # Then
    copied = f"checkpoints/{name}/1/state"
    wait_for(lambda: cloud.keys(copied) == [copied])
    status = sagemaker.describe_training_job(TrainingJobName=name)["SecondaryStatus"]
    assert status == "Training"

    # And when
    sagemaker.stop_training_job(TrainingJobName=name)
    cloud.ended_job(name)
    sagemaker.create_training_job(
        **training_request(f"{name}-again", "checkpoint", CheckpointConfig=checkpoints)
    )

    # Then
    assert cloud.ended_job(f"{name}-again")["TrainingJobStatus"] == "Completed"
    assert cloud.read(f"out/{name}-again/output/model/resumed_from") == b"1"
    assert cloud.read(f"checkpoints/{name}/2/state") == b"after 1"


def test_tensorboard_files_are_copied_while_the_job_runs(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    # Given
    request = training_request(
        name,
        "tensorboard",
        HyperParameters={"action": "tensorboard", "wait": "yes"},
        TensorBoardOutputConfig={"S3OutputPath": f"s3://{BUCKET}/watched"},
    )

    # When
    sagemaker.create_training_job(**request)

    # Then the files are where the SageMaker Python SDK looks for them, before the job has ended
    copied = f"watched/{name}/tensorboard-output/train/events"
    wait_for(lambda: cloud.keys(copied) == [copied])
    described = sagemaker.describe_training_job(TrainingJobName=name)
    assert described["SecondaryStatus"] == "Training"
    assert described["TensorBoardOutputConfig"] == request["TensorBoardOutputConfig"]

    # And when
    sagemaker.stop_training_job(TrainingJobName=name)

    # Then the last ones are copied too
    cloud.ended_job(name)
    assert cloud.read(f"watched/{name}/tensorboard-output/last") == b"at the end"


def test_the_folder_of_an_ended_job_is_removed(cloud: Cloud, sagemaker: Any, name: str) -> None:
    # When
    sagemaker.create_training_job(**training_request(name, "report"))
    cloud.ended_job(name)

    # Then
    assert list(cloud.sagemaker_dir.glob(f"{name}-*")) == []
    assert cloud.sagemaker_dir.is_dir()


def test_localcloud_ends_its_jobs_and_removes_their_folders(tmp_path: Path) -> None:
    # Given
    own = Cloud(tmp_path)
    own.prepare()
    own.client("sagemaker").create_training_job(**training_request("job", "work_until_told"))
    pid = pid_in_log(own, "job")

    # When
    own.stop()

    # Then
    wait_for(lambda: not group_lives(pid))
    assert not own.sagemaker_dir.exists()


def test_a_killed_localcloud_ends_its_jobs_and_starts_again(tmp_path: Path) -> None:
    """Its programs are killed at once, and the next start removes their folders."""
    # Given
    own = Cloud(tmp_path)
    own.prepare()
    own.client("sagemaker").create_training_job(**training_request("job", "work_until_told"))
    pid = pid_in_log(own, "job")

    # When
    own.kill()

    # Then
    wait_for(lambda: not group_lives(pid))
    assert [path.name[:4] for path in own.sagemaker_dir.iterdir()] == ["job-"]

    # And when
    again = Cloud(tmp_path)

    # Then
    assert list(again.sagemaker_dir.iterdir()) == []
    again.stop()
