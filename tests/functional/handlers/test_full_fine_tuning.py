"""A full fine-tuning: one endpoint serves the base weights first, then the tuned ones."""

import json

import msgspec
import pytest

from tests.support.builders.references import reference_for
from tests.support.pipeline.drives import report_failure, trained
from tests.support.pipeline.stack import BUCKET, Stack
from tunedrop.documents import keys
from tunedrop.documents.report import Report
from tunedrop.documents.rows import Row

pytestmark = pytest.mark.usefixtures("base_model")

ARTIFACT = "model/x/output/model"


def full_endpoint(stack: Stack, tweets: bytes) -> tuple[str, str]:
    """Bring a full fine-tuning to an endpoint in service; return folder and name."""
    stack.drop("datasets/tweets/recipe.yaml", b"method: full")
    folder, name = trained(stack, tweets)
    stack.sagemaker.set_job(name, "Completed", artifact=f"s3://{BUCKET}/{folder}/{ARTIFACT}/")
    stack.call("deploy", stack.event("training_job_completed", job=name))
    stack.sagemaker.set_endpoint(name, "InService")
    return folder, name


def evaluate(stack: Stack, name: str) -> str:
    outcome: str = stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))[
        "outcome"
    ]
    return outcome


def test_both_models_answer_one_after_the_other_on_one_endpoint(
    stack: Stack, tweets: bytes
) -> None:
    # Given an endpoint that serves the base weights alone, and what the training job recorded
    folder, name = full_endpoint(stack, tweets)
    validation = stack.read(f"{folder}/{keys.split_file('validation')}").splitlines()
    recorded = reference_for(msgspec.json.decode(line, type=Row) for line in validation[:3])
    stack.drop(f"{folder}/{ARTIFACT}/{keys.REFERENCE}", msgspec.json.encode(recorded))
    requests = dict(stack.sagemaker.requests)
    assert json.loads(stack.read(f"{folder}/config/training.json"))["method"] == "full"
    container = requests["CreateModel"]["PrimaryContainer"]
    (template,) = container["AdditionalModelDataSources"]
    assert template["S3DataSource"]["S3Uri"].endswith(f"/{ARTIFACT}/template/")
    assert container["Environment"]["SM_VLLM_SERVED_MODEL_NAME"] == "base"

    # When it is in service
    outcome = evaluate(stack, name)

    # Then the base model was asked, and the endpoint is updated to the tuned weights
    assert outcome == "the endpoint is updated to the tuned weights"
    assert {model for model, _ in stack.inference.asked} == {"base"}
    assert stack.inference.scored == 3
    requests = dict(stack.sagemaker.requests)
    container = requests["CreateModel"]["PrimaryContainer"]
    artifact = f"s3://{BUCKET}/{folder}/{ARTIFACT}/"
    assert container["ModelDataSource"]["S3DataSource"]["S3Uri"] == artifact
    assert container["Environment"]["SM_VLLM_SERVED_MODEL_NAME"] == "tuned"
    assert requests["UpdateEndpoint"]["EndpointConfigName"] == f"{name}-tuned"
    asked = len(stack.inference.asked)

    # When an event comes too early, then nothing is done
    assert evaluate(stack, name) == "nothing to do"

    # When the tuned weights are in service
    stack.sagemaker.set_endpoint(name, "InService")
    assert evaluate(stack, name) == "evaluated"

    # Then the same prompts were asked of the tuned model alone, and there is one report
    base, tuned = stack.inference.asked[:asked], stack.inference.asked[asked:]
    assert {model for model, _ in tuned} == {"tuned"}
    assert {prompt for _, prompt in tuned} <= {prompt for _, prompt in base}
    report = msgspec.json.decode(stack.read(f"{folder}/report/report.json"), type=Report)
    assert report.verdict != "worse"
    assert stack.inference.scored == 6
    assert report.served
    assert (report.served.rows, report.served.difference) == (3, 0.0)
    assert len(stack.emails) == 1
    assert name not in stack.sagemaker.endpoints


def test_weights_that_cannot_be_served_end_the_run(stack: Stack, tweets: bytes) -> None:
    # Given an endpoint that came back with the base weights after its update
    folder, name = full_endpoint(stack, tweets)
    evaluate(stack, name)
    stack.sagemaker.configs[name] = name
    stack.sagemaker.set_endpoint(name, "InService", "it did not pass the ping health check")

    # When its event comes
    evaluate(stack, name)
    report_failure(stack, folder)

    # Then the email says why, and nothing is left
    ((_, text),) = stack.emails
    assert "could not serve the tuned weights: it did not pass" in " ".join(text.split())
    assert name not in stack.sagemaker.endpoints
    assert not stack.s3.list_objects_v2(Bucket=BUCKET, Prefix="runs/_active/").get("Contents")
