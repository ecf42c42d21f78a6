"""A run from the dropped file to the email, function by function."""

import msgspec
import pytest

from tests.support.pipeline.drives import deployed, trained
from tests.support.pipeline.stack import BUCKET, Stack
from tunedrop.documents.dataset import Dataset
from tunedrop.documents.report import Report, TokenCount


@pytest.mark.usefixtures("base_model")
def test_given_a_dropped_table_when_every_event_arrives_then_one_report_and_one_email(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop("datasets/tweets/recipe.yaml", b"deploy: {keep: always}")
    stack.drop("datasets/tweets/tweets.csv", tweets)

    prepared = stack.call("prepare", stack.event("s3_dataset_dropped"))
    folder = prepared["run"]
    dataset = msgspec.json.decode(stack.read(f"{folder}/dataset/dataset.json"), type=Dataset)
    assert prepared["outcome"] == "prepared"
    assert dataset.rows.source == 60

    name = stack.run(folder).name
    key = f"{folder}/dataset/dataset.json"
    assert stack.call("train", stack.event("s3_dataset_prepared", key=key))["outcome"] == "training"
    assert stack.run(folder).job == name

    stack.sagemaker.set_job(name, "Completed", artifact=f"s3://b/{folder}/model/x/output/model/")
    event = stack.event("training_job_completed", job=name)
    assert stack.call("deploy", event)["outcome"] == "deploying"

    stack.sagemaker.set_endpoint(name, "InService")
    event = stack.event("endpoint_in_service", endpoint=name)
    assert stack.call("evaluate", event)["outcome"] == "evaluated"

    run = stack.run(folder)
    assert (run.status, run.stage, run.endpoint) == ("succeeded", "evaluate", name)
    assert {"report/report.html", "report/report.json"} <= {
        found.removeprefix(f"{folder}/") for found in stack.keys(f"{folder}/report/")
    }
    assert len(stack.emails) == 1
    assert all(times.ended for times in run.stages.values())


@pytest.mark.usefixtures("base_model")
def test_given_the_base_model_at_hand_when_prepared_then_the_price_is_said_before_training(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop("datasets/tweets/tweets.csv", tweets)
    folder = stack.prepare("datasets/tweets/tweets.csv")["run"]
    dataset = msgspec.json.decode(stack.read(f"{folder}/dataset/dataset.json"), type=Dataset)

    said = dataset.estimate
    assert said
    assert said == stack.run(folder).estimate
    assert said.low_usd <= said.high_usd
    assert f"{dataset.tokens.total:,} tokens" in said.basis
    assert "134 million parameters" in said.basis
    assert said.basis.encode()[:30] in stack.read(f"{folder}/dataset/dataset.html")
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))
    assert stack.run(folder).estimate == said


@pytest.mark.usefixtures("base_model")
def test_given_every_event_twice_when_they_arrive_then_nothing_is_made_or_sent_twice(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop("datasets/tweets/tweets.csv", tweets)
    folder = next(stack.prepare("datasets/tweets/tweets.csv") for _ in range(2))["run"]
    name = stack.run(folder).name
    key = f"{folder}/dataset/dataset.json"
    for _ in range(2):
        stack.call("train", stack.event("s3_dataset_prepared", key=key))
    stack.sagemaker.set_job(name, "Completed", artifact=f"s3://b/{folder}/model/x/output/model/")
    for _ in range(2):
        stack.call("deploy", stack.event("training_job_completed", job=name))
    stack.sagemaker.set_endpoint(name, "InService")
    for _ in range(2):
        stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    operations = [operation for operation, _ in stack.sagemaker.requests]
    assert operations == [
        "CreateTrainingJob",
        "CreateModel",
        "CreateEndpointConfig",
        "CreateEndpoint",
    ]
    assert len(stack.emails) == 1


def test_given_labels_when_prepared_then_answers_may_be_as_long_as_a_label_needs(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop("datasets/tweets/tweets.csv", tweets.replace(b"positive", b"positive" * 8))
    folder = stack.prepare("datasets/tweets/tweets.csv")["run"]
    assert (
        msgspec.json.decode(stack.read(f"{folder}/recipe.json"))["generation"]["max_tokens"] == 64
    )

    stack.drop("datasets/tweets/recipe.yaml", b"generation: {max_tokens: 5}")
    folder = stack.prepare("datasets/tweets/recipe.yaml")["run"]
    assert msgspec.json.decode(stack.read(f"{folder}/recipe.json"))["generation"]["max_tokens"] == 5


@pytest.mark.usefixtures("base_model")
def test_given_a_training_job_when_its_channels_are_read_then_no_test_row_is_among_them(
    stack: Stack, tweets: bytes
) -> None:
    stack.drop("datasets/tweets/tweets.csv", tweets)
    folder = stack.prepare("datasets/tweets/tweets.csv")["run"]
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))

    _, request = stack.sagemaker.requests[0]
    prefixes = [
        channel["DataSource"]["S3DataSource"]["S3Uri"].split("/", 3)[3]
        for channel in request["InputDataConfig"]
    ]
    seen = [key for prefix in prefixes for key in stack.keys(prefix)]
    assert f"{folder}/dataset/train.jsonl" in seen
    assert not [key for key in seen if "test" in key]
    assert request["EnableNetworkIsolation"] is True


@pytest.mark.usefixtures("base_model")
@pytest.mark.parametrize(("times", "warned"), [(1.05, False), (2.0, True)])
def test_given_the_jobs_own_count_of_tokens_when_evaluated_then_it_stands_beside_the_estimate(
    stack: Stack, tweets: bytes, times: float, *, warned: bool
) -> None:
    folder, name = trained(stack, tweets)
    dataset = msgspec.json.decode(stack.read(f"{folder}/dataset/dataset.json"), type=Dataset)
    counted = round(dataset.tokens.total * times)
    stack.drop(
        f"{folder}/model/x/training_summary.json", b'{"train_tokens": %d, "steps": 9}' % counted
    )
    artifact = f"s3://{BUCKET}/{folder}/model/x/"
    stack.sagemaker.set_job(name, "Completed", artifact=artifact)
    stack.call("deploy", stack.event("training_job_completed", job=name))
    stack.sagemaker.set_endpoint(name, "InService")
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    report = msgspec.json.decode(stack.read(f"{folder}/report/report.json"), type=Report)
    assert report.tokens == TokenCount(counted, dataset.tokens.total, "characters")
    assert f"{counted:,} tokens; preparation had".encode() in stack.read(
        f"{folder}/report/report.html"
    )
    assert ("off by as much" in " ".join(stack.emails[0][1].split())) is warned


@pytest.mark.usefixtures("base_model")
def test_given_too_few_rows_to_tell_when_evaluated_then_the_endpoint_goes_and_the_email_says_so(
    stack: Stack, tweets: bytes
) -> None:
    folder, name = deployed(stack, tweets)
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    assert stack.run(folder).verdict == "too_small_to_tell"
    assert stack.sagemaker.endpoints == {}
    assert stack.keys("runs/_active/") == []
    assert len(stack.emails) == 1
