"""What the documents promise is what the code does."""

import json
import re
from pathlib import Path

import pytest

from tunedrop.events import (
    build_id,
    created_key,
    dead_letters,
    endpoint_name,
    job_name,
    processing_job_name,
)

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("path", sorted((ROOT / "events").glob("*.json")), ids=lambda p: p.stem)
def test_every_example_event_is_parsed_to_its_subject(path: Path) -> None:
    # Given
    event = json.loads(path.read_text())

    # Then
    if "Records" in event:
        assert dead_letters(event)[0].function.startswith("tunedrop-PrepareFunction")
    elif event.get("RequestType"):  # CloudFormation's request to a custom resource
        assert event["ResourceType"] in {"Custom::TunedropCleanUp", "Custom::TunedropTrainingImage"}
    elif event["source"] == "aws.codebuild":
        assert build_id(event) == "ImageBuild-1a2b3c4d5e6f:8c0d4f51-0000-1111-2222-333344445555"
    elif event["source"] == "aws.s3":
        assert created_key(event).startswith(("datasets/", "runs/", "tweets.csv"))
    elif {"TrainingJobName", "HyperParameterTuningJobName"} & event["detail"].keys():
        assert job_name(event) == "tweets-0a1b2c3d4e5f-1"
    elif "ProcessingJobName" in event["detail"]:
        assert processing_job_name(event) == "tweets-0a1b2c3d4e5f-1"
    elif "EndpointName" in event["detail"]:
        assert endpoint_name(event) == "tweets-0a1b2c3d4e5f-1"
    else:
        assert event["source"] == "aws.events"


@pytest.mark.parametrize("document", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=str)
def test_every_link_of_a_document_leads_to_a_file(document: Path) -> None:
    # Given
    targets = re.findall(r"\]\(([^)#]+)\)", document.read_text())

    missing = [
        target
        for target in targets
        if "://" not in target and not (document.parent / target).exists()
    ]

    # Then
    assert missing == []


@pytest.mark.parametrize("tree", ["functions", "training_container"])
def test_the_product_does_not_mention_the_local_aws(tree: str) -> None:
    # Given
    words = re.compile(r"localcloud|127\.0\.0\.1|localhost|AWS_ENDPOINT_URL")

    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in (ROOT / tree).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
        for word in words.findall(path.read_text(errors="ignore"))
    ]

    # Then
    assert found == []
