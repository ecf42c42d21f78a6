"""The calls of `make sam-local`: every function, with each of its files in events/.

They follow one dataset from the first drop to the email, then a second run that uses the adapter of
the first, a file that cannot be read, and a drop that no function could handle. In between they
wait for the real training job and the real endpoint.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from tests.support.builders.tiny_model import LEARNABLE
from tests.support.local_aws.cloud import MODEL_ID, Cloud, wait_for

RECIPE = f"split: {{validation: 0.2, test: 0.2}}\nhyperparameters: {json.dumps(LEARNABLE)}\n"
CHANGED = f"base_model: {MODEL_ID}\n{RECIPE}generation: {{max_tokens: 40}}\n"
"""The same recipe but for what comes after the training, so that nothing is trained again."""
ROWS = "text,label\n" + "".join(
    f"a {word} thing number {number},{label}\n"
    for number in range(60)
    for word, label in (("good", "positive"), ("bad", "negative"))
)
FILE, RECIPE_KEY = "datasets/tweets/tweets.csv", "datasets/tweets/recipe.yaml"


@dataclass(frozen=True)
class Call:
    """One call: the function, the file in events/, and how the outcome begins.

    `before` is done before the call with the local AWS and the name of the current run's job and
    endpoint. `key` gives the object that the event names, where it is not the one in the file.
    """

    function: str
    file: str
    outcome: str
    before: Callable[[Cloud, str], None] | None = None
    key: tuple[str, Callable[[Cloud, str], str]] | None = None


def _drop_file(cloud: Cloud, _: str) -> None:
    cloud.drop("tweets", ROWS.encode(), RECIPE, name="tweets.csv")


def _drop_at_top(cloud: Cloud, _: str) -> None:
    cloud.s3.put_object(Bucket=cloud.bucket, Key="tweets.csv", Body=ROWS.encode())


def _drop_recipe(cloud: Cloud, _: str) -> None:
    cloud.s3.put_object(Bucket=cloud.bucket, Key=RECIPE_KEY, Body=CHANGED.encode())


def _drop_unreadable(cloud: Cloud, _: str) -> None:
    cloud.drop("tweets", b"\0\1\2\3" * 100, RECIPE, name="tweets.csv")


def _job_ended(cloud: Cloud, name: str) -> None:
    sagemaker = cloud.client("sagemaker")

    def ended() -> bool:
        job = sagemaker.describe_training_job(TrainingJobName=name)
        assert job["TrainingJobStatus"] in {"InProgress", "Completed"}, job["FailureReason"]
        return bool(job["TrainingJobStatus"] == "Completed")

    wait_for(ended, lambda: f"the training job {name} did not end")


def _endpoint_serves(cloud: Cloud, name: str) -> None:
    sagemaker = cloud.client("sagemaker")
    wait_for(
        lambda: sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService",
        lambda: f"the endpoint {name} is not in service",
    )


def _notice(cloud: Cloud, _: str) -> str:
    """Return the key of the only notice: that of the file at the top of the bucket."""
    (key,) = cloud.keys("runs/_misplaced/notice/")
    return key


CALLS = (
    Call("PrepareFunction", "s3_dataset_dropped", "prepared", _drop_file),
    Call("PrepareFunction", "s3_file_misplaced", "ignored: it lies at the top", _drop_at_top),
    Call(
        "ReportFailureFunction",
        "s3_run_notice",
        "told",
        key=("runs/tweets/0a1b2c3d4e5f/notice/1.json", _notice),
    ),
    Call("TrainFunction", "s3_dataset_prepared", "training"),
    Call("ReportFailureFunction", "training_job_failed", "nothing to do"),
    Call("ReportFailureFunction", "tuning_job_failed", "nothing to do"),
    Call("ReportFailureFunction", "processing_job_failed", "nothing to do"),
    Call("DeployFunction", "training_job_completed", "deploying", _job_ended),
    Call("DeployFunction", "tuning_job_completed", "nothing to do"),
    Call("ReportFailureFunction", "endpoint_failed", "nothing to do"),
    Call("SweepFunction", "schedule", "sent to evaluate again", _endpoint_serves),
    Call("EvaluateFunction", "endpoint_in_service", "evaluated"),
    Call("EvaluateFunction", "s3_answers_unfinished", "settled"),
    Call(
        "PrepareFunction",
        "s3_dataset_dropped",
        "prepared",
        _drop_recipe,
        (FILE, lambda *_: RECIPE_KEY),
    ),
    Call("TrainFunction", "s3_dataset_prepared", "using an earlier adapter"),
    Call("DeployFunction", "s3_adapter_reused", "deploying"),
    Call("PrepareFunction", "s3_dataset_dropped", "failed: ", _drop_unreadable),
    Call("ReportFailureFunction", "s3_run_failed", "reported"),
    Call("ReportFailureFunction", "sqs_dead_letter", "reported: no run was started", _drop_file),
)
