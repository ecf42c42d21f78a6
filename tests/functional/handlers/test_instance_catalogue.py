"""Which instance types a recipe may name, and the bucket's own catalogue of them."""

import json
from typing import Any

import pytest

from tests.support.pipeline.drives import KEY


def test_a_type_with_several_gpus_fails_the_run_before_any_job(stack: Any, tweets: bytes) -> None:
    # Given
    stack.drop("datasets/tweets/recipe.yaml", b"training: {instances: [ml.p5.48xlarge]}")
    stack.drop(KEY, tweets)

    # When
    folder = stack.prepare(KEY)["run"]

    # Then
    run = stack.run(folder)
    assert (run.status, run.error.code) == ("failed", "recipe")
    assert "line 1: training.instances[0]: ml.p5.48xlarge has 8 GPUs" in run.error.message
    assert stack.sagemaker.requests == []


@pytest.mark.usefixtures("base_model")
def test_the_buckets_own_catalogue_changes_the_estimate(stack: Any, tweets: bytes) -> None:
    # Given
    row = {"gpus": 1, "tflops": 121.0, "training": True, "training_usd": 12.22}
    own = {"read": "2026-11", "instances": {"ml.g6.2xlarge": row}}
    stack.drop(KEY, tweets)
    before = stack.run(stack.prepare(KEY)["run"]).estimate

    # When
    stack.drop("runs/_instances.json", json.dumps(own).encode())
    stack.drop(KEY, tweets, Metadata={"tunedrop-rerun": "true"})
    after = stack.run(stack.prepare(KEY)["run"]).estimate

    # Then
    assert after.high_usd == pytest.approx(10 * before.high_usd, rel=0.02)
