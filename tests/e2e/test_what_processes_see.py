"""Functions, jobs and endpoints hold their own role's credentials and nothing of the host's."""

import os

import psutil
import pytest

from tests.e2e.test_once_and_the_newest import FAST
from tests.support.builders.tables import labelled_rows
from tests.support.local_aws.cloud import Cloud, wait_for


def environments(cloud: Cloud) -> dict[str, dict[str, str]]:
    """Return the environment of each process that the local AWS has started, by command line."""
    found = {}
    for child in psutil.Process(cloud.process.pid).children(recursive=True):
        try:
            found[f"{child.pid} {' '.join(child.cmdline())}"] = child.environ()
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found


def running(cloud: Cloud, program: str) -> dict[str, str]:
    """Wait until a program runs; returns its environment."""

    def look() -> dict[str, str] | None:
        seen = environments(cloud).items()
        return next((values for command, values in seen if program in command and values), None)

    return wait_for(look, cloud.logs)


@pytest.fixture(scope="module")
def programs(cloud: Cloud) -> dict[str, dict[str, str]]:
    """The environments of the job and the endpoint of one run."""
    cloud.drop("seen-programs", labelled_rows(40), FAST)
    seen = {program: running(cloud, program) for program in ("train.py", "serve.py")}
    cloud.ended("seen-programs")
    return seen


@pytest.mark.parametrize("program", ["train.py", "serve.py"])
def test_given_a_job_and_an_endpoint_when_they_run_then_they_hold_no_credentials_at_all(
    programs: dict[str, dict[str, str]], program: str
) -> None:
    """Both are network-isolated: on AWS there is nothing in them to call AWS with."""
    values = programs[program]

    assert "HOST_SECRET" not in values
    assert [name for name in values if "SECRET" in name or "TOKEN" in name] == []


def test_given_the_functions_when_they_run_then_each_holds_the_credentials_of_its_own_role(
    cloud: Cloud,
) -> None:
    cloud.drop("seen", b"\x89PNG\r\n\x1a\n\x00 no table at all")
    cloud.ended("seen")
    seen = [
        values for values in environments(cloud).values() if "AWS_LAMBDA_FUNCTION_NAME" in values
    ]
    keys: dict[str, set[str]] = {}
    for values in seen:
        keys.setdefault(values["AWS_LAMBDA_FUNCTION_NAME"], set()).add(values["AWS_ACCESS_KEY_ID"])

    assert keys
    assert [values for values in seen if "HOST_SECRET" in values] == []
    assert [values for values in seen if values.get("HOME") == os.environ["HOME"]] == []
    assert [values for values in seen if values["AWS_ACCESS_KEY_ID"] == "test"] == []
    assert sum(map(len, keys.values())) == len(set.union(*keys.values()))
