"""An evaluation whose function has seconds, and is killed on the way, answers every row once."""

import contextlib
from collections import Counter
from collections.abc import Iterator

import psutil
import pytest

from tests.support.builders.tables import labelled_rows
from tests.support.local_aws.cloud import Cloud, wait_for

RECIPE = """
rows: {max_train: 16, max_validation: 8, max_test: 200}
split: {validation: 0.05, test: 0.45}
hyperparameters: {epochs: 0.5, max_length: 512}
generation: {max_tokens: 128}
"""
TIMEOUT_SECONDS = 12


@pytest.fixture
def evaluate_function(cloud: Cloud) -> Iterator[str]:
    """The name of the function, whose timeout is seconds during the test."""
    lambdas = cloud.client("lambda")
    names = [each["FunctionName"] for each in lambdas.list_functions()["Functions"]]
    (name,) = [name for name in names if "EvaluateFunction" in name]
    lambdas.update_function_configuration(FunctionName=name, Timeout=TIMEOUT_SECONDS)
    yield name
    lambdas.update_function_configuration(FunctionName=name, Timeout=900)


def kill(cloud: Cloud, function: str) -> int:
    """Kill the processes of a function; returns how many there were."""
    killed = 0
    for child in psutil.Process(cloud.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if child.environ().get("AWS_LAMBDA_FUNCTION_NAME") == function:
                child.kill()
                killed += 1
    return killed


def test_a_function_with_seconds_goes_on_after_time_outs_and_a_kill(
    cloud: Cloud, evaluate_function: str
) -> None:
    # Given an evaluation under way, with its first answers saved
    cloud.drop("long", labelled_rows(450), RECIPE)
    run = cloud.reached("long", "evaluate")
    folder = f"runs/long/{run['run']}"

    def parts() -> list[str]:
        return [key for key in cloud.keys(f"{folder}/answers/1/") if "continue" not in key]

    wait_for(parts, cloud.logs)

    # When its function is killed
    killed = kill(cloud, evaluate_function)
    run = cloud.ended("long")

    # Then invocations went on until the end, and every row was answered and counted once by the
    # base model, the tuned one, and the base model with examples
    assert killed >= 1
    assert run["status"] == "succeeded", run.get("error")
    assert cloud.document(f"{folder}/answers/1/continue.json")
    saved: Counter[tuple[int, str]] = Counter()
    for key in parts():
        part = cloud.document(key)
        assert part
        saved.update((each["line"], each["model"]) for each in part["answers"])
    report = cloud.document(f"{folder}/report/report.json")
    assert report
    assert set(saved.values()) == {1}
    assert len(saved) == 3 * run["rows"]["test"] == report["asking"]["answers"]
    wait_for(lambda: cloud.emails("long"), cloud.logs)  # It is sent after the run has ended.
    assert len(cloud.emails("long")) == 1
