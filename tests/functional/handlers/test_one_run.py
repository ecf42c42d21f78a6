"""A run from the dropped file to the email, function by function."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from tests.support.pipeline.drives import deployed, trained
from tests.support.pipeline.fakes import FakeInference
from tests.support.pipeline.stack import BUCKET, Stack
from tunedrop.documents.answers import Answer
from tunedrop.documents.dataset import Dataset
from tunedrop.documents.report import Report, TokenCount

MODEL = "models/HuggingFaceTB/SmolLM2-135M-Instruct/main/"


@pytest.mark.usefixtures("base_model")
def test_a_dropped_table_becomes_one_report_and_one_email(stack: Stack, tweets: bytes) -> None:
    # Given a recipe and a table
    stack.drop("datasets/tweets/recipe.yaml", b"deploy: {keep: always}")
    stack.drop("datasets/tweets/tweets.csv", tweets)

    # When
    prepared = stack.call("prepare", stack.event("s3_dataset_dropped"))

    # Then
    folder = prepared["run"]
    dataset = msgspec.json.decode(stack.read(f"{folder}/dataset/dataset.json"), type=Dataset)
    assert prepared["outcome"] == "prepared"
    assert dataset.rows.source == 60
    assert dataset.power is not None
    assert b"What the test can show" in stack.read(f"{folder}/dataset/dataset.html")

    # When
    name = stack.run(folder).name
    key = f"{folder}/dataset/dataset.json"
    answer = stack.call("train", stack.event("s3_dataset_prepared", key=key))

    # Then
    assert answer["outcome"] == "training"
    assert stack.run(folder).job == name

    # When
    stack.sagemaker.set_job(name, "Completed", artifact=f"s3://b/{folder}/model/x/output/model/")
    event = stack.event("training_job_completed", job=name)
    answer = stack.call("deploy", event)

    # Then
    assert answer["outcome"] == "deploying"

    # When
    stack.sagemaker.set_endpoint(name, "InService")
    event = stack.event("endpoint_in_service", endpoint=name)
    answer = stack.call("evaluate", event)

    # Then
    assert answer["outcome"] == "evaluated"

    run = stack.run(folder)
    assert (run.status, run.stage, run.endpoint) == ("succeeded", "evaluate", name)
    report = msgspec.json.decode(stack.read(f"{folder}/report/report.json"), type=Report)
    assert {each.kind for each in report.baselines} == {"few_shot", "commonest", "nearest"}
    assert {"report/report.html", "report/report.json"} <= {
        found.removeprefix(f"{folder}/") for found in stack.keys(f"{folder}/report/")
    }
    assert len(stack.emails) == 1
    assert all(times.ended for times in run.stages.values())


@pytest.mark.usefixtures("base_model")
def test_the_price_is_estimated_before_the_training(stack: Stack, tweets: bytes) -> None:
    # Given the base model in the bucket
    stack.drop("datasets/tweets/tweets.csv", tweets)

    # When
    folder = stack.prepare("datasets/tweets/tweets.csv")["run"]

    # Then the estimate is on the dataset page and in run.json, before the training starts
    dataset = msgspec.json.decode(stack.read(f"{folder}/dataset/dataset.json"), type=Dataset)

    said = dataset.estimate
    assert said
    assert said == stack.run(folder).estimate
    assert said.low_usd <= said.high_usd
    assert f"{dataset.tokens.total:,} tokens" in said.basis
    assert "134 million parameters" in said.basis
    assert said.basis.encode()[:30] in stack.read(f"{folder}/dataset/dataset.html")

    # When
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))

    # Then
    assert stack.run(folder).estimate == said


@pytest.mark.usefixtures("base_model")
def test_chosen_hyperparameters_are_told_before_and_after(stack: Stack, tweets: bytes) -> None:
    # Given a recipe with one of the hyperparameters, and a model whose sizes are known
    stack.drop("datasets/tweets/recipe.yaml", b"hyperparameters: {epochs: 1}")
    stack.drop(f"{MODEL}config.json", b'{"hidden_size": 576, "model_type": "llama"}')

    # When
    folder, name = deployed(stack, tweets)
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    # Then dataset.json, training.json and the report have the same values and reasons
    dataset = msgspec.json.decode(stack.read(f"{folder}/dataset/dataset.json"), type=Dataset)
    report = msgspec.json.decode(stack.read(f"{folder}/report/report.json"), type=Report)
    config = msgspec.json.decode(stack.read(f"{folder}/config/training.json"))
    del config["hyperparameters"]["beta"]  # Only preferences use it.
    told = {each.name: (each.value, each.reason) for each in report.hyperparameters}
    assert told["epochs"] == (1, "given in the recipe")
    assert told["learning_rate"][0] == 1.3e-3
    assert report.hyperparameters == dataset.hyperparameters
    assert {name: value for name, (value, _) in told.items()} == config["hyperparameters"]
    assert {name: reason for name, (_, reason) in told.items()} == config["reasons"]
    for page in ("dataset/dataset.html", "report/report.html"):
        assert b"Tinker&#39;s rule for models like Llama" in stack.read(f"{folder}/{page}")


@pytest.mark.usefixtures("base_model")
def test_the_endpoint_takes_the_chosen_rank_and_length(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop("datasets/tweets/recipe.yaml", b"hyperparameters: {max_length: 600}")

    # When
    deployed(stack, tweets)

    # Then
    request = next(
        each for operation, each in stack.sagemaker.requests if operation == "CreateModel"
    )
    environment = request["PrimaryContainer"]["Environment"]
    assert environment["SM_VLLM_MAX_LORA_RANK"] == "16"
    assert environment["SM_VLLM_MAX_MODEL_LEN"] == str(600 + 16)


@pytest.mark.usefixtures("base_model")
def test_a_model_that_comes_late_still_decides(stack: Stack, tweets: bytes) -> None:
    # Given a run that waits for its base model
    manifest = stack.read(f"{MODEL}manifest.json")
    stack.s3.delete_object(Bucket=BUCKET, Key=f"{MODEL}manifest.json")
    stack.drop("datasets/tweets/tweets.csv", tweets)
    folder = stack.prepare("datasets/tweets/tweets.csv")["run"]
    stack.drop(f"{MODEL}config.json", b'{"hidden_size": 4096, "model_type": "llama"}')
    stack.drop(f"{MODEL}manifest.json", manifest)

    # When
    stack.prepare("datasets/tweets/tweets.csv")
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))

    # Then
    dataset = msgspec.json.decode(stack.read(f"{folder}/dataset/dataset.json"), type=Dataset)
    config = msgspec.json.decode(stack.read(f"{folder}/config/training.json"))
    told = {each.name: each.value for each in dataset.hyperparameters}
    assert told["learning_rate"] == 2.9e-4
    del config["hyperparameters"]["beta"]  # Only preferences use it.
    assert config["hyperparameters"] == told


@pytest.mark.usefixtures("base_model")
def test_what_is_known_of_the_model_when_training_starts_decides(
    stack: Stack, tweets: bytes
) -> None:
    # Given a run that was prepared before the sizes of its base model were known
    stack.drop("datasets/tweets/tweets.csv", tweets)
    folder = stack.prepare("datasets/tweets/tweets.csv")["run"]

    # When
    stack.drop(f"{MODEL}config.json", b'{"hidden_size": 4096, "model_type": "llama"}')
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))

    # Then
    dataset = msgspec.json.decode(stack.read(f"{folder}/dataset/dataset.json"), type=Dataset)
    config = msgspec.json.decode(stack.read(f"{folder}/config/training.json"))
    assert {each.name: each.value for each in dataset.hyperparameters}["learning_rate"] != 2.9e-4
    assert config["hyperparameters"]["learning_rate"] == 2.9e-4


@pytest.mark.usefixtures("base_model")
def test_events_that_arrive_twice_create_and_send_nothing_twice(
    stack: Stack, tweets: bytes
) -> None:
    # Given
    stack.drop("datasets/tweets/tweets.csv", tweets)

    # When every event arrives twice
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

    # Then
    operations = [operation for operation, _ in stack.sagemaker.requests]
    assert operations == [
        "CreateTrainingJob",
        "CreateModel",
        "CreateEndpointConfig",
        "CreateEndpoint",
    ]
    assert len(stack.emails) == 1


def test_max_tokens_of_answers_follows_the_longest_label(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop("datasets/tweets/tweets.csv", tweets.replace(b"positive", b"positive" * 8))

    # When
    folder = stack.prepare("datasets/tweets/tweets.csv")["run"]

    # Then
    assert (
        msgspec.json.decode(stack.read(f"{folder}/recipe.json"))["generation"]["max_tokens"] == 64
    )

    # When
    stack.drop("datasets/tweets/recipe.yaml", b"generation: {max_tokens: 5}")
    folder = stack.prepare("datasets/tweets/recipe.yaml")["run"]

    # Then
    assert msgspec.json.decode(stack.read(f"{folder}/recipe.json"))["generation"]["max_tokens"] == 5


@pytest.mark.usefixtures("base_model")
def test_the_channels_of_a_training_job_hold_no_test_row(stack: Stack, tweets: bytes) -> None:
    # Given
    stack.drop("datasets/tweets/tweets.csv", tweets)
    folder = stack.prepare("datasets/tweets/tweets.csv")["run"]

    # When
    stack.call("train", stack.event("s3_dataset_prepared", key=f"{folder}/dataset/dataset.json"))

    # Then
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
def test_the_report_compares_the_jobs_token_count_with_the_estimate(
    stack: Stack, tweets: bytes, times: float, *, warned: bool
) -> None:
    # Given
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

    # When
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    # Then
    report = msgspec.json.decode(stack.read(f"{folder}/report/report.json"), type=Report)
    assert report.tokens == TokenCount(counted, dataset.tokens.total, "characters")
    assert f"{counted:,} tokens; preparation had".encode() in stack.read(
        f"{folder}/report/report.html"
    )
    assert ("off by as much" in " ".join(stack.emails[0][1].split())) is warned


@pytest.mark.usefixtures("base_model")
def test_an_undecided_evaluation_deletes_the_endpoint_and_sends_an_email(
    stack: Stack, tweets: bytes
) -> None:
    # Given
    folder, name = deployed(stack, tweets)

    # When
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    # Then
    assert stack.run(folder).verdict == "too_small_to_tell"
    assert stack.sagemaker.endpoints == {}
    assert stack.keys("runs/_active/") == []
    assert len(stack.emails) == 1


class SeededInference(FakeInference):
    """An endpoint that notes the seed of each question."""

    def __init__(self) -> None:
        super().__init__()
        self.seeds: list[tuple[str, str, int]] = []

    async def chat(self, endpoint: str, payload: Mapping[str, Any]) -> Answer:
        answer = await super().chat(endpoint, payload)
        self.seeds.append((payload["model"], payload["messages"][-1]["content"], payload["seed"]))
        return answer


@pytest.mark.usefixtures("base_model")
def test_repeats_ask_each_row_several_times_with_other_seeds(stack: Stack, tweets: bytes) -> None:
    # Given
    recipe = b"evaluate: {repeats: 3}\ngeneration: {temperature: 0.5, seed: 7}"
    stack.drop("datasets/tweets/recipe.yaml", recipe)
    folder, name = deployed(stack, tweets)
    stack.inference = inference = SeededInference()

    # When
    stack.call("evaluate", stack.event("endpoint_in_service", endpoint=name))

    # Then each row has three answers of each model, and counts once
    of_tuned = Counter((text, seed) for model, text, seed in inference.seeds if model == "tuned")
    assert set(of_tuned.values()) == {1}
    assert {seed for _, seed in of_tuned} == {7, 8, 9}
    report = msgspec.json.decode(stack.read(f"{folder}/report/report.json"), type=Report)
    assert report.repeats
    assert report.repeats.times == 3
    assert report.comparisons[0].difference.n == len(of_tuned) / 3
    assert report.asking
    assert report.asking.answers == 9 * report.comparisons[0].difference.n
