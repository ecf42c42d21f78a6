"""The container contract of a training program: its files, variables, artifact and log."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

from tests.support.local_aws.sagemaker.account import BUCKET, REGION
from tests.support.local_aws.sagemaker.requests import channel, training_request

if TYPE_CHECKING:
    from tests.support.local_aws.sagemaker.cloud import Cloud

LOG_GROUP = "/aws/sagemaker/TrainingJobs"


def report_of(cloud: Cloud, name: str) -> dict[str, Any]:
    seen: dict[str, Any] = json.loads(cloud.read(f"out/{name}/output/model/report.json"))
    return seen


def test_program_finds_config_files_and_channels_as_on_aws(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    """One channel is an exact object and the other a prefix; hyperparameters are strings."""
    # Given
    channels = [channel("train", "data/train.jsonl"), channel("model", "weights/")]
    request = training_request(
        name,
        "report",
        InputDataConfig=channels,
        HyperParameters={"action": "report", "epochs": "3"},
    )

    # When
    sagemaker.create_training_job(**request)

    # Then
    assert cloud.ended_job(name)["TrainingJobStatus"] == "Completed"
    seen = report_of(cloud, name)
    assert seen["hyperparameters"] == {"action": "report", "epochs": "3"}
    assert seen["files"] == {
        "train/train.jsonl": "rows",
        "model/config.json": "{}",
        "model/deep/tensor": "base",
    }
    assert seen["inputdataconfig"]["train"] == {
        "TrainingInputMode": "File",
        "S3DistributionType": "FullyReplicated",
        "RecordWrapperType": "None",
    }
    assert seen["resourceconfig"]["current_host"] == "algo-1"
    assert seen["resourceconfig"]["hosts"] == ["algo-1"]
    assert seen["resourceconfig"]["current_instance_type"] == "ml.g6.2xlarge"


def test_environment_has_no_variable_of_the_host(cloud: Cloud, sagemaker: Any, name: str) -> None:
    # Given
    request = training_request(name, "report", Environment={"OWN": "value", "LANG": "fi_FI.UTF-8"})

    # When
    sagemaker.create_training_job(**request)
    job = cloud.ended_job(name)

    # Then
    environment = report_of(cloud, name)["environment"]
    folder = environment["SAGEMAKER_BASE_DIR"].removesuffix("/ml")
    keys = {
        variable: environment.pop(variable)
        for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    }
    environment.pop("LC_CTYPE", None)  # set by Python itself
    environment.pop("__CF_USER_TEXT_ENCODING", None)  # set by macOS itself
    assert environment == {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": f"{folder}/home",
        "TMPDIR": f"{folder}/tmp",  # noqa: S108  # the program's own
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": cloud.endpoint_url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "FROM_DOCKERFILE": "image",
        "LANG": "fi_FI.UTF-8",
        "OWN": "value",
        "SAGEMAKER_BASE_DIR": f"{folder}/ml",
        "TRAINING_JOB_NAME": name,
        "TRAINING_JOB_ARN": job["TrainingJobArn"],
    }
    sts = cloud.client("sts", {f"aws_{key[4:].lower()}": value for key, value in keys.items()})
    assert sts.get_caller_identity()["Arn"].endswith(":assumed-role/execution/SageMaker")


def test_an_isolated_job_completes_without_credentials(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    # When
    sagemaker.create_training_job(**training_request(name, "report", EnableNetworkIsolation=True))

    # Then
    assert cloud.ended_job(name)["TrainingJobStatus"] == "Completed"
    aws = {key for key in report_of(cloud, name)["environment"] if key.startswith("AWS_")}
    assert aws == {"AWS_REGION", "AWS_EC2_METADATA_DISABLED"}


def test_uncompressed_artifact_keeps_its_folders(cloud: Cloud, sagemaker: Any, name: str) -> None:
    # When
    sagemaker.create_training_job(**training_request(name, "report"))
    job = cloud.ended_job(name)

    # Then
    output = f"out/{name}/output"
    artifact = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert artifact == f"s3://{BUCKET}/{output}/model/"
    assert cloud.keys(output) == [
        f"{output}/data/notes.txt",
        f"{output}/model/deep/weights",
        f"{output}/model/report.json",
    ]


def test_compressed_artifact_is_the_default(cloud: Cloud, sagemaker: Any, name: str) -> None:
    # Given
    request = training_request(name, "report")
    del request["OutputDataConfig"]["CompressionType"]

    # When
    sagemaker.create_training_job(**request)
    job = cloud.ended_job(name)

    # Then
    key = f"out/{name}/output/model.tar.gz"
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{BUCKET}/{key}"
    with tarfile.open(fileobj=io.BytesIO(cloud.read(key))) as archive:
        names = {member.name for member in archive.getmembers() if member.isfile()}
    assert names == {"report.json", "deep/weights"}


def test_log_lines_and_metrics_of_the_program_are_read(
    cloud: Cloud, sagemaker: Any, name: str
) -> None:
    """The last number counts; a match that is not a number is ignored."""
    # Given
    request = training_request(name, "log_metrics")
    request["AlgorithmSpecification"]["MetricDefinitions"] = [
        {"Name": "train:loss", "Regex": '"loss": ([0-9.eE+-]+)'},
        {"Name": "never", "Regex": "accuracy=(.*)"},
    ]

    # When
    sagemaker.create_training_job(**request)
    job = cloud.ended_job(name)

    # Then
    (metric,) = job["FinalMetricDataList"]
    assert (metric["MetricName"], metric["Value"]) == ("train:loss", 1.25)
    lines = cloud.log_text(LOG_GROUP, f"{name}/algo-1-").splitlines()
    assert lines[:2] == ['{"step": 1, "loss": 2.5}', '{"step": 2, "loss": 1.25}']
    assert "".join(lines[3:]) == "x" * 70_000


def test_the_mlflow_server_of_a_job_is_described(cloud: Cloud, sagemaker: Any, name: str) -> None:
    # Given
    server = "arn:aws:sagemaker:us-east-1:111122223333:mlflow-tracking-server/ours"
    config = {"MlflowResourceArn": server, "MlflowRunName": name}

    # When
    sagemaker.create_training_job(**training_request(name, "report", MlflowConfig=config))

    # Then
    assert cloud.ended_job(name)["MlflowConfig"] == config


def test_first_instance_preference_is_selected(cloud: Cloud, sagemaker: Any, name: str) -> None:
    # Given
    request = training_request(name, "report")
    request["ResourceConfig"] = {
        "InstancePreferences": [
            {"InstanceType": "ml.g6.2xlarge", "InstanceCount": 1},
            {"InstanceType": "ml.g5.2xlarge", "InstanceCount": 1},
        ],
        "VolumeSizeInGB": 50,
    }

    # When
    sagemaker.create_training_job(**request)

    # Then
    assert cloud.ended_job(name)["ResourceConfig"]["SelectedInstanceType"] == "ml.g6.2xlarge"
    seen = report_of(cloud, name)["resourceconfig"]["current_instance_type"]
    assert seen == "ml.g6.2xlarge"
