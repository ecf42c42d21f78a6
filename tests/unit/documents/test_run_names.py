"""Ids and names are derived from the run, and are valid for SageMaker for any dataset name."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from tunedrop.documents.names import MAX_NAME, resource_name, run_id, run_of_resource

RUN = "0a1b2c3d4e5f"


@given(st.text(min_size=1), st.integers(1, 99))
@settings(max_examples=300, deadline=None)
def test_a_resource_name_is_valid_for_sagemaker_and_leads_back_to_its_run(
    dataset: str, attempt: int
) -> None:
    # When
    name = resource_name(dataset, RUN, attempt)

    # Then
    # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}", name)
    assert len(name) <= MAX_NAME
    assert run_of_resource(name) == (RUN, attempt)


def test_the_same_upload_and_recipe_have_the_same_run_id() -> None:
    # When
    one = run_id("b", "datasets/d/f.csv", "v1", "r1")

    # Then
    assert one == run_id("b", "datasets/d/f.csv", "v1", "r1")
    assert (
        len({one, run_id("b", "datasets/d/f.csv", "v2", "r1"), run_id("b", "k", "v1", "r1")}) == 3
    )


def test_the_name_of_a_foreign_job_leads_to_no_run() -> None:
    assert run_of_resource("pytorch-training-2026-11-23-10-00-00-000") is None
