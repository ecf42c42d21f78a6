"""The environments of functions, jobs and endpoints: credentials, and no variable of the host."""

import os

import psutil
import pytest

from tests.e2e.recipes import FAST
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
def test_jobs_and_endpoints_have_no_credentials(
    programs: dict[str, dict[str, str]], program: str
) -> None:
    """Both are network-isolated, so they have no credentials on AWS either."""
    # Given
    values = programs[program]

    # Then
    assert "HOST_SECRET" not in values
    assert [name for name in values if "SECRET" in name or "TOKEN" in name] == []


def test_each_function_has_the_credentials_of_its_own_role(cloud: Cloud) -> None:
    # When
    cloud.drop("seen", b"\x89PNG\r\n\x1a\n\x00 no table at all")
    cloud.ended("seen")

    # Then
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
