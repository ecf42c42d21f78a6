"""Names are locks: derived from what a run is, lawful for SageMaker for any dataset name."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from tunedrop.documents.run import MAX_NAME, resource_name, run_id, run_of_resource

RUN = "0a1b2c3d4e5f"


@given(st.text(min_size=1), st.integers(1, 99))
@settings(max_examples=300, deadline=None)
def test_given_any_dataset_name_when_named_then_sagemaker_accepts_it_and_it_leads_back(
    dataset: str, attempt: int
) -> None:
    name = resource_name(dataset, RUN, attempt)

    # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}", name)
    assert len(name) <= MAX_NAME
    assert run_of_resource(name) == (RUN, attempt)


def test_given_the_same_upload_and_recipe_when_identified_then_the_same_run() -> None:
    one = run_id("b", "datasets/d/f.csv", "v1", "r1")

    assert one == run_id("b", "datasets/d/f.csv", "v1", "r1")
    assert (
        len({one, run_id("b", "datasets/d/f.csv", "v2", "r1"), run_id("b", "k", "v1", "r1")}) == 3
    )


def test_given_somebody_elses_name_when_parsed_then_it_leads_nowhere() -> None:
    assert run_of_resource("pytorch-training-2026-11-23-10-00-00-000") is None
