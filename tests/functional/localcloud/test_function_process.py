"""A function's process sees its package, its environment and its limits, and nothing else."""

import json
import sys
from pathlib import Path

from tests.functional.localcloud.probe_cloud import ProbeCloud
from tests.support.local_aws.cloud import wait_for

LOG_GROUP = "/aws/lambda/probe-recorder"


def test_given_a_host_with_secrets_when_a_function_runs_then_it_has_only_its_own_variables(
    probe: ProbeCloud,
) -> None:
    probe.drop("environment", "a.csv")
    (seen,) = probe.seen("environment")
    environment = seen["environment"]
    own = {name for name in environment if not name.startswith("AWS_")}
    lambdas = {name for name in environment if name.startswith("AWS_LAMBDA_")}

    assert own == {
        *("BUCKET", "QUEUE", "TOPIC"),  # the template's
        *("HOME", "LAMBDA_TASK_ROOT", "LANG", "PATH", "TMPDIR", "TZ", "_HANDLER"),
    }
    assert {name for name in environment if name.startswith("AWS_")} - lambdas == {
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
        *("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_EXECUTION_ENV"),
    }
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")  # a session of its role
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert environment["HOME"].startswith(str(probe.directory))


def test_given_a_virtual_environment_when_a_function_imports_then_only_its_package_is_there(
    probe: ProbeCloud,
) -> None:
    probe.drop("path", "a.csv")
    (seen,) = probe.seen("path")
    package, *standard_library = seen["path"]

    assert package == seen["environment"]["LAMBDA_TASK_ROOT"]
    assert all(entry.startswith(sys.base_prefix) for entry in standard_library)
    assert not any("site-packages" in entry for entry in seen["path"])


def test_given_a_warm_process_when_the_next_event_comes_then_it_is_used_again(
    probe: ProbeCloud,
) -> None:
    probe.drop("warm", "a.csv")
    (first,) = probe.seen("warm")
    wait_for(lambda: probe.drop("warm", "b.csv"), probe.log)
    processes = {one["process"] for one in probe.seen("warm", 2)}

    assert first["process"] in processes
    assert 0 < first["remaining_ms"] <= 4000  # Timeout: 4


def test_given_too_much_memory_when_a_function_takes_it_then_it_is_killed(
    probe: ProbeCloud,
) -> None:
    probe.drop("memory", "memory.csv")
    (letter,) = probe.seen("memory-letter")

    assert letter["responsePayload"]["errorType"] == "Runtime.ExitError"
    assert letter["responsePayload"]["errorMessage"].endswith("signal: killed")


def test_given_a_function_that_does_not_end_when_its_time_is_over_then_it_is_ended(
    probe: ProbeCloud,
) -> None:
    probe.drop("slow", "slow.csv")
    (letter,) = probe.seen("slow-letter")

    assert letter["responsePayload"]["errorType"] == "Sandbox.Timedout"
    assert letter["responsePayload"]["errorMessage"].endswith("Task timed out after 4.00 seconds")


def test_given_an_invocation_when_it_is_over_then_its_log_is_in_cloudwatch(
    probe: ProbeCloud,
) -> None:
    probe.drop("logged", "logged-once.csv")
    probe.seen("logged")
    logs = probe.client("logs")

    def look() -> list[str] | None:
        events = logs.filter_log_events(logGroupName=LOG_GROUP)["events"]
        lines = [event["message"].strip() for event in events]
        return lines if "seen logged-once.csv" in lines else None

    lines = wait_for(look, probe.log)
    report = next(line for line in lines if line.startswith("REPORT"))

    assert any(line.startswith("START RequestId: ") for line in lines)
    assert "Memory Size: 256 MB" in report
    assert 20 < int(report.split("Max Memory Used: ")[1].split()[0]) < 256


def test_given_a_layer_when_a_function_declares_it_then_it_can_be_imported(
    probe: ProbeCloud,
) -> None:
    answer = probe.client("lambda").invoke(FunctionName="probe-lonely", Payload=b"{}")

    assert json.loads(answer["Payload"].read()) == "from the layer"


def test_given_a_running_function_when_it_writes_then_nothing_lands_in_its_package(
    probe: ProbeCloud,
) -> None:
    """Byte code is valid as built: a cold start writes nothing and compiles nothing."""
    probe.drop("compiled", "a.csv")
    (seen,) = probe.seen("compiled")
    package = Path(seen["environment"]["LAMBDA_TASK_ROOT"])
    version = f"cpython-{sys.version_info.major}{sys.version_info.minor}"

    assert (package / "__pycache__" / f"recorder.{version}.pyc").exists()
    assert list((package / "boto3" / "__pycache__").glob(f"*.{version}.pyc"))
