"""Each technique from the dropped file to its report, with real training and serving."""

import json
from typing import Any

import pytest

from tests.support.builders.tables import labelled_rows
from tests.support.builders.training_rows import make_judged, make_pairs, make_texts
from tests.support.local_aws.cloud import Cloud, wait_for

RECIPE = """
rows: {max_train: 96, max_validation: 16, max_test: 40}
split: {validation: 0.1, test: 0.25}
hyperparameters:
  {epochs: 2, learning_rate: 5.0e-3, lora_dropout: 0.0, max_length: 256, evaluations_per_epoch: 1}
deploy: {keep: never}
"""


def numbered(rows: list[dict[str, Any]]) -> bytes:
    """Return the rows as a file, each with another prompt or text."""
    lines = []
    for row in rows:
        number = row.pop("row")
        if "text" in row:
            row["text"] = f"{number} {row['text']}"
        else:
            row["prompt"] = f"{row['prompt'][0]['content']} {number}"
        lines.append(json.dumps(row))
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    ("dataset", "rows", "metric"),
    [
        ("pairs", make_pairs(200), "likelihood_margin"),
        ("judged", make_judged(200), "judged_margin"),
        ("texts", make_texts(200), "perplexity"),
    ],
)
def test_a_technique_ends_in_a_report_that_suits_it(
    cloud: Cloud, dataset: str, rows: list[dict[str, Any]], metric: str
) -> None:
    # Given a file whose rows are for another technique than SFT
    cloud.drop(dataset, numbered(rows), RECIPE, name="data.jsonl")

    # When its run has ended
    run = cloud.ended(dataset)

    # Then the tuned model is better by the likelihoods that the endpoint gave
    assert run["status"] == "succeeded", run.get("error")
    report = cloud.document(f"runs/{dataset}/{run['run']}/report/report.json")
    assert report
    gap = report["comparisons"][0]["difference"]
    assert (report["primary_metric"], report["verdict"]) == (metric, "better")
    assert 0 < gap["low"] <= gap["value"] <= gap["high"]
    assert report["tuned"]["metrics"][metric]["value"] > report["base"]["metrics"][metric]["value"]
    wait_for(lambda: cloud.emails(dataset), cloud.logs)  # It is sent after the run has ended.
    assert len(cloud.emails(dataset)) == 1


def test_a_full_fine_tuning_is_evaluated_on_one_endpoint(cloud: Cloud) -> None:
    # Given a recipe that trains all weights
    recipe = RECIPE.replace("5.0e-3", "1.0e-3") + "method: full\ntask: classification\n"
    cloud.drop("whole", labelled_rows(160), recipe)

    # When its run has ended
    run = cloud.ended("whole")

    # Then both models were asked, and the endpoint with both configurations is gone
    assert run["status"] == "succeeded", run.get("error")
    report = cloud.document(f"runs/whole/{run['run']}/report/report.json")
    assert report
    assert report["asking"]["models"].keys() >= {"base", "tuned"}
    assert report["tuned"]["metrics"]["accuracy"]["value"] > 0.5
    wait_for(lambda: not hosted(cloud, "whole-"), cloud.logs)


def hosted(cloud: Cloud, beginning: str) -> list[str]:
    """Return the endpoints, configurations and models whose names begin so."""
    sagemaker = cloud.client("sagemaker")
    names = [
        *(each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]),
        *(
            each["EndpointConfigName"]
            for each in sagemaker.list_endpoint_configs()["EndpointConfigs"]
        ),
        *(each["ModelName"] for each in sagemaker.list_models()["Models"]),
    ]
    return [name for name in names if name.startswith(beginning)]
