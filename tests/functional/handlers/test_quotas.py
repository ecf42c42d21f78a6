"""The quotas of the account are looked at before a training costs money."""

import pytest

from tests.support.pipeline.drives import report_failure, trained
from tests.support.pipeline.stack import Stack

pytestmark = pytest.mark.usefixtures("base_model")
ENDPOINT = "ml.g6.xlarge for endpoint usage"


def created(stack: Stack) -> list[str]:
    return [name for name, _ in stack.sagemaker.requests if name.startswith("Create")]


def test_a_run_without_a_quota_for_its_endpoint_trains_nothing(stack: Stack, tweets: bytes) -> None:
    # Given an account that may use no instance of the endpoint's type
    stack.quotas = {ENDPOINT: 0.0}

    # When
    folder, _ = trained(stack, tweets)
    report_failure(stack, folder)

    # Then no job was started, no money of the month is reserved, and one email says what to do
    assert created(stack) == []
    assert stack.keys("runs/_bills/") == []
    ((subject, body),) = stack.emails
    text = " ".join(body.split())
    assert "tweets" in subject
    assert f'"{ENDPOINT}" is 0, and the run needs 1' in text
    assert "The training was not started" in text
    assert "or change deploy.instances in recipe.yaml" in text
