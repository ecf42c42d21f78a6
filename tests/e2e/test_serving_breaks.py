"""An endpoint whose program is killed during the evaluation: one failure email."""

import contextlib

import psutil

from tests.support.builders.tables import labelled_rows
from tests.support.local_aws.cloud import Cloud, wait_for

LONG = """
rows: {max_train: 16, max_validation: 8, max_test: 300}
split: {validation: 0.05, test: 0.45}
hyperparameters: {epochs: 0.5, max_length: 256}
generation: {max_tokens: 128}
"""


def kill_servers(cloud: Cloud) -> None:
    for child in psutil.Process(cloud.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if any("serve.py" in part for part in child.cmdline()):
                child.kill()


def test_an_endpoint_killed_during_evaluation_sends_one_email(cloud: Cloud) -> None:
    # Given
    cloud.drop("killed", labelled_rows(600), LONG)
    cloud.reached("killed", "evaluate")

    def killed() -> bool:
        kill_servers(cloud)  # those that SageMaker restarts, too
        run = cloud.current_run("killed")
        return run is not None and run["status"] != "running"

    # When
    wait_for(killed, cloud.logs)
    run = cloud.ended("killed")
    wait_for(lambda: cloud.emails("killed"), cloud.logs)

    # Then one email was sent, and the endpoint is deleted after it
    assert run["status"] == "failed"
    assert run["error"]["code"] == "hosting"
    assert len(cloud.emails("killed")) == 1
    list_endpoints = cloud.client("sagemaker").list_endpoints
    wait_for(lambda: not list_endpoints(NameContains="killed-")["Endpoints"], cloud.logs)
