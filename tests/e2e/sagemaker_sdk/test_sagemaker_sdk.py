"""The SageMaker SDK's v3 resource classes as an independent client of training and hosting."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.sagemaker_sdk.environment import sdk_python
from tests.support.local_aws.sagemaker.account import (
    BUCKET,
    REGION,
    ROLE,
    SERVING_IMAGE,
    TRAINING_IMAGE,
)
from tests.support.local_aws.sagemaker.cloud import Cloud

NAME = "driven-by-the-sdk"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the SDK saw while it trained, failed, tuned, deployed, invoked and deleted."""
    cloud = Cloud(tmp_path_factory.mktemp("cloud"))
    cloud.prepare()
    try:
        return drive(cloud, tmp_path_factory.mktemp("home"))
    finally:
        cloud.stop()


def drive(cloud: Cloud, home: Path) -> dict[str, Any]:
    given = {
        "name": NAME,
        "bucket": BUCKET,
        "role": ROLE,
        "training_image": TRAINING_IMAGE,
        "serving_image": SERVING_IMAGE,
    }
    done = subprocess.run(
        [
            sdk_python(),
            Path(__file__).with_name("client.py"),
            json.dumps(given),
            home / "seen.json",
        ],
        env={
            "PATH": os.defpath,
            "HOME": str(home),
            "AWS_ENDPOINT_URL": cloud.endpoint_url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        },
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    answer: dict[str, Any] = json.loads((home / "seen.json").read_text())
    return {**answer, "log": done.stdout + done.stderr}


def test_sdk_trains_to_the_end_and_reads_artifact_and_metric(seen: dict[str, Any]) -> None:
    assert seen["train"] == {
        "status": "Completed",
        "artifact": f"s3://{BUCKET}/out/{NAME}/output/model/",
        "metric": ["train:loss", 1.25],
        "listed": [NAME],
    }


def test_sdk_follows_the_log_of_the_program(seen: dict[str, Any]) -> None:
    assert '"loss": 2.5' in seen["log"]


def test_sdk_shows_its_user_why_a_job_failed(seen: dict[str, Any]) -> None:
    assert seen["fail"].startswith("FailedStatusError: ")
    assert "AlgorithmError: the loss is not a number" in seen["fail"]


def test_sdk_tunes_and_finds_the_best_trial(seen: dict[str, Any]) -> None:
    assert seen["tune"] == {"status": "Completed", "trials": 3, "best_is_lowest": True}


def test_sdk_deploys_invokes_and_deletes(seen: dict[str, Any]) -> None:
    assert seen["serve"] == {
        "variant": "AllTraffic",
        "files": [
            "additional-model-data-sources/tuned/adapter_config.json",
            "model/config.json",
            "model/deep/tensor",
        ],
        "left": 0,
    }
