"""The fetching program as a processing job: its role, its environment, its log and its message."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.builders.model_directory import make_model_directory
from tests.support.local_aws.hub import Hub, Repository
from tests.support.local_aws.sagemaker.account import (
    ACCOUNT,
    BUCKET,
    TRAINING_IMAGE,
    allow,
)
from tests.support.local_aws.sagemaker.cloud import Cloud
from tests.support.local_aws.sagemaker.requests import processing_request

MODEL, TOKEN = "me/gated", "hf_abcdefghijklmnopqrstuvwxyz"
NOWHERE = "http://127.0.0.1:9"
LOG_GROUP = "/aws/sagemaker/ProcessingJobs"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    started = Cloud(tmp_path_factory.mktemp("cloud"))
    started.prepare()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = make_model_directory(tmp_path_factory.mktemp("model"))
    with Hub(models={MODEL: Repository(folder, access="gated", token=TOKEN)}) as server:
        yield server


@pytest.fixture(scope="module")
def secret(cloud: Cloud) -> str:
    """The ARN of the secret with the token."""
    client = cloud.client("secretsmanager")
    return str(client.create_secret(Name="hub-token", SecretString=TOKEN)["ARN"])


def fetch_role(cloud: Cloud, *statements: dict[str, Any]) -> str:
    """Create a role for a job that fetches, with more permissions than these three."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/fetch-{uuid.uuid4().hex[:8]}"
    models = f"arn:aws:s3:::{BUCKET}/models/*"
    own = [
        allow("s3:ListBucket", f"arn:aws:s3:::{BUCKET}"),
        *(allow(f"s3:{action}Object", models) for action in ("Get", "Put", "Delete")),
        *(allow(f"logs:{action}") for action in ("CreateLogGroup", "CreateLogStream")),
        allow("logs:PutLogEvents"),
    ]
    cloud.put_role(arn, ["sagemaker.amazonaws.com"], [*own, *statements])
    return arn


def started(cloud: Cloud, role: str, revision: str, **environment: str) -> str:
    """Start a job that fetches the model; return its name."""
    name = f"fetch-{uuid.uuid4().hex[:12]}"
    request = processing_request(
        name,
        RoleArn=role,
        AppSpecification={"ImageUri": TRAINING_IMAGE, "ContainerEntrypoint": ["fetch"]},
        Environment={
            "DATA_BUCKET": BUCKET,
            "MODEL_PREFIX": f"models/{MODEL}/{revision}/",
            "MODEL_ID": MODEL,
            "MODEL_REVISION": "main",
            **environment,
        },
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )
    cloud.client("sagemaker").create_processing_job(**request)
    return name


def job_of(cloud: Cloud, role: str, revision: str, **environment: str) -> dict[str, Any]:
    """Run a job that fetches the model; return its description."""
    return cloud.ended_processing_job(started(cloud, role, revision, **environment))


@pytest.fixture(scope="module", autouse=True)
def unreached(cloud: Cloud) -> str:
    """A job whose hub does not answer. It pauses for 21 seconds, so it starts before the others."""
    return started(cloud, fetch_role(cloud), "nowhere", HF_ENDPOINT=NOWHERE)


def test_the_role_reads_the_token_and_nobody_else_sees_it(
    cloud: Cloud, hub: Hub, secret: str
) -> None:
    # Given
    role = fetch_role(cloud, allow("secretsmanager:GetSecretValue", secret))

    # When
    job = job_of(cloud, role, "main", HF_ENDPOINT=hub.endpoint, HUB_TOKEN_SECRET_ARN=secret)

    # Then
    log = cloud.log_text(LOG_GROUP, job["ProcessingJobName"])
    manifest = cloud.read(f"models/{MODEL}/main/manifest.json").decode()
    assert job["ProcessingJobStatus"] == "Completed", job
    assert '"event": "fetched"' in log
    assert TOKEN not in log + manifest + json.dumps(job, default=str)
    assert any(TOKEN in authorization for _, _, authorization in hub.requests)


def test_a_role_that_may_not_read_the_secret_says_so(cloud: Cloud, hub: Hub, secret: str) -> None:
    # When
    job = job_of(
        cloud,
        fetch_role(cloud),
        "denied",
        HF_ENDPOINT=hub.endpoint,
        HUB_TOKEN_SECRET_ARN=secret,
    )

    # Then
    what, _, remedy = job["ExitMessage"].partition("\n")
    assert job["ProcessingJobStatus"] == "Failed"
    assert secret in what
    assert "HubTokenSecretArn" in remedy
    assert TOKEN not in job["ExitMessage"]


def test_a_licence_not_accepted_becomes_the_exit_message(cloud: Cloud, hub: Hub) -> None:
    # When
    job = job_of(cloud, fetch_role(cloud), "refused", HF_ENDPOINT=hub.endpoint)

    # Then
    what, _, remedy = job["ExitMessage"].partition("\n")
    assert job["ProcessingJobStatus"] == "Failed"
    assert f"The licence of {MODEL} is not accepted" in what
    assert f"{hub.endpoint}/{MODEL}" in remedy
    assert cloud.keys(f"models/{MODEL}/refused/") == []


def test_a_hub_that_cannot_be_reached_is_named(cloud: Cloud, unreached: str) -> None:
    # When
    job = cloud.ended_processing_job(unreached)

    # Then
    assert job["ProcessingJobStatus"] == "Failed"
    assert f"{NOWHERE}/{MODEL}" in job["ExitMessage"]
    assert "after 4 tries" in job["ExitMessage"]
