"""A function's process: its package, its environment, its limits and its log."""

import json
import sys
from pathlib import Path

import pytest

from tests.functional.localcloud.probe_cloud import ProbeCloud
from tests.support.local_aws.cloud import wait_for

LOG_GROUP = "/aws/lambda/probe-recorder"


@pytest.fixture(scope="module", autouse=True)
def slow(probe: ProbeCloud) -> str:
    """A drop whose function times out three times, while the other tests run."""
    probe.drop("slow", "slow.csv")
    return "slow"


def test_a_function_has_no_variable_of_the_host(probe: ProbeCloud) -> None:
    # When
    probe.drop("environment", "a.csv")
    (seen,) = probe.seen("environment")

    # Then
    environment = seen["environment"]
    own = {name for name in environment if not name.startswith("AWS_")}
    lambdas = {name for name in environment if name.startswith("AWS_LAMBDA_")}
    assert own == {
        *("BUCKET", "QUEUE", "TOPIC"),  # variables of the template
        *("HOME", "LAMBDA_TASK_ROOT", "LANG", "PATH", "TMPDIR", "TZ", "_HANDLER"),
    }
    assert {name for name in environment if name.startswith("AWS_")} - lambdas == {
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
        *("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_EXECUTION_ENV"),
    }
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")  # credentials of a role's session
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert environment["HOME"].startswith(str(probe.directory))


def test_a_function_imports_only_from_its_package(probe: ProbeCloud) -> None:
    # When
    probe.drop("path", "a.csv")
    (seen,) = probe.seen("path")

    # Then
    package, *standard_library = seen["path"]
    assert package == seen["environment"]["LAMBDA_TASK_ROOT"]
    assert all(entry.startswith(sys.base_prefix) for entry in standard_library)
    assert not any("site-packages" in entry for entry in seen["path"])


def test_a_warm_process_is_used_again(probe: ProbeCloud) -> None:
    # Given
    probe.drop("warm", "a.csv")
    (first,) = probe.seen("warm")

    # When
    wait_for(lambda: probe.drop("warm", "b.csv"), probe.log)

    # Then
    processes = {one["process"] for one in probe.seen("warm", 2)}
    assert first["process"] in processes
    assert 0 < first["remaining_ms"] <= 4000  # Timeout: 4


def test_a_function_that_exceeds_its_memory_is_killed(probe: ProbeCloud) -> None:
    # When
    probe.drop("memory", "memory.csv")

    # Then
    (letter,) = probe.seen("memory-letter")
    assert letter["responsePayload"]["errorType"] == "Runtime.ExitError"
    assert letter["responsePayload"]["errorMessage"].endswith("signal: killed")


def test_the_log_of_an_invocation_is_in_cloudwatch(probe: ProbeCloud) -> None:
    # When
    probe.drop("logged", "logged-once.csv")
    probe.seen("logged")
    logs = probe.client("logs")

    def look() -> list[str] | None:
        events = logs.filter_log_events(logGroupName=LOG_GROUP)["events"]
        lines = [event["message"].strip() for event in events]
        return lines if "seen logged-once.csv" in lines else None

    # Then
    lines = wait_for(look, probe.log)
    report = next(line for line in lines if line.startswith("REPORT"))
    assert any(line.startswith("START RequestId: ") for line in lines)
    assert "Memory Size: 256 MB" in report
    assert 20 < int(report.split("Max Memory Used: ")[1].split()[0]) < 256


def test_a_function_can_import_its_layer(probe: ProbeCloud) -> None:
    # When
    answer = probe.client("lambda").invoke(FunctionName="probe-lonely", Payload=b"{}")

    # Then
    assert json.loads(answer["Payload"].read()) == "from the layer"


def test_a_package_has_valid_byte_code_before_the_first_start(probe: ProbeCloud) -> None:
    """With it, a cold start compiles nothing."""
    # When
    probe.drop("compiled", "a.csv")
    (seen,) = probe.seen("compiled")

    # Then
    package = Path(seen["environment"]["LAMBDA_TASK_ROOT"])
    version = f"cpython-{sys.version_info.major}{sys.version_info.minor}"
    assert (package / "__pycache__" / f"recorder.{version}.pyc").exists()
    assert list((package / "boto3" / "__pycache__").glob(f"*.{version}.pyc"))


def test_a_function_that_exceeds_its_timeout_is_ended(probe: ProbeCloud, slow: str) -> None:
    # When
    (letter,) = probe.seen(f"{slow}-letter")

    # Then
    assert letter["responsePayload"]["errorType"] == "Sandbox.Timedout"
    assert letter["responsePayload"]["errorMessage"].endswith("Task timed out after 4.00 seconds")
