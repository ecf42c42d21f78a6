"""One run, from the dropped file to the email, with real training, serving and events."""

import json
from typing import Any

import pytest

from tests.e2e.recipes import FAST, MLFLOW_SERVER
from tests.support.builders.tables import labelled_rows
from tests.support.local_aws.cloud import Cloud, wait_for

RECIPE = f"""
mlflow: {MLFLOW_SERVER}
task: classification
rows: {{max_train: 160, max_validation: 16, max_test: 60}}
split: {{validation: 0.1, test: 0.25}}
hyperparameters:
  {{epochs: 4, learning_rate: 1.0e-2, lora_dropout: 0.0, max_length: 256, evaluations_per_epoch: 1}}
deploy: {{keep: always}}
"""


@pytest.fixture(scope="module")
def run(cloud: Cloud) -> dict[str, Any]:
    """The run.json of a run that has ended."""
    cloud.drop("words", labelled_rows(240), RECIPE)
    return cloud.ended("words")


def test_a_run_succeeds_and_every_stage_has_its_times(run: dict[str, Any]) -> None:
    assert run["status"] == "succeeded", run.get("error")
    assert set(run["stages"]) == {"prepare", "train", "deploy", "evaluate"}
    assert all(times["ended"] for times in run["stages"].values())
    assert run["cost"]["billable_seconds"] > 0


def test_split_files_have_the_numbers_of_rows_in_dataset_json(
    cloud: Cloud, run: dict[str, Any]
) -> None:
    # Given
    folder = f"runs/words/{run['run']}"

    # When
    dataset = cloud.document(f"{folder}/dataset/dataset.json")

    # Then
    assert dataset
    rows = dataset["rows"]
    for split in ("train", "validation", "test", "rejected"):
        key = f"{folder}/dataset/{split}.jsonl"
        body = cloud.s3.get_object(Bucket=cloud.bucket, Key=key)["Body"].read()
        assert len(body.splitlines()) == rows[split]
    assert rows.pop("in") == sum(rows.values()) == 240


def test_preparation_and_training_count_the_same_tokens(cloud: Cloud, run: dict[str, Any]) -> None:
    # Given
    folder = f"runs/words/{run['run']}"

    # When
    dataset = cloud.document(f"{folder}/dataset/dataset.json")
    report = cloud.document(f"{folder}/report/report.json")

    # Then
    assert dataset
    assert report
    assert dataset["tokens"]["method"] == "tokenizer"
    assert report["tokens"]["said"] == dataset["tokens"]["total"]
    assert report["tokens"]["said"] == pytest.approx(report["tokens"]["counted"], rel=0.01)
    assert dataset["estimate"] == run["estimate"]


def test_the_training_job_has_metrics_and_an_artifact(cloud: Cloud, run: dict[str, Any]) -> None:
    # When
    job = cloud.client("sagemaker").describe_training_job(TrainingJobName=run["job"])

    # Then
    metrics = {found["MetricName"]: found["Value"] for found in job["FinalMetricDataList"]}
    artifact = job["ModelArtifacts"]["S3ModelArtifacts"].split("/", 3)[3]
    assert job["TrainingJobStatus"] == "Completed"
    assert {"train:loss", "validation:loss"} <= set(metrics)
    assert job["MlflowConfig"] == {
        "MlflowResourceArn": MLFLOW_SERVER,
        "MlflowExperimentName": "words",
        "MlflowRunName": run["job"],
    }
    assert any(key.endswith("adapter_model.safetensors") for key in cloud.keys(artifact))


def test_the_runs_folder_has_the_files_for_tensorboard(cloud: Cloud, run: dict[str, Any]) -> None:
    # When
    keys = cloud.keys(f"runs/words/{run['run']}/tensorboard/")

    # Then
    assert keys
    assert all(f"/{run['job']}/tensorboard-output/events.out.tfevents." in key for key in keys)


def test_the_endpoint_answers_as_base_and_as_tuned(cloud: Cloud, run: dict[str, Any]) -> None:
    # Given
    runtime = cloud.client("sagemaker-runtime")
    folder = f"runs/words/{run['run']}"
    line = cloud.s3.get_object(Bucket=cloud.bucket, Key=f"{folder}/dataset/test.jsonl")["Body"]
    row = json.loads(line.read().splitlines()[0])
    answers = {}

    # When
    for model in ("base", "tuned"):
        payload = {"model": model, "messages": row["prompt"], "max_tokens": 8, "temperature": 0}
        answer = runtime.invoke_endpoint(
            EndpointName=run["endpoint"],
            ContentType="application/json",
            Body=json.dumps(payload).encode(),
        )
        answers[model] = json.loads(answer["Body"].read())["choices"][0]["message"]["content"]

    # Then
    assert answers["tuned"].startswith(("goo", "bad"))  # So small a model can misspell a word.
    assert answers["base"] != answers["tuned"]


def test_the_report_shows_a_gain_with_its_interval(cloud: Cloud, run: dict[str, Any]) -> None:
    # When
    report = cloud.document(f"runs/words/{run['run']}/report/report.json")

    # Then
    assert report
    comparison = next(c for c in report["comparisons"] if c["rival"] == "base")
    assert report["verdict"] == run["verdict"] == "better"
    assert 0 < comparison["difference"]["low"] <= comparison["difference"]["value"]
    assert comparison["wins"] + comparison["losses"] + comparison["ties"] == 60
    assert report["lineage"]["packages"]["trl"]
    assert report["lineage"]["source_version"] == run["source"]["version_id"]


def test_one_email_has_the_verdict_in_its_subject(cloud: Cloud, run: dict[str, Any]) -> None:
    # When
    mails = wait_for(lambda: cloud.emails("words"), cloud.logs)

    # Then
    assert len(mails) == 1
    assert "better" in mails[0]["Subject"]
    assert run["endpoint"] in mails[0].get_content()


def test_the_next_run_starts_from_the_adapter_of_this_one(
    cloud: Cloud, run: dict[str, Any]
) -> None:
    # Given
    folder = f"runs/words/{run['run']}"
    losses = cloud.document(f"{folder}/report/report.json")

    # When other rows are dropped with this run as their base model
    cloud.drop("continued", labelled_rows(60), FAST, model=f"run:words/{run['run']}")
    after = cloud.ended("continued")

    # Then the report says where the training began, and its first loss is that of a tuned model
    assert after["status"] == "succeeded", after.get("error")
    report = cloud.document(f"runs/continued/{after['run']}/report/report.json")
    assert losses
    assert report
    assert report["lineage"]["continues"] == folder
    assert f"The training started from the adapter of {folder}." in report["learning"]
    assert report["curve"][0]["loss"] < losses["curve"][0]["loss"] / 2


def test_the_same_file_joins_its_run_and_starts_no_job(cloud: Cloud, run: dict[str, Any]) -> None:
    # When
    cloud.drop("words", labelled_rows(240), RECIPE)
    again = cloud.ended("words")
    (mail,) = wait_for(lambda: cloud.emails("words: the same file again"), cloud.logs)

    # Then
    assert again["run"] == run["run"]
    assert f"runs/words/{run['run']}/report/report.html" in mail.get_content()
    jobs = cloud.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]
    assert [job["TrainingJobName"] for job in jobs if "words" in job["TrainingJobName"]] == [
        run["job"]
    ]
