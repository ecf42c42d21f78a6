"""Drop a file, get an endpoint, a report and an email: real training, real serving, real events."""

import json
from typing import Any

import pytest

from tests.support.builders.tables import labelled_rows
from tests.support.local_aws.cloud import Cloud

RECIPE = """
task: classification
rows: {max_train: 160, max_validation: 16, max_test: 60}
split: {validation: 0.1, test: 0.25}
hyperparameters:
  {epochs: 4, learning_rate: 1.0e-2, lora_dropout: 0.0, max_length: 256, evaluations_per_epoch: 1}
deploy: {keep: always}
"""


@pytest.fixture(scope="module")
def run(cloud: Cloud) -> dict[str, Any]:
    """One whole run."""
    cloud.drop("words", labelled_rows(240), RECIPE)
    return cloud.ended("words")


def test_given_a_dropped_file_when_all_is_done_then_the_run_succeeded_with_every_stage_timed(
    run: dict[str, Any],
) -> None:
    assert run["status"] == "succeeded", run.get("error")
    assert set(run["stages"]) == {"prepare", "train", "deploy", "evaluate"}
    assert all(times["ended"] for times in run["stages"].values())
    assert run["cost"]["billable_seconds"] > 0


def test_given_the_split_files_when_counted_then_they_equal_the_figures_of_dataset_json(
    cloud: Cloud, run: dict[str, Any]
) -> None:
    folder = f"runs/words/{run['run']}"
    dataset = cloud.document(f"{folder}/dataset/dataset.json")
    assert dataset
    rows = dataset["rows"]
    for split in ("train", "validation", "test", "rejected"):
        key = f"{folder}/dataset/{split}.jsonl"
        body = cloud.s3.get_object(Bucket=cloud.bucket, Key=key)["Body"].read()
        assert len(body.splitlines()) == rows[split]
    assert rows.pop("in") == sum(rows.values()) == 240


def test_given_the_models_tokenizer_when_prepared_then_its_count_is_that_of_the_job_and_priced(
    cloud: Cloud, run: dict[str, Any]
) -> None:
    folder = f"runs/words/{run['run']}"
    dataset = cloud.document(f"{folder}/dataset/dataset.json")
    report = cloud.document(f"{folder}/report/report.json")
    assert dataset
    assert report

    assert dataset["tokens"]["method"] == "tokenizer"
    assert report["tokens"]["said"] == dataset["tokens"]["total"]
    assert report["tokens"]["said"] == pytest.approx(report["tokens"]["counted"], rel=0.01)
    assert dataset["estimate"] == run["estimate"]


def test_given_the_job_when_described_then_its_metrics_and_artifact_are_there(
    cloud: Cloud, run: dict[str, Any]
) -> None:
    job = cloud.client("sagemaker").describe_training_job(TrainingJobName=run["job"])
    metrics = {found["MetricName"]: found["Value"] for found in job["FinalMetricDataList"]}
    artifact = job["ModelArtifacts"]["S3ModelArtifacts"].split("/", 3)[3]

    assert job["TrainingJobStatus"] == "Completed"
    assert {"train:loss", "validation:loss"} <= set(metrics)
    assert any(key.endswith("adapter_model.safetensors") for key in cloud.keys(artifact))


def test_given_the_endpoint_when_asked_then_it_answers_as_base_and_as_tuned(
    cloud: Cloud, run: dict[str, Any]
) -> None:
    runtime = cloud.client("sagemaker-runtime")
    folder = f"runs/words/{run['run']}"
    line = cloud.s3.get_object(Bucket=cloud.bucket, Key=f"{folder}/dataset/test.jsonl")["Body"]
    row = json.loads(line.read().splitlines()[0])
    answers = {}
    for model in ("base", "tuned"):
        payload = {"model": model, "messages": row["prompt"], "max_tokens": 8, "temperature": 0}
        answer = runtime.invoke_endpoint(
            EndpointName=run["endpoint"],
            ContentType="application/json",
            Body=json.dumps(payload).encode(),
        )
        answers[model] = json.loads(answer["Body"].read())["choices"][0]["message"]["content"]

    assert answers["tuned"] in ("good", "bad")
    assert answers["base"] != answers["tuned"]


def test_given_the_report_when_read_then_the_gain_is_real_and_carries_its_interval(
    cloud: Cloud, run: dict[str, Any]
) -> None:
    report = cloud.document(f"runs/words/{run['run']}/report/report.json")
    assert report
    comparison = next(c for c in report["comparisons"] if c["rival"] == "base")

    assert report["verdict"] == run["verdict"] == "better"
    assert 0 < comparison["difference"]["low"] <= comparison["difference"]["value"]
    assert comparison["wins"] + comparison["losses"] + comparison["ties"] == 60
    assert report["lineage"]["packages"]["trl"]
    assert report["lineage"]["source_version"] == run["source"]["version_id"]


def test_given_the_outbox_when_read_then_one_email_says_the_verdict_first(
    cloud: Cloud, run: dict[str, Any]
) -> None:
    mails = cloud.emails("words")

    assert len(mails) == 1
    assert "better" in mails[0]["Subject"]
    assert run["endpoint"] in mails[0].get_content()


def test_given_the_same_file_when_dropped_again_then_it_joins_and_nothing_starts(
    cloud: Cloud, run: dict[str, Any]
) -> None:
    cloud.drop("words", labelled_rows(240), RECIPE)

    again = cloud.ended("words")
    assert again["run"] == run["run"]
    jobs = cloud.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]
    assert [job["TrainingJobName"] for job in jobs if "words" in job["TrainingJobName"]] == [
        run["job"]
    ]
