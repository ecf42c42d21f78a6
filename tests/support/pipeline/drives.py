"""Steps that bring a run of the stack to a certain state."""

import json
from typing import Any

from tests.support.pipeline.stack import BUCKET, EVENTS, Stack

KEY = "datasets/tweets/tweets.csv"


def report_failure(stack: Stack, folder: str) -> None:
    """Call report_failure as S3 does for the failure that a stage left."""
    key = f"{folder}/failure/{stack.run(folder).attempt}.json"
    stack.read(key)
    stack.call("report_failure", stack.event("s3_run_failed", key=key))


def trained(stack: Stack, tweets: bytes) -> tuple[str, str]:
    """Bring a run to the end of its training; returns its folder and its name."""
    stack.drop(KEY, tweets)
    folder = stack.prepare(KEY)["run"]
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))
    name = stack.run(folder).name
    stack.sagemaker.set_job(name, "Completed", artifact=f"s3://b/{folder}/model/x/output/model/")
    return folder, name


def deployed(stack: Stack, tweets: bytes) -> tuple[str, str]:
    """Bring a run to an endpoint in service."""
    folder, name = trained(stack, tweets)
    stack.call("deploy", stack.event("training_job_completed", job=name))
    stack.sagemaker.set_endpoint(name, "InService")
    return folder, name


def sweep(stack: Stack) -> list[dict[str, Any]]:
    """Call sweep as its schedule does."""
    outcomes: list[dict[str, Any]] = stack.call("sweep", stack.event("schedule"))
    return outcomes


def send_dead_letter(stack: Stack, folder: str, **differing: str) -> list[dict[str, Any]]:
    """Call report_failure with the dead letter of prepare for the run's upload.

    `differing` replaces the version id or the request id.
    """
    event = json.loads((EVENTS / "sqs_dead_letter.json").read_text())
    letter = json.loads(event["Records"][0]["body"])
    source = stack.run(folder).source
    named = letter["requestPayload"]["detail"]["object"]
    named["key"], named["version-id"] = source.key, differing.get("version_id", source.version_id)
    if "request_id" in differing:
        letter["requestContext"]["requestId"] = differing["request_id"]
    event["Records"][0]["body"] = json.dumps(letter)
    outcomes: list[dict[str, Any]] = stack.call("report_failure", event)
    return outcomes


def change(stack: Stack, folder: str, **values: Any) -> None:
    """Replace values of run.json."""
    run = json.loads(stack.read(f"{folder}/run.json"))
    stack.s3.put_object(
        Bucket=BUCKET, Key=f"{folder}/run.json", Body=json.dumps({**run, **values}).encode()
    )
