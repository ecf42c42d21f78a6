"""One emulated AWS for all SageMaker tests, and a name and events for each of them."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.local_aws.sagemaker.cloud import Cloud, Events

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    started = Cloud(tmp_path_factory.mktemp("cloud"))
    started.prepare()
    yield started
    started.stop()


@pytest.fixture
def sagemaker(cloud: Cloud) -> Any:
    return cloud.client("sagemaker")


@pytest.fixture
def name() -> str:
    """A name that SageMaker accepts and no other test uses."""
    return f"t-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def events(cloud: Cloud, name: str) -> Iterator[Events]:
    """A queue that gets every aws.sagemaker event from now on."""
    sqs, bridge = cloud.client("sqs"), cloud.client("events")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    bridge.put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.sagemaker"]}))
    bridge.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn["Attributes"]["QueueArn"]}])
    yield Events(sqs, url)
    bridge.remove_targets(Rule=name, Ids=["queue"])
    bridge.delete_rule(Name=name)
    sqs.delete_queue(QueueUrl=url)
